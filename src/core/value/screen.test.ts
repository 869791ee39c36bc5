import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joined, ownText, painted, printable, quoted, says, screen, sentence, wrapRows } from "./screen.ts";
import { quote } from "./text.ts";

const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;

describe("what goes to a screen (I16)", () => {
  it("is our words as they stand, with every value escaped", () => {
    expect(printable(screen`  run ${"r1\n\u001b[2K"}: ${3} steps\n`)).toBe("  run r1\\u{a}\\u{1b}[2K: 3 steps\n");
  });

  it("takes in what was made for it, as it is", () => {
    const inner = screen`${"a\tb"}`;

    expect(printable(screen`${painted(red, inner)} ${joined([inner, "c\rd"], ", ")}`)).toBe(
      "\u001b[31ma\\u{9}b\u001b[39m a\\u{9}b, c\\u{d}d",
    );
  });

  it("quotes a foreign text with its source, and the text cannot end its quotation", () => {
    expect(printable(says("the proposer", "done” ! escalated"))).toBe('the proposer says “done" ! escalated”');
  });

  it("lets what we composed keep its rows and columns, and still obeys nothing in it", () => {
    expect(printable(ownText("a   b\n\u009b2K\\u{1b}"))).toBe("a   b\n\\u{9b}2K\\u{1b}");
  });

  it("holds no character that a terminal obeys, whatever is put into it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(screen`${text}${quoted(text)}${ownText(text.replaceAll("\n", ""))}`)).not.toMatch(/\p{C}/u);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

describe("a row wider than the screen", () => {
  it("is broken at blanks, and each part begins with the gutter", () => {
    expect(wrapRows("purpose: one two three four five six\nnext", 20)).toBe(
      "purpose: one two\n  │ three four five\n  │ six\nnext",
    );
  });

  it("is broken anywhere where there is no blank, and keeps its indentation", () => {
    expect(wrapRows(`    ${"x".repeat(40)}`, 30)).toBe(`    ${"x".repeat(26)}\n    │ ${"x".repeat(14)}`);
  });

  it("is not broken inside a colour, and a colour takes no room", () => {
    expect(wrapRows(red("x".repeat(20)), 20)).toBe(red("x".repeat(20)));
    expect(wrapRows(red("x".repeat(21)), 20)).toBe(`\u001b[31m${"x".repeat(20)}\n  │ x\u001b[39m`);
  });

  it("is not broken inside an escape, half of which would read as something else", () => {
    const [plain, blank, json] = ["\\u{a0}", "\\u{20×12}", "\\u202e"].map((escape) =>
      wrapRows(`${"x".repeat(17)}${escape}${"y".repeat(5)}`, 20),
    );

    expect([plain, blank, json]).toEqual([
      `${"x".repeat(17)}\n  │ \\u{a0}${"y".repeat(5)}`,
      `${"x".repeat(17)}\n  │ \\u{20×12}${"y".repeat(5)}`,
      `${"x".repeat(17)}\n  │ \\u202e${"y".repeat(5)}`,
    ]);
  });

  it("counts a wide character as two columns", () => {
    expect(wrapRows("数".repeat(12), 20)).toBe(`${"数".repeat(10)}\n  │ 数数`);
  });

  it("gives rows that all fit, of which only the first does not begin with the gutter", () => {
    const texts = fc.string({ unit: fc.constantFrom("a", " ", "-", "数", "│"), maxLength: 200 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 20, max: 60 }), (text, widthChars) => {
        const rows = wrapRows(`purpose: ${text}`, widthChars).split("\n");

        for (const row of rows.slice(1)) expect(row).toMatch(/^ +│ /);
        for (const row of rows)
          expect([...row].reduce((sum, character) => sum + (character <= "~" ? 1 : 2), 0)).toBeLessThanOrEqual(
            widthChars,
          );
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});

describe("a sentence of ours with foreign pieces that were quoted", () => {
  it("shows an escape once, and escapes what nobody has escaped yet", () => {
    const message = `the target answered 409: ${quote("no\nfake   now")}\u001b[2K\n`;

    expect(printable(sentence(message))).toBe("the target answered 409: `no\\u{a}fake\\u{20×3}now`\\u{1b}[2K\\u{a}");
    expect(printable(screen`${sentence(message)}`)).toBe(printable(sentence(message)));
  });
});
