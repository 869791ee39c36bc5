import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../core/value/json-value.ts";
import { redactReply } from "./redact.ts";
import { SpelledSearch } from "./spellings.ts";

const secret = 's3cr/t "Zü🔑\\+&';
/** Two more secrets of the call: one of ASCII alone, and one that looks as if it were escaped. */
const plain = "an0ther-1";
const escaped = "%73cret%41";

function recorded(output: JsonValue, secrets: readonly string[] = [secret, plain, escaped]): string {
  const reply = redactReply({ kind: "applied", output, outputBytes: 0, outcome: null }, secrets);
  return JSON.stringify(reply.kind === "applied" ? reply.output : null);
}

const hex = (value: number, length: number): string => value.toString(16).padStart(length, "0");
const percent = (text: string): string => [...Buffer.from(text)].map((byte) => `%${hex(byte, 2)}`).join("");
const inLines = (text: string, end: string): string => text.match(/.{1,5}/gsu)?.join(end) ?? "";
const bytes = [...Buffer.from(secret)];
const points = [...secret].map((one) => one.codePointAt(0) ?? 0);
const unicode = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `\\u${hex(text.charCodeAt(at), 4)}`).join("");

describe("a secret in a reply", () => {
  it.each([
    ["as it is", secret],
    ["with every byte percent-encoded", percent(secret)],
    ["with every byte percent-encoded in capitals", percent(secret).toUpperCase()],
    ["percent-encoded twice", encodeURIComponent(percent(secret))],
    ["as a form encodes it", new URLSearchParams({ q: secret }).toString().slice(2)],
    ["with every character escaped as in JSON", unicode(secret)],
    [
      "escaped as in JSON, in capitals",
      unicode(secret).replaceAll(/u(....)/g, (_, digits) => `u${digits.toUpperCase()}`),
    ],
    ["in JSON, inside JSON", JSON.stringify(JSON.stringify({ secret }))],
    ["in JSON with its slashes escaped", JSON.stringify(secret).replaceAll("/", "\\/")],
    [
      "with the code points of JavaScript",
      [...secret].map((one) => `\\u{${hex(one.codePointAt(0) ?? 0, 1)}}`).join(""),
    ],
    ["as Python prints bytes", [...Buffer.from(secret)].map((byte) => `\\x${hex(byte, 2)}`).join("")],
    ["in HTML, by numbers", [...secret].map((one) => `&#${one.codePointAt(0) ?? 0};`).join("")],
    ["in HTML, by names", secret.replaceAll("&", "&amp;").replaceAll('"', "&quot;")],
    ["in hexadecimal of both cases", Buffer.from(secret).toString("hex").replaceAll("a", "A")],
    ["in Base64 that was percent-encoded", encodeURIComponent(Buffer.from(`ab${secret}`).toString("base64"))],
    ["in Base64 for addresses", Buffer.from(`abc${secret}`).toString("base64url")],
    ["in Base64 that was broken into lines", inLines(Buffer.from(`abc${secret}`).toString("base64"), "\r\n")],
    ["in Base64 lines, inside JSON", JSON.stringify(inLines(Buffer.from(secret).toString("base64"), "\n"))],
    ["in UTF-16, in Base64", Buffer.from(`cd ${plain}`, "utf16le").toString("base64")],
    ["in hexadecimal with colons", bytes.map((byte) => hex(byte, 2)).join(":")],
    ["in hexadecimal with blanks", bytes.map((byte) => hex(byte, 2)).join(" ")],
    ["in hexadecimal as C writes it", bytes.map((byte) => `0x${hex(byte, 2)}`).join(", ")],
    ["in decimal", bytes.join(", ")],
    ["with the long escapes of Python", points.map((point) => `\\U${hex(point, 8)}`).join("")],
    ["in HTML, by numbers without a semicolon", points.map((point) => `&#${point}`).join("")],
    ["in HTML, by names without a semicolon", secret.replaceAll("&", "&amp").replaceAll('"', "&quot")],
    [
      "in HTML, by the names of all signs",
      secret.replaceAll("&", "&AMP;").replaceAll("/", "&sol;").replaceAll("+", "&plus;"),
    ],
    ["in octal", bytes.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")],
    ["with the code points of CSS", points.map((point) => `\\${hex(point, 1)} `).join("")],
    ["in quoted-printable", bytes.map((byte) => `=${hex(byte, 2).toUpperCase()}`).join("")],
    ["in quoted-printable that was broken into lines", inLines(secret.replaceAll("=", "=3D"), "=\n")],
    ["with `%u`, as browsers once wrote it", unicode(secret).replaceAll("\\", "%")],
    ["as a shell quotes it", secret.replaceAll(/[^\w]/gu, (sign) => `\\${sign}`)],
    ["percent-encoded as an entity of HTML", encodeURIComponent(points.map((point) => `&#${point};`).join(""))],
    ["with a soft hyphen after each character", points.map((point) => `${String.fromCodePoint(point)}\u00ad`).join("")],
    ["with blanks between its characters", [...secret].join("  ")],
    ["with what nobody sees, escaped", [...secret].join("&#8203;")],
    ["with a sign of percent that was encoded", encodeURIComponent(escaped)],
  ])("is taken out: %s", (_, spelled) => {
    const text = recorded(`before ${spelled} after`);

    expect(text).toMatch(/^"before .*\[secret\].* after"$/);
    // At most what Base64 shares with its neighbours is left.
    expect(text.length).toBeLessThan('"before [secret] after"'.length + 30);
  });

  it("is taken out in any mixture of spellings", () => {
    const spellings = [(one: string) => one, percent, (one: string) => percent(one).toUpperCase(), unicode];
    fc.assert(
      fc.property(fc.array(fc.nat({ max: spellings.length - 1 }), { minLength: 30, maxLength: 30 }), (picks) => {
        const spelled = [...secret].map((one, at) => spellings[picks[at] ?? 0]?.(one) ?? one).join("");
        expect(recorded(`<${spelled}>`)).toBe('"<[secret]>"');
      }),
    );
  });

  it("is taken out of names, and of what was cut off in the middle of it or of an escape", () => {
    expect(recorded({ [percent(secret)]: 1 })).toBe('{"[secret]":1}');
    for (const end of [percent(secret).slice(0, 31), unicode(secret).slice(0, 40), secret.slice(0, 8)])
      expect(recorded(`it printed ${end}…`)).toBe('"it printed [secret]…"');
  });

  it("is taken out of a list of its bytes or its characters, and of an object of them", () => {
    expect(recorded({ type: "Buffer", data: bytes })).toBe('{"type":"Buffer","data":"[secret]"}');
    expect(recorded([points, { ...bytes }])).toBe('["[secret]","[secret]"]');
    expect(recorded(bytes.slice(1))).toBe(JSON.stringify(bytes.slice(1)));
  });

  it("leaves other text as it is", () => {
    const other = "s3cr/t %73%33%63 \\u0073\\u0033 &amp; ".repeat(20);

    expect(JSON.parse(recorded(other))).toBe(other);
  });
});

describe("the search for a spelling", () => {
  const characterCount = 250_000;

  it.each([
    ["ordinary text", "GET /v1/items?state=open HTTP/1.1 200 ".repeat(characterCount / 38)],
    ["beginnings of the secret", secret.slice(0, -1).repeat(characterCount / secret.length)],
    [
      "beginnings that are escaped",
      percent(secret)
        .slice(0, -1)
        .repeat(characterCount / (3 * secret.length)),
    ],
    ["nothing but percent signs", "%".repeat(characterCount)],
    ["nothing but `%25`", "%25".repeat(characterCount / 3)],
    ["nothing but backslashes", "\\".repeat(characterCount)],
    ["nothing but `&amp;`", "&amp;".repeat(characterCount / 5)],
    ["nothing but `=3D`", "=3D".repeat(characterCount / 3)],
    ["nothing but ends of lines that go on", "=\n".repeat(characterCount / 2)],
    ["nothing but digits", "33".repeat(characterCount / 2)],
    ["nothing but Base64", "QUJDREVG".repeat(characterCount / 8)],
    ["nothing but bytes in decimal", "115, ".repeat(characterCount / 5)],
  ])("goes through 250,000 characters of %s within two seconds, for three secrets", (_, text) => {
    const before = process.cpuUsage();

    recorded(text, [secret, "another-secret-of-the-call", "\\".repeat(40)]);

    // Time of the processor, because other tests run beside this one.
    const { user } = process.cpuUsage(before);
    expect(user / 1_000).toBeLessThan(2_000);
  });

  it("gives up on a text that was made to keep it busy, and the text is not recorded", () => {
    const key = "a".repeat(5_000);
    const text = `${"a".repeat(4_999)}b`.repeat(200);

    expect(new SpelledSearch([{ elements: [...key].map((one) => ({ choices: [one] })) }]).find(text, null)).toBeNull();
    expect(recorded(text, [key])).toBe('"[secret]"');
  });
});
