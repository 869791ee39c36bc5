import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SecretSearch } from "./secret-search.ts";

/*
 * The encoders and decoders here are written on their own: simple, slow, and one for each way of writing a text. What
 * the search leaves of a text is decoded by every pair of them.
 */

interface Encoding {
  readonly name: string;
  readonly encode: (text: string) => string;
  readonly decode: (text: string) => readonly string[];
}

const hex = (value: number, length: number): string => value.toString(16).padStart(length, "0");
const bytesOf = (text: string): readonly number[] => [...Buffer.from(text)];
const unitsOf = (text: string): readonly number[] =>
  Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
const pointsOf = (text: string): readonly number[] => [...text].map((one) => one.codePointAt(0) ?? 0);
const asBytes = (text: string): string => Buffer.from(text, "latin1").toString("utf8");
const inLines = (text: string, end: string): string => text.match(/(?:=[0-9A-F]{2}|.){1,20}/gsu)?.join(end) ?? "";

/** Every escape becomes one character; what is no escape stays, as the bytes of its characters. */
function replaced(text: string, escape: RegExp, value: (digits: string) => number): readonly string[] {
  const inBytes = Buffer.from(text).toString("latin1");
  const byUnits = text.replace(escape, (whole, digits: string) => fromPoint(value(digits), whole));
  return [asBytes(inBytes.replace(escape, (_, digits: string) => String.fromCharCode(value(digits) & 0xff))), byUnits];
}

function fromPoint(value: number, otherwise: string): string {
  return value <= 0x10ffff ? String.fromCodePoint(value) : otherwise;
}

const fromHex = (digits: string): number => Number.parseInt(digits, 16);
const fromDecimal = (digits: string): number => Number.parseInt(digits, 10);

function fromBase64(text: string): readonly string[] {
  const rows = text.replaceAll(/\s/g, "").match(/[A-Za-z0-9+/_-]{8,}/g) ?? [];
  return rows.flatMap((row) => [0, 1, 2, 3].map((from) => Buffer.from(row.slice(from), "base64").toString("utf8")));
}

function fromHexRows(text: string): readonly string[] {
  const rows = text.replaceAll(/0x/g, "").match(/(?:[0-9A-Fa-f][\s:,-]*){12,}/g) ?? [];
  const digits = rows.map((row) => row.replaceAll(/[^0-9A-Fa-f]/g, ""));
  return digits.flatMap((row) => [0, 1].map((from) => Buffer.from(row.slice(from), "hex").toString("utf8")));
}

function fromNumbers(text: string): readonly string[] {
  const rows = text.match(/(?:\d{1,3}[,\s]+){5,}\d{1,3}/g) ?? [];
  return rows.map((row) => Buffer.from(row.split(/[,\s]+/).map(fromDecimal)).toString("utf8"));
}

const percent: Encoding["decode"] = (text) => replaced(text, /%([0-9A-Fa-f]{2})/g, fromHex);
const entities: Encoding["decode"] = (text) =>
  replaced(
    text.replace(/&#x([0-9a-f]+);?/g, (_, digits) => `&#${fromHex(digits)};`),
    /&#(\d+);?/g,
    fromDecimal,
  );
const unseen: Encoding["decode"] = (text) => [text.replaceAll(/[\s\u00ad\u200b\u2060]/g, "")];
const quoted: Encoding["decode"] = (text) => replaced(text.replaceAll(/=\r?\n/g, ""), /=([0-9A-F]{2})/g, fromHex);

const encodings: readonly Encoding[] = [
  { name: "itself", encode: (text) => text, decode: (text) => [text] },
  {
    name: "percent",
    encode: (text) =>
      bytesOf(text)
        .map((byte) => `%${hex(byte, 2)}`)
        .join(""),
    decode: percent,
  },
  { name: "percent, where it must", encode: (text) => encodeURIComponent(text), decode: percent },
  {
    name: "\\u0041",
    encode: (text) =>
      unitsOf(text)
        .map((unit) => `\\u${hex(unit, 4)}`)
        .join(""),
    decode: (text) => replaced(text, /\\u([0-9a-f]{4})/g, fromHex),
  },
  {
    name: "JSON",
    encode: (text) => JSON.stringify(text),
    decode: (text) => replaced(text, /\\(["\\])/g, (sign) => sign.charCodeAt(0)),
  },
  {
    name: "\\U00000041",
    encode: (text) =>
      pointsOf(text)
        .map((point) => `\\U${hex(point, 8)}`)
        .join(""),
    decode: (text) => replaced(text, /\\U([0-9a-f]{8})/g, fromHex),
  },
  {
    name: "\\x41",
    encode: (text) =>
      bytesOf(text)
        .map((byte) => `\\x${hex(byte, 2)}`)
        .join(""),
    decode: (text) => replaced(text, /\\x([0-9a-f]{2})/g, fromHex),
  },
  {
    name: "\\101",
    encode: (text) =>
      bytesOf(text)
        .map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
        .join(""),
    decode: (text) => replaced(text, /\\([0-7]{3})/g, (digits) => Number.parseInt(digits, 8)),
  },
  {
    name: "&#65",
    encode: (text) =>
      `${pointsOf(text)
        .map((point) => `&#${point}`)
        .join("")};`,
    decode: entities,
  },
  {
    name: "&#x41;",
    encode: (text) =>
      pointsOf(text)
        .map((point) => `&#x${hex(point, 1)};`)
        .join(""),
    decode: entities,
  },
  {
    name: "quoted-printable",
    encode: (text) =>
      bytesOf(text)
        .map((byte, at) => `=${hex(byte, 2).toUpperCase()}${at % 7 === 6 ? "=\n" : ""}`)
        .join(""),
    decode: quoted,
  },
  {
    name: "quoted-printable, where it must",
    encode: (text) => inLines(text.replaceAll("=", "=3D").replaceAll("\n", "=0A"), "=\r\n"),
    decode: quoted,
  },
  { name: "Base64", encode: (text) => Buffer.from(text).toString("base64"), decode: fromBase64 },
  {
    name: "Base64 in lines",
    encode: (text) => inLines(Buffer.from(text).toString("base64"), "\r\n  "),
    decode: fromBase64,
  },
  { name: "Base64 for addresses", encode: (text) => Buffer.from(text).toString("base64url"), decode: fromBase64 },
  { name: "hexadecimal", encode: (text) => Buffer.from(text).toString("hex").toUpperCase(), decode: fromHexRows },
  {
    name: "hexadecimal with colons",
    encode: (text) =>
      bytesOf(text)
        .map((byte) => hex(byte, 2))
        .join(":"),
    decode: fromHexRows,
  },
  {
    name: "hexadecimal with blanks",
    encode: (text) =>
      bytesOf(text)
        .map((byte) => hex(byte, 2))
        .join(" "),
    decode: fromHexRows,
  },
  {
    name: "hexadecimal of C",
    encode: (text) =>
      bytesOf(text)
        .map((byte) => `0x${hex(byte, 2)}`)
        .join(", "),
    decode: fromHexRows,
  },
  { name: "decimal", encode: (text) => `[${bytesOf(text).join(", ")}]`, decode: fromNumbers },
  { name: "blanks between", encode: (text) => [...text].join(" "), decode: unseen },
  { name: "nothing that can be seen between", encode: (text) => [...text].join("\u200b\u00ad\u2060"), decode: unseen },
];

function leftOf(text: string, secret: string): string {
  const found = new SecretSearch([secret]).find(text, null);
  if (found === null) return "";
  const ends = [{ from: 0, to: 0 }, ...found];
  return ends.map(({ to }, index) => text.slice(to, ends[index + 1]?.from)).join("[secret]");
}

/** Eight characters of the secret that decoding brings to light, or `null`. Blanks are no help to anybody. */
function recovered(left: string, secret: string): string | null {
  const [seen = ""] = unseen(secret);
  const wanted = Array.from({ length: seen.length - 7 }, (_, at) => seen.slice(at, at + 8));
  for (const outer of encodings)
    for (const once of outer.decode(left))
      for (const inner of encodings)
        for (const twice of inner.decode(once)) {
          const plain = unseen(twice)[0] ?? "";
          const part = wanted.find((part) => plain.includes(part));
          if (part !== undefined) return `${part} by ${outer.name}, then ${inner.name}`;
        }
  return null;
}

const secrets = fc
  .string({ unit: fc.constantFrom(..."abcXYZ0189 %&=+/\\\"'-_.:;<>?!#$(){}[]üß€🔑"), minLength: 8, maxLength: 40 })
  .filter((secret) => (unseen(secret)[0] ?? "").length >= 8);
const surroundings = fc.string({ unit: fc.constantFrom(...'abcf017 %&=\\+/-_:,x\n[]"ü'), maxLength: 12 });
const picked = fc.constantFrom(...encodings);

describe("a secret in a text", () => {
  it("is taken out of two encodings in any order, so that no eight of its characters can be recovered", () => {
    fc.assert(
      fc.property(
        secrets,
        picked,
        picked,
        fc.tuple(surroundings, surroundings, surroundings, surroundings, surroundings, surroundings),
        (secret, outer, inner, [a, b, c, d, e, f]) => {
          // What stands around it is no part of it.
          fc.pre(recovered(`${a}${b}${c} \u0000 ${d}${e}${f}`, secret) === null);
          const text = a + outer.encode(b + inner.encode(c + secret + d) + e) + f;

          expect(recovered(leftOf(text, secret), secret)).toBeNull();
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 200) },
    );
  });
});
