import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateGuardPartial } from "../guard/evaluate-guard.ts";
import type { Formula, GuardValue } from "../guard/formula.ts";
import { parsePlanGuard } from "../guard/plan-guard.ts";
import { anyValue, guardValues, type ValueSet } from "./value-set.ts";

function guard(source: string): Formula {
  const parsed = parsePlanGuard(source);
  if (parsed === null) throw new Error("the guard is empty");
  return parsed;
}

function setOf(...values: readonly GuardValue[]): ValueSet {
  return { values: new Set(values), isOpen: false };
}

const facts = ["t.a.x", "t.a.y", "t.b.x"];

const atom = fc
  .tuple(fc.constantFrom(...facts), fc.constantFrom("==", "!=", "<", "<=", ">", ">="), fc.integer({ min: 0, max: 2 }))
  .map(([fact, operator, value]) => `${fact} ${operator} ${value}`);
const member = fc
  .tuple(fc.constantFrom(...facts), fc.uniqueArray(fc.integer({ min: 0, max: 2 }), { minLength: 1 }))
  .map(([fact, items]) => `${fact} in [${items.join(", ")}]`);
const leaf = fc.oneof(atom, member);
const chain = (inner: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(" && ", " || "), fc.array(inner, { minLength: 2, maxLength: 3 }), fc.boolean())
    .map(
      ([operator, parts, isNegated]) => `${isNegated ? "!" : ""}(${parts.map((part) => `(${part})`).join(operator)})`,
    );
const anyGuard = chain(fc.oneof(leaf, chain(leaf)));
const anySet = fc.uniqueArray(fc.integer({ min: 0, max: 2 }), { minLength: 1 });

describe("guardValues", () => {
  it("leaves out no value that the guard has for some values of its facts", () => {
    fc.assert(
      fc.property(anyGuard, fc.tuple(anySet, anySet, anySet), (source, [first, second, third]) => {
        const formula = guard(source);
        const sets = new Map(facts.map((fact, index) => [fact, [first, second, third][index] ?? []]));
        const found = guardValues(formula, (fact) => setOf(...(sets.get(fact) ?? [])));

        for (const one of first)
          for (const two of second)
            for (const three of third) {
              const values = new Map(facts.map((fact, index) => [fact, [one, two, three][index]]));
              const value = evaluateGuardPartial({ formula, reads: [] }, (fact) => values.get(fact));
              if (value === undefined || !found.values.has(value)) return false;
            }
        return !found.isOpen;
      }),
      { numRuns: 2_000 },
    );
  });

  it("leaves out no value for versions, instants and numbers in steps either, nor what is open", () => {
    const kinds = [
      { values: ["1.9.0", "1.10.0-rc.1", "1.10.0"], write: (value: GuardValue) => `semver('${value}')` },
      {
        values: ["2026-11-30T17:00:00Z", "2026-11-30T17:00:00.250Z", "2026-12-01T00:00:00Z"],
        write: (value: GuardValue) => `instant('${value}')`,
      },
      { values: [-0.05, 0, 0.3], write: String },
    ];
    const condition = fc
      .tuple(fc.constantFrom(...kinds), fc.constantFrom("<", "<=", ">", ">="), fc.nat(2), fc.boolean())
      .map(([kind, operator, index, isNegated]) => {
        const constant = kind.write(kind.values[index] ?? 0);
        const source = isNegated ? `!(t.a.x ${operator} ${constant})` : `t.a.x ${operator} ${constant}`;
        return { kind, formula: guard(source) };
      });
    fc.assert(
      fc.property(condition, fc.subarray([0, 1, 2], { minLength: 1 }), ({ kind, formula }, places) => {
        const values = places.map((place) => kind.values[place] ?? 0);
        const exact = new Set(values.map((value) => evaluateGuardPartial({ formula, reads: [] }, () => value)));
        const found = guardValues(formula, () => setOf(...values));
        const open = guardValues(formula, () => ({ values: new Set([...values, "no such value"]), isOpen: false }));
        return (
          !found.isOpen && open.isOpen && [...exact].every((value) => value !== undefined && found.values.has(value))
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it("is settled by one operand that is certain, whatever is not known of the others", () => {
    const valuesOf = (fact: string): ValueSet => (fact === "t.a.x" ? setOf(1) : anyValue);

    expect(guardValues(guard("t.a.x == 2 && t.b.x == 1"), valuesOf)).toEqual(setOf(false));
    expect(guardValues(guard("t.a.x == 1 || t.b.x == 1"), valuesOf)).toEqual(setOf(true));
    expect(guardValues(guard("t.a.x == 1 && t.b.x == 1"), valuesOf).isOpen).toBe(true);
  });
});
