import { execFileSync, spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isJsonObject } from "../../core/value/json-value.ts";
import { editIni, readIni } from "./edit-ini.ts";

/** The value of each setting, named by section and key; `null` for one that is disputed. */
type Reading = Readonly<Record<string, string | null>>;

/** What we read of a text; `null` where it is refused. */
function ours(text: string): Reading | null {
  const read = readIni(text);
  if (!read.ok) return null;
  const found: Record<string, string | null> = {};
  for (const [name, content] of Object.entries(read.value)) {
    const isSection = isJsonObject(content) && !("disputed" in content);
    for (const [key, value] of isSection ? Object.entries(content) : [[name, content] as const])
      found[`${isSection ? name : ""}\n${key}`] = typeof value === "string" ? value : null;
  }
  return found;
}

const hasPython = spawnSync("python3", ["-c", "import configparser"]).status === 0;

/** What Python's configparser reads of each text, with its usual settings; `null` where it raises an error. */
function configparserOf(texts: readonly string[]): readonly (Reading | null)[] {
  const script = `
import configparser, io, json, sys
def read(text):
    try:
        parser = configparser.ConfigParser()
        # As a file is opened: every kind of line end becomes one.
        parser.read_file(io.TextIOWrapper(io.BytesIO(text.encode("utf-8")), encoding="utf-8"))
        return {s + "\\n" + k: parser.get(s, k, raw=False) for s in parser.sections() for k in parser[s]}
    except configparser.Error:
        return None
print(json.dumps([read(text) for text in json.load(sys.stdin)]))`;
  // The script prints what the type says.
  return JSON.parse(
    execFileSync("python3", ["-c", script], { input: JSON.stringify(texts), maxBuffer: 1e8, encoding: "utf8" }),
  ) as readonly (Reading | null)[];
}

/** What git reads of a text; `null` where it reports an error. A setting without a value is left out. */
function gitOf(text: string): Reading | null {
  const { status, stdout } = spawnSync("git", ["config", "--file", "-", "--null", "--list"], {
    input: text,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], GIT_CONFIG_NOSYSTEM: "1", HOME: "/nonexistent" },
  });
  if (status !== 0) return null;
  const found: Record<string, string> = Object.create(null);
  for (const entry of stdout.split("\0").slice(0, -1)) {
    const [name = "", ...value] = entry.split("\n");
    const dot = name.lastIndexOf(".");
    if (value.length > 0) found[`${name.slice(0, Math.max(dot, 0))}\n${name.slice(dot + 1)}`] = value.join("\n");
  }
  return found;
}

/**
 * Whether both name the same settings, and agree on each value that is not disputed. Capital letters do not count: some
 * programs take names in small letters.
 */
function agree(own: Reading, other: Reading): boolean {
  const small = (reading: Reading) =>
    new Map(Object.entries(reading).map(([name, value]) => [name.toLowerCase(), value] as const));
  const [left, right] = [small(own), small(other)];
  return (
    left.size === right.size &&
    [...left].every(([name, value]) => right.has(name) && (value === null || right.get(name) === value))
  );
}

// Lines as people write them, and everything of which some reader has its own opinion.
const odd = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("", "", " ", "\t", "    ", "\u00a0", "\f"),
      fc.constantFrom("a", "K1", "k-2", "k_2", "a b", "a:b", "a[0]", '"a"', "é", "export a", "rem a", "#a", "a#", "!a"),
      fc.constantFrom("=", " = ", ":", " : ", "", "==", " "),
      fc.string({ unit: fc.constantFrom(..."ab01 \t#;\"'\\%$()s=:[]\u00a0\u2003é{}<`\v\u2028"), maxLength: 8 }),
      fc.constantFrom("", "", "\r", " ", "\\"),
    )
    .map((parts) => parts.join("")),
  fc.constantFrom("[S]", "[s]", "[s] ; c", "[ s ]", " [v]", "[s]x = 1", '[s "x"]', "[DEFAULT]", "[a]]", "[]"),
  fc.constantFrom("# c", " ; c", "# c\rz = 1", "// c", "z", "=1", "  and on", "[v]\n  z = 1", "[v]\n  z = 1\n  y = 1"),
);

const plain = fc.oneof(
  fc.constantFrom("", "# c", "[t]", "[u.v]"),
  fc
    .tuple(fc.nat(99), fc.constantFrom(" = 1", "=two words", "\t=\tx ", " =", " = é: [x] (y) = z"))
    .map(([index, rest]) => `k${index}${rest}`),
);

const text = fc
  .tuple(
    fc.constantFrom("[s]", "[s]", "[s]", "[s]\r", "\ufeff[s]", "x = 1"),
    fc.array(fc.oneof({ weight: 5, arbitrary: plain }, { weight: 1, arbitrary: odd }), { maxLength: 8 }),
  )
  .map(([first, lines]) => [first, ...lines].join("\n"));

/** The texts that we read and a program reads, with both readings. */
function compare(
  texts: readonly string[],
  theirs: readonly (Reading | null)[],
): readonly { readonly written: string; readonly own: Reading; readonly other: Reading }[] {
  return texts.flatMap((written, index) => {
    const [own, other] = [ours(written), theirs[index] ?? null];
    return own === null || other === null ? [] : [{ written, own, other }];
  });
}

describe("what is read of an INI file", () => {
  it.skipIf(!hasPython)("is what Python's configparser reads, or refused, or disputed", () => {
    const texts = fc.sample(text, { numRuns: 5_000, seed: 20_261_130 });

    const both = compare(texts, configparserOf(texts));

    expect(both.filter(({ own }) => Object.keys(own).length > 2).length).toBeGreaterThan(250);
    expect(both.filter(({ own, other }) => !agree(own, other))).toEqual([]);
  });

  it.skipIf(!hasPython)("is changed by an edit for Python's configparser alike, and nothing else is", () => {
    const texts = fc.sample(text, { numRuns: 1_500, seed: 7 });
    const values = ["new", "two words", "", "0", "a=b", "a ; b", "%(k1)s", "[x]", "\u00a0", "'a", "<<a", "é: ü", "a\\"];
    const edits = compare(texts, configparserOf(texts)).flatMap(({ written, other }, index) => {
      const [place = "\n"] = Object.keys(other);
      const value = values[index % values.length] ?? "";
      const pointer = Object.keys(ours(written) ?? {})
        .find((own) => own.toLowerCase() === place)
        ?.split("\n");
      const edited = pointer === undefined ? null : editIni(written, { pointer, value });
      return edited?.ok ? [{ written: edited.value, expected: { ...other, [place]: value } }] : [];
    });

    const read = configparserOf(edits.map(({ written }) => written));

    expect(edits.length).toBeGreaterThan(50);
    expect(read).toEqual(edits.map(({ expected }) => expected));
  });

  it("is what git reads, or refused, or disputed", () => {
    const texts = fc.sample(text, { numRuns: 3_000, seed: 20_261_130 }).filter((written) => ours(written) !== null);
    const some = texts.slice(0, 300);

    const both = compare(some, some.map(gitOf));

    expect(both.filter(({ own }) => Object.keys(own).length > 2).length).toBeGreaterThan(50);
    expect(both.filter(({ own, other }) => !agree(own, other))).toEqual([]);
  });
});
