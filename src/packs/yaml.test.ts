import { describe, expect, it } from "vitest";
import { locateInYaml, readYaml } from "./yaml.ts";

function refusal(text: string): {
  readonly codes: readonly string[];
  readonly messages: readonly string[];
  readonly pointers: readonly string[];
} {
  const read = readYaml(text);
  if (read.ok) throw new Error(`was read as ${JSON.stringify(read.value)}`);
  return {
    codes: read.error.map((one) => one.code),
    messages: read.error.map((one) => one.message),
    pointers: read.error.map((one) => one.pointer),
  };
}

describe("readYaml", () => {
  it("names a tab as indentation once, whatever it makes of the lines below", () => {
    for (const text of ["a:\n\tb: 1\n\tc: 2\n", "a:\n  b: 1\n\tc: 2\n  d: 3\ne: 4\n", "a:\n\tb:\n\t\tc: [\n\t1]\n"])
      expect(refusal(text).messages).toEqual([
        expect.stringMatching(/^a tab stands where the indentation is: .* \(line [23], column 1\)$/),
      ]);
  });

  it("plain YAML is read as the JSON it stands for", () => {
    const read = readYaml(
      "# a comment\na: 1\nb: [x, -2.5e-3, true, null, ~]\nc:\n  d: 'no'\n  e: yes\n  f: |\n    two\n    lines\n",
    );

    expect(read).toEqual({
      ok: true,
      value: { a: 1, b: ["x", -0.0025, true, null, null], c: { d: "no", e: "yes", f: "two\nlines\n" } },
    });
  });

  it("every JSON document is read as itself", () => {
    const value = { format: "x/1", list: [0, 1.25, "ä\n", false, null], nested: { "a/b": [], "": {} } };

    expect(readYaml(JSON.stringify(value, null, 2))).toEqual({ ok: true, value });
  });

  it("a syntax error names its line and column", () => {
    const { codes, messages } = refusal("a: 1\nb:\n\tc: 2\n");

    expect(codes[0]).toBe("E_YAML_INVALID");
    expect(messages[0]).toContain("(line 3, column 1)");
  });

  it("a duplicate key is refused at its second place, at every depth", () => {
    const { codes, messages, pointers } = refusal("a:\n  x: 1\n  y: 2\n  x: 3\n");

    expect(codes).toEqual(["E_YAML_INVALID"]);
    expect(messages).toEqual(["the key `x` appears twice (line 4, column 3)"]);
    expect(pointers).toEqual(["/a/x"]);
  });

  it("anchors, aliases, tags and merge keys are refused, so a small text cannot stand for a large value", () => {
    expect(refusal("a: &x [1, 2]\nb: *x\n").messages).toEqual([
      "remove the anchor `&x` (line 1, column 7)",
      "the alias `*x` stands for a value written elsewhere: write the value (line 2, column 4)",
    ]);
    expect(refusal("a: !!binary aGk=\n").codes).toEqual(["E_YAML_INVALID"]);
    expect(refusal("a: !own 1\n").codes).toEqual(["E_YAML_INVALID"]);
    expect(refusal("<<: {a: 1}\n").codes).toEqual(["E_YAML_INVALID"]);
  });

  it("all problems of a document are reported at once", () => {
    expect(refusal("a: .inf\nb: 0x1f\nc: {k: 1, k: 2}\nd: 9007199254740993\n").codes).toEqual([
      "E_JSON_NUMBER",
      "E_JSON_NUMBER",
      "E_YAML_INVALID",
      "E_JSON_NUMBER",
    ]);
  });

  it("keys that reach an object's prototype are refused", () => {
    expect(refusal("__proto__: {admin: true}\n").codes).toEqual(["E_JSON_KEY_FORBIDDEN"]);
    expect(refusal("a: {constructor: 1}\n").codes).toEqual(["E_JSON_KEY_FORBIDDEN"]);
  });

  it("keys that are lists or maps are refused", () => {
    expect(refusal("? [a, b]\n: 1\n").codes).toEqual(["E_YAML_INVALID"]);
  });

  it("an empty text and a second document are refused", () => {
    expect(refusal("").messages).toEqual(["the YAML document is empty"]);
    expect(refusal("a: 1\n---\nb: 2\n").messages[0]).toContain("a second document begins");
  });

  it.each([
    ["flow lists", "[".repeat(20_000)],
    ["block lists", `${"- ".repeat(20_000)}a`],
    ["33 levels", `${"[".repeat(33)}${"]".repeat(33)}`],
  ])("nesting beyond 32 levels is refused and never overflows the stack: %s", (_, text) => {
    expect(["E_YAML_INVALID", "E_JSON_DEPTH"]).toContain(refusal(text).codes[0]);
  });

  it("32 levels are read, as from JSON", () => {
    expect(readYaml(`${"[".repeat(32)}1${"]".repeat(32)}`).ok).toBe(true);
  });

  it("numbers are read as written, in every form YAML has for a decimal, or refused", () => {
    expect(readYaml("[+1, .5, 1., -.25, 1.50, 2E3]")).toEqual({ ok: true, value: [1, 0.5, 1, -0.25, 1.5, 2000] });
    expect(refusal("[0.1000000000000000055, 1e400, -0]").codes).toEqual([
      "E_JSON_NUMBER",
      "E_JSON_NUMBER",
      "E_JSON_NUMBER",
    ]);
  });

  it("a text above 1 MB and a lone surrogate are refused before they are parsed", () => {
    expect(refusal(`a: ${"x".repeat(1_000_001)}`).codes).toEqual(["E_JSON_SIZE"]);
    expect(refusal("a: \ud800\n").codes).toEqual(["E_JSON_UNICODE"]);
  });
});

describe("locateInYaml", () => {
  const text = "contexts:\n  - id: LOAD\n    prior: 0.5\n  - id: DB\n    prior: 2\n";

  it("a JSON Pointer is found at the line of its value", () => {
    expect(locateInYaml(text, "/contexts/1/prior")).toEqual({ line: 5, column: 12 });
  });

  it("a pointer to a missing field is found at its nearest ancestor", () => {
    expect(locateInYaml(text, "/contexts/1/likelihood/x")).toEqual({ line: 4, column: 5 });
  });
});
