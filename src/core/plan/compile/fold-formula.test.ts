import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateGuard } from "../../guard/evaluate-guard.fixture.ts";
import { formatGuard } from "../../guard/format-guard.ts";
import type { Formula } from "../../guard/formula.ts";
import { parseGuard } from "../../guard/parse-guard.ts";
import { foldFormula } from "./fold-formula.ts";

function parse(text: string): Formula {
  const parsed = parseGuard(text);
  if (!parsed.ok) throw new Error(parsed.error[0]?.message ?? "");
  // No test writes a macro.
  return parsed.value as Formula;
}

describe("foldFormula", () => {
  it.each([
    ["'a' == 'b' || t.o.f == 1", "t.o.f == 1"],
    ["'a' == 'a' && t.o.f == 1", "t.o.f == 1"],
    ["'a' == 'a' || t.o.f == 1", "true"],
    ["!(1 > 2)", "true"],
    ["'a' in ['a', 'b'] && !t.o.g", "!t.o.g"],
    ["t.o.f == 1", "t.o.f == 1"],
    ["('a' != 'a' || t.o.g) && (2 >= 1 || t.o.g)", "t.o.g"],
  ])("makes of %s the formula %s", (before, after) => {
    expect(formatGuard(foldFormula(parse(before)))).toBe(after);
  });

  it("keeps the meaning of every formula in every state", () => {
    const leaf = fc.constantFrom(
      "t.o.g",
      "t.o.h",
      "true",
      "false",
      "1 < 2",
      "'a' == 'b'",
      "t.o.f == 1",
      "t.o.f in [0, 2]",
      "'a' in ['a']",
    );
    const { text } = fc.letrec<{ text: string }>((tie) => ({
      text: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc
          .tuple(tie("text"), fc.constantFrom("&&", "||", "=="), tie("text"))
          .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
        tie("text").map((inner) => `!(${inner})`),
      ),
    }));
    let foldedCount = 0;

    fc.assert(
      fc.property(text, (source) => {
        const formula = parse(source);
        const folded = foldFormula(formula);
        if (formatGuard(folded) !== formatGuard(formula)) foldedCount += 1;
        for (const [f, g, h] of [
          [0, true, true],
          [1, false, true],
          [2, true, false],
          [1, false, false],
        ] as const) {
          const lookup = (key: string) => ({ "t.o.f": f, "t.o.g": g, "t.o.h": h })[key];
          if (evaluateGuard({ formula, reads: [] }, lookup) !== evaluateGuard({ formula: folded, reads: [] }, lookup))
            return false;
        }
        return true;
      }),
      { numRuns: 1_000, seed: 2 },
    );

    expect(foldedCount).toBeGreaterThan(300);
  });
});
