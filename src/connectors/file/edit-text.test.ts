import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../core/value/json.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { editIni, readIni } from "./edit-ini.ts";
import { editJson } from "./edit-json.ts";

/** Every pointer into a value, its own first. */
function pointersOf(value: JsonValue): readonly (readonly string[])[] {
  const children: readonly (readonly [string, JsonValue])[] = isJsonArray(value)
    ? value.map((item, index) => [`${index}`, item] as const)
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  return [[], ...children.flatMap(([token, child]) => pointersOf(child).map((rest) => [token, ...rest]))];
}

/** What an edit means, said with a copy instead of the text. */
function replaceIn(value: JsonValue, pointer: readonly string[], next: JsonValue): JsonValue {
  const [token, ...rest] = pointer;
  if (token === undefined) return next;
  if (isJsonArray(value))
    return value.map((item, index) => (`${index}` === token ? replaceIn(item, rest, next) : item));
  if (!isJsonObject(value)) throw new Error("the pointer leads nowhere");
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === token ? replaceIn(item, rest, next) : item]),
  );
}

const json = fc
  .jsonValue({ maxDepth: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonValue)
  .filter((value) => parseJson(JSON.stringify(value)).ok);

describe("editJson", () => {
  it("means the same as replacing the value in a copy, at any pointer, however the text is indented", () => {
    fc.assert(
      fc.property(
        json,
        json,
        fc.nat(),
        fc.constantFrom(undefined, 1, "\t", 7),
        fc.constantFrom("", "\n", " \r\n"),
        (document, value, choice, indent, space) => {
          const pointers = pointersOf(document);
          const pointer = pointers[choice % pointers.length] ?? [];
          const text = `${space}${JSON.stringify(document, null, indent)}${space}`;

          const edited = editJson(text, { pointer, value });

          expect(edited.ok && JSON.parse(edited.value)).toEqual(replaceIn(document, pointer, value));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("leaves every other byte as it is", () => {
    const text = '{"a" : [ 1,\t{"b}":"x]\\"" ,"c":\n true } ],  "d":-1.5}\n';

    expect(editJson(text, { pointer: ["a", "1", "c"], value: false })).toEqual({
      ok: true,
      value: text.replace("true", "false"),
    });
    expect(editJson(text, { pointer: ["a", "1", "b}"], value: null })).toEqual({
      ok: true,
      value: text.replace('"x]\\""', "null"),
    });
  });

  it.each([[["b"]], [["a", "1"]], [["a", "0", "x"]], [["toString"]]])("refuses %j, where nothing stands", (pointer) => {
    expect(editJson('{"a":[1]}', { pointer, value: 1 }).ok).toBe(false);
  });

  it("refuses a text that two readers would understand differently", () => {
    expect(editJson('{"a":1,"a":2}', { pointer: ["a"], value: 3 }).ok).toBe(false);
  });
});

const ini = "# main\n[app]\nname = shop\r\n\n[log]\n  level= info  \n; level = debug\nfile =\n[other]\nlevel = warn";

describe("readIni", () => {
  it("takes no setting before the first section for one, because configparser and systemd do not", () => {
    const text = "# main\nlevel = info\n[log]\nlevel = warn\n";
    const disputed = "it stands before the first section, where some programs read no setting";

    expect(readIni(text)).toEqual({
      ok: true,
      value: { level: { text: "info", disputed }, log: { level: "warn" } },
    });
    expect(editIni(text, { pointer: ["level"], value: "debug" })).toEqual({
      ok: false,
      error: `programs take \`info\`, which stands there, for different texts: ${disputed}`,
    });
    expect(editIni(text, { pointer: ["log", "level"], value: "debug" })).toMatchObject({ ok: true });
  });

  it("gives the settings of a file that has no section at all", () => {
    expect(readIni("# flat\nlevel = info\n")).toEqual({ ok: true, value: { level: "info" } });
    expect(editIni("level = info\n", { pointer: ["level"], value: "warn" })).toEqual({
      ok: true,
      value: "level = warn\n",
    });
  });

  it("gives settings by section as texts", () => {
    expect(readIni(ini)).toEqual({
      ok: true,
      value: { app: { name: "shop" }, log: { level: "info", file: "" }, other: { level: "warn" } },
    });
  });

  it.each([
    ["a setting twice", "a=1\na=2"],
    ["a setting twice, once in capitals", "[s]\nlevel=1\nLevel=2"],
    ["a setting twice, once with another sign between its words", "[s]\nmax-size=1\nmax_size=2"],
    ["a section twice", "[s]\na=1\n[t]\n[s]\nb=2"],
    ["a section twice, once in capitals", "[s]\na=1\n[S]\nb=2"],
    ["a section that belongs to every other one", "[DEFAULT]\na=1\n[s]\nb=2"],
    ["a line that is nothing", "just words"],
    ["a name without a value", "[s]\na"],
    ["a name that is a setting and a section", "a=1\n[a]\nb=1"],
    ["a name that is a machinery's", "__proto__=1"],
    ["an indented line below a setting", "[s]\na = 1\n  b = 2"],
    ["an indented line below a setting, with an empty line between", "[s]\na = 1\n\n  b = 2"],
    ["an indented line at the same depth as the setting above", "[s]\n\ta = 1\n\tb = 2"],
    ["an indented section below a setting", "[s]\na = 1\n [t]\nb = 2"],
    ["a setting that goes on after a backslash", "[s]\na = 1 \\\nb = 2"],
    ["a setting that goes on after a backslash and blanks", "[s]\na = 1 \\ \nb = 2"],
    ["a quoted text that ends in a later line", '[s]\na = "1\nb = 2"'],
    ["a text that ends at its word", "[s]\na = <<END\nb = 2"],
    ["a colon as the first sign", "[s]\na:b = 1"],
    ["a colon alone", "[s]\na: 1"],
    ["a quoted name", '[s]\n"a" = 1'],
    ["a name with a bracket", "[s]\na[] = 1"],
    ["a name that is no ASCII", "[s]\nİ = 1"],
    ["a comment behind a section", "[s] ; c\na = 1"],
    ["a setting behind a section", "[s] a = 1"],
    ["blanks in the brackets of a section", "[ s ]\na = 1"],
    ["a quoted part of a section", '[s "t"]\na = 1'],
    ["a line that is a comment or a command for some", "[s]\nrem a = 1"],
    ["a byte order mark", "\uFEFFa = 1"],
    ["a carriage return within a line", "[s]\n# c\ra = 1"],
    ["a line separator that is no line feed", "[s]\n# c\u2028a = 1"],
    ["a form feed", "[s]\n\fa = 1"],
    ["a zero byte", "[s]\na = 1\0"],
  ])("refuses %s", (_, text) => {
    expect(readIni(text).ok).toBe(false);
  });

  it.each([
    ["a comment for some", "1 ; c"],
    ["a comment for some", "1#c"],
    ["quotes", '"1"'],
    ["a quote within", "it's"],
    ["an escape", "C:\\new"],
    ["a reference to another setting", "%(b)s"],
    ["a percent sign", "50%"],
    ["a variable", "$HOME/x"],
    ["a command", "`x`"],
    ["a sign that PHP computes with", "a | b"],
    ["a sign that PHP computes with", "http://x/?a=b&c"],
    ["a sign that PHP computes with", "~1"],
    ["a sign that PHP computes with", "!on"],
    ["a sign that PHP computes with", "2 ^ 1"],
    ["a bracket that PHP computes with", "(8)"],
    ["a bracket that PHP refuses", "{a}"],
    ["a tab", "a\tb"],
    ["a blank that is no space", "a\u00a0"],
    ["a sign that nobody sees", "a\u200b"],
  ])("gives no text for a value with %s (%j), and the settings beside it", (_, value) => {
    expect(readIni(`[s]\na = ${value}\nb = 2`)).toMatchObject({
      ok: true,
      value: { s: { a: { text: value, disputed: expect.any(String) }, b: "2" } },
    });
  });

  it.each(["a b", "a == b", "a: b", "[x]", "é", "http://x/?a=b", "", "-1.50", "yes"])(
    "gives %j, which every program takes for the same, as it is written",
    (value) => {
      expect(readIni(`[s]\r\na = ${value}  \r\n`)).toEqual({ ok: true, value: { s: { a: value } } });
    },
  );

  it("takes time in proportion to the text, also for a long run of blanks", () => {
    const blanks = " ".repeat(200_000);

    expect(readIni(`[s]\na = 1${blanks}2\nb${blanks}= 2${blanks}`).ok).toBe(true);
    expect(readIni(`[s]\na${blanks}b`).ok).toBe(false);
  });
});

describe("editIni", () => {
  it("replaces one value and no other byte", () => {
    const edited = editIni(ini, { pointer: ["log", "level"], value: "debug" });

    expect(edited).toEqual({ ok: true, value: ini.replace("level= info", "level= debug") });
    expect(editIni(ini, { pointer: ["app", "name"], value: 7 })).toEqual({ ok: true, value: ini.replace("shop", "7") });
    expect(editIni(ini, { pointer: ["log", "file"], value: "a.log" })).toEqual({
      ok: true,
      value: ini.replace("file =", "file =a.log"),
    });
  });

  it("reads back what it wrote, and nothing else has changed", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9ü._/-]([A-Za-z0-9ü._/ -]{0,10}[A-Za-z0-9ü._/-])?$/);

    fc.assert(
      fc.property(
        word,
        fc.constantFrom(["app", "name"], ["log", "level"], ["log", "file"], ["other", "level"]),
        (value, pointer) => {
          const edited = editIni(ini, { pointer, value });
          const before = readIni(ini);

          const expected = before.ok ? replaceIn(before.value, pointer, value) : null;
          expect(edited.ok && readIni(edited.value)).toEqual({ ok: true, value: expected as JsonObject });
        },
      ),
    );
  });

  it("leaves a value alone that programs take for different texts", () => {
    const edited = editIni("[s]\nlevel = info ; not debug\n", { pointer: ["s", "level"], value: "debug" });

    expect(edited).toEqual({
      ok: false,
      error:
        "programs take `info ; not debug`, which stands there, for different texts: " +
        "`;` has a meaning of its own for some",
    });
  });

  it.each([
    "a\nb",
    "a ; b",
    "a#b",
    "it's",
    "50%",
    "a\\",
    "a\tb",
    "<<END",
    "\u00a0a",
    "$a",
    " a",
    "a ",
    "#a",
    '"a"',
    "a\u0000",
    "a\u2028b",
  ])("refuses %j, which readers would understand differently", (value) => {
    expect(editIni(ini, { pointer: ["app", "name"], value }).ok).toBe(false);
  });

  it.each([[["none"]], [["log", "none"]], [["log"]], [["log", "level", "x"]], [[]]])(
    "refuses %j, where nothing stands",
    (pointer) => {
      expect(editIni(ini, { pointer, value: "x" }).ok).toBe(false);
    },
  );
});

describe("editJson in a file that holds what no reader here can keep", () => {
  it.each([
    '{"id":7615917337495251231,"share":0.10000000000000001,"level":1}',
    '{"constructor":{"a":1},"__proto__":2,"level":1}',
    '\ufeff{"level":1}',
    '{"a":1,"a":2,"half":"\\ud83d","level":1}',
    `{"deep":${"[".repeat(40)}${"]".repeat(40)},"level":1}`,
  ])("changes the value that is named, and no other byte: %s", (text) => {
    expect(editJson(text, { pointer: ["level"], value: 2 })).toEqual({
      ok: true,
      value: text.replace('"level":1', '"level":2'),
    });
  });

  it.each([
    ['{"level":7615917337495251231}', "it leads to the number `7615917337495251231`, which no double holds exactly"],
    ['{"level":1,"level":2}', "it leads to the key `level` twice"],
    ['{"level":[1e999]}', "it leads to the number `1e999`, which no double holds exactly"],
  ])("refuses to replace what could not be put back: %s", (text, why) => {
    expect(editJson(text, { pointer: ["level"], value: 2 })).toEqual({ ok: false, error: why });
  });
});
