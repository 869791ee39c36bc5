import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closestName, escapeControls, escapeForTerminal, escapeJsonForTerminal, quote, suggestName } from "./text.ts";

describe("escaping for a terminal (I16)", () => {
  it.each([
    ["cursor up and erase line", "\u001b[2A\u001b[2KPlan: 0 to destroy", "\\u{1b}[2A\\u{1b}[2KPlan: 0 to destroy"],
    ["OSC 52 clipboard", "\u001b]52;c;cm0gLXJm\u0007", "\\u{1b}]52;c;cm0gLXJm\\u{7}"],
    ["C1 control sequence introducer", "\u009b2K", "\\u{9b}2K"],
    ["right-to-left override", "user\u202etxt.exe", "user\\u{202e}txt.exe"],
    ["isolates", "\u2066x\u2069", "\\u{2066}x\\u{2069}"],
    ["zero-width space, joiner, byte order mark", "a\u200bb\u200dc\ufeff", "a\\u{200b}b\\u{200d}c\\u{feff}"],
    ["soft hyphen and combining grapheme joiner", "a\u00adb\u034fc", "a\\u{ad}b\\u{34f}c"],
    ["Hangul fillers and blank Braille", "\u3164\uffa0\u115f\u2800", "\\u{3164}\\u{ffa0}\\u{115f}\\u{2800}"],
    ["tag characters", "\u{e0041}", "\\u{e0041}"],
    ["variation selectors", "\ufe0f\u{e0100}", "\\u{fe0f}\\u{e0100}"],
    ["carriage return, line feed, tab", "a\rb\nc\td", "a\\u{d}b\\u{a}c\\u{9}d"],
    ["line and paragraph separators", "\u2028\u2029\u0085", "\\u{2028}\\u{2029}\\u{85}"],
    ["spaces that are not the space", "\u00a0\u3000\u202f", "\\u{a0}\\u{3000}\\u{202f}"],
    ["a lone surrogate", "\ud800x", "\\u{d800}x"],
    ["private use and noncharacters", "\ue000\uffff", "\\u{e000}\\u{ffff}"],
  ])("%s is shown, not obeyed", (_title, text, shown) => {
    expect(escapeForTerminal(text)).toBe(shown);
  });

  it.each([
    "größe ÄÖÜß é",
    "данные",
    "数据库 データ",
    "قاعدة",
    "हिन्दी",
    "🚀 🇩🇪",
    "C:\\users\\x",
    "e\u0301 !\"#$%&'()*+,-./",
  ])("%s stays as it is", (text) => {
    expect(escapeForTerminal(text)).toBe(text);
  });

  it("an escape of ours cannot be imitated", () => {
    expect(escapeForTerminal("\\u{1b}")).toBe("\\\\u{1b}");
  });

  it("two different texts are never shown alike", () => {
    const piece = fc.constantFrom("\\", "u{", "1b}", "20×2}", " ", "\u001b", "\u0301\u0301\u0301", "a", "u", "{");
    const texts = fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(texts, texts, (left, right) => {
        expect(escapeForTerminal(left) === escapeForTerminal(right)).toBe(left === right);
      }),
      { seed: 1, numRuns: 5_000 },
    );
  });

  it("nothing but printable characters is left of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(/[\p{C}\p{Zl}\p{Zp}]/u.test(escapeForTerminal(text))).toBe(false);
      }),
      { seed: 2, numRuns: 1_000 },
    );
  });

  it.each([
    ["a run of blanks", `purpose${" ".repeat(2400)}proof: proven`, "purpose\\u{20×2400}proof: proven"],
    ["two blanks", "a  b", "a\\u{20×2}b"],
    ["a stack of marks, from the fifth on", `a${"\u0301".repeat(6)}`, `a${"\u0301".repeat(4)}\\u{301}\\u{301}`],
  ])("%s is shown as such", (_title, text, shown) => {
    expect(escapeForTerminal(text)).toBe(shown);
  });

  it("the number of blanks cannot be imitated", () => {
    expect(escapeForTerminal("\\u{20×7}")).toBe("\\\\u{20×7}");
  });

  it("a block that was composed here keeps its line feeds, its blanks and its escapes, and nothing else", () => {
    expect(escapeControls("a  b\n\u001bb\r\n\\u{1b}")).toBe("a  b\n\\u{1b}b\\u{d}\n\\u{1b}");
  });

  it("a document keeps its values, and is printable", () => {
    const value = { a: "\u009b2K\u202e\u200b\u0000\n\u{e0041} ä 🚀", "\u202e": ["\ud800", "\u2028"] };

    const json = escapeJsonForTerminal(JSON.stringify(value, null, 2));

    expect(JSON.parse(json)).toEqual(value);
    expect(json.replaceAll("\n", "")).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(json).toContain("ä 🚀");
  });

  it("a quotation cannot be ended from within", () => {
    expect(quote("a`; next: run `b")).toBe("`a\\u{60}; next: run \\u{60}b`");
  });

  it("a quotation is cut between characters", () => {
    expect(quote("🚀".repeat(60))).toBe(`\`${"🚀".repeat(40)}…\``);
    expect(quote(`a${"🚀".repeat(60)}`)).toBe(`\`a${"🚀".repeat(39)}…\``);
  });
});

describe("names that were meant", () => {
  const known = ["action", "after", "when", "onFailure", "expect"];

  it.each([
    ["acton", "action"],
    ["aciton", "action"],
    ["Action", "action"],
    ["onfailure", "onFailure"],
    ["wen", "when"],
    ["wehn", "when"],
  ])("%s is taken for %s", (name, meant) => {
    expect(closestName(name, known)).toBe(meant);
  });

  it.each(["approved", "x", ""])("%j is taken for none", (name) => {
    expect(closestName(name, known)).toBeUndefined();
  });

  it("a swap of neighbours is one mistake: a short name may have one, but not two", () => {
    expect(closestName("hte", ["the"])).toBe("the");
    expect(closestName("htx", ["the"])).toBeUndefined();
  });

  it("a suggestion names the near one, or all there are", () => {
    expect(suggestName("acton", known)).toBe("did you mean `action`?");
    expect(suggestName("zzz", ["a", "b"])).toBe("use one of `a`, `b`");
  });
});
