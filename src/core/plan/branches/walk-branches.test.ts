import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { always, type FormulaId, FormulaTable } from "./outcome-formula.ts";
import { walkBranches, walkStatesMax } from "./walk-branches.ts";
import type { WalkStep } from "./walk-step.ts";

/** A plan as numbers: step i runs when some of its clauses hold; a clause asks one earlier step for some outcomes. */
interface Sketch {
  readonly outcomeCount: number;
  readonly isEnding: boolean;
  /** Whether its first outcome is a no or a silence. */
  readonly maySilence?: boolean;
  readonly isWrite?: boolean;
  readonly clauses: readonly (readonly { readonly variable: number; readonly outcomes: readonly number[] }[])[];
}

const letters = ["a", "b", "c", "d"];

function outcomesOf(sketch: Sketch): readonly string[] {
  return sketch.isEnding ? ["ended", "not_run"] : [...letters.slice(0, sketch.outcomeCount), "not_run"];
}

function build(sketches: readonly Sketch[]) {
  const lists = sketches.map(outcomesOf);
  const table = new FormulaTable({ outcomesOf: (variable) => lists[variable] ?? [], variableOf: () => undefined });
  const steps: readonly WalkStep[] = sketches.map((sketch, index) => {
    const runs =
      sketch.clauses.length === 0
        ? always
        : table.any(
            sketch.clauses.map((clause) => table.all(clause.map((atom) => table.atom(atom.variable, atom.outcomes)))),
          );
    return {
      outcomes: lists[index] ?? [],
      isEnding: sketch.isEnding,
      cost: [1, index],
      runs,
      voiced: runs,
      silences: sketch.maySilence === true && !sketch.isEnding ? [0] : [],
      isWrite: sketch.isWrite === true,
    };
  });
  return { table, steps };
}

/** The oracle: every assignment, one after the other, formulas read from the sketch itself. */
function walkByHand(sketches: readonly Sketch[]) {
  const found = { noEnding: false, twoEndings: false, reached: new Set<number>(), worst: [0, 0] as [number, number] };
  const visit = (index: number, taken: readonly number[], endings: number, cost: readonly [number, number]): void => {
    const sketch = sketches[index];
    if (sketch === undefined) {
      if (endings === 0) found.noEnding = true;
      found.worst = [Math.max(found.worst[0], cost[0]), Math.max(found.worst[1], cost[1])];
      return;
    }
    const notRun = outcomesOf(sketch).length - 1;
    const runs =
      sketch.clauses.length === 0 ||
      sketch.clauses.some((clause) => clause.every((atom) => atom.outcomes.includes(taken[atom.variable] ?? -1)));
    if (!runs) return visit(index + 1, [...taken, notRun], endings, cost);
    found.reached.add(index);
    if (sketch.isEnding && endings > 0) found.twoEndings = true;
    for (let outcome = 0; outcome < notRun; outcome += 1)
      visit(index + 1, [...taken, outcome], endings + (sketch.isEnding ? 1 : 0), [cost[0] + 1, cost[1] + index]);
  };
  visit(0, [], 0, [0, 0]);
  return found;
}

function holds({ clauses }: Sketch, taken: readonly number[]): boolean {
  return (
    clauses.length === 0 ||
    clauses.some((clause) => clause.every((atom) => atom.outcomes.includes(taken[atom.variable] ?? -1)))
  );
}

/**
 * The oracle for silence: the writes that run on some path where another word of those who were silent, or the other
 * outcome of whatever came of it, would have kept them from running.
 */
function silentWritesByHand(sketches: readonly Sketch[]): ReadonlySet<number> {
  const found = new Set<number>();
  /** Whether a step would run under every outcome of the unknown steps, or under none. */
  const isCertain = (sketch: Sketch, taken: readonly number[], unknown: readonly number[]): boolean => {
    const [first, ...more] = unknown;
    const truths = (known: readonly number[], left: readonly number[]): readonly boolean[] => {
      const [next, ...others] = left;
      if (next === undefined) return [holds(sketch, known)];
      return outcomesOf(sketches[next] ?? sketch).flatMap((_, outcome) => truths(known.with(next, outcome), others));
    };
    return first === undefined || new Set(truths(taken, [first, ...more])).size === 1;
  };
  const visit = (index: number, taken: readonly number[], unknown: readonly number[]): void => {
    const sketch = sketches[index];
    if (sketch === undefined) return;
    const notRun = outcomesOf(sketch).length - 1;
    const isVeiled = !isCertain(sketch, taken, unknown);
    const behind = isVeiled ? [...unknown, index] : unknown;
    if (!holds(sketch, taken)) return visit(index + 1, [...taken, notRun], behind);
    if (isVeiled && sketch.isWrite === true) found.add(index);
    for (let outcome = 0; outcome < notRun; outcome += 1) {
      const isSilent = outcome === 0 && sketch.maySilence === true && !sketch.isEnding;
      visit(index + 1, [...taken, outcome], isSilent && !isVeiled ? [...unknown, index] : behind);
    }
  };
  visit(0, [], []);
  return found;
}

/** Up to seven steps, each asking earlier ones; endings are asked by nobody. */
const sketches: fc.Arbitrary<readonly Sketch[]> = fc
  .array(
    fc.record({
      outcomeCount: fc.integer({ min: 1, max: 3 }),
      isEnding: fc.boolean(),
      maySilence: fc.boolean(),
      isWrite: fc.boolean(),
      clauses: fc.array(
        fc.array(fc.record({ variable: fc.nat(6), outcomes: fc.subarray([0, 1, 2, 3], { minLength: 1 }) }), {
          minLength: 1,
          maxLength: 2,
        }),
        { maxLength: 2 },
      ),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((raw) =>
    raw.map((sketch, index) => ({
      ...sketch,
      clauses: sketch.clauses.flatMap((clause) => {
        const atoms = clause.flatMap((atom) => {
          const variable = atom.variable % Math.max(index, 1);
          const asked = raw[variable];
          if (index === 0 || asked === undefined || asked.isEnding) return [];
          return [{ variable, outcomes: atom.outcomes.filter((outcome) => outcome <= asked.outcomeCount) }];
        });
        return atoms.length === 0 || atoms.some((atom) => atom.outcomes.length === 0) ? [] : [atoms];
      }),
    })),
  );

describe("walkBranches", () => {
  it("agrees with trying every assignment of outcomes", () => {
    let incomplete = 0;
    let conflicting = 0;
    fc.assert(
      fc.property(sketches, (plan) => {
        const { table, steps } = build(plan);
        const expected = walkByHand(plan);

        const report = walkBranches(steps, { table, watches: [] });

        if (expected.noEnding) incomplete += 1;
        if (expected.twoEndings) conflicting += 1;
        expect(report?.findings.some((finding) => finding.kind === "no_ending")).toBe(expected.noEnding);
        expect(report?.findings.some((finding) => finding.kind === "two_endings")).toBe(expected.twoEndings);
        expect([...(report?.reached ?? [])].sort()).toEqual([...expected.reached].sort());
        expect(report?.worst).toEqual(expected.worst);
      }),
      { numRuns: 3_000, seed: 11 },
    );

    // Otherwise the comparison above compared nothing.
    expect(Math.min(incomplete, conflicting)).toBeGreaterThan(300);
  });

  it("finds the writes that hang on a no or a silence, and no others", () => {
    let silent = 0;
    let innocent = 0;
    fc.assert(
      fc.property(sketches, (plan) => {
        const { table, steps } = build(plan);
        const expected = silentWritesByHand(plan);

        const report = walkBranches(steps, { table, watches: [] });

        if (expected.size > 0) silent += 1;
        else if (plan.some((sketch) => sketch.isWrite) && plan.some((sketch) => sketch.maySilence)) innocent += 1;
        const writes =
          report?.findings.flatMap((finding) => (finding.kind === "silent_write" ? [finding.at] : [])) ?? [];
        // No more than three findings of one kind are told.
        expect(writes.length).toBe(Math.min(3, expected.size));
        expect(writes.filter((write) => !expected.has(write))).toEqual([]);
      }),
      { numRuns: 3_000, seed: 12 },
    );

    // Otherwise the comparison above compared nothing.
    expect(Math.min(silent, innocent)).toBeGreaterThan(200);
  });

  it("gives a witness that leads to where no ending is reached", () => {
    const ask = (variable: number, ...outcomes: readonly number[]) => ({ variable, outcomes });
    const { table, steps } = build([
      { outcomeCount: 2, isEnding: false, clauses: [] },
      { outcomeCount: 2, isEnding: false, clauses: [[ask(0, 0)]] },
      { outcomeCount: 1, isEnding: true, clauses: [[ask(0, 1)], [ask(1, 0)]] },
    ]);

    const report = walkBranches(steps, { table, watches: [] });

    expect(report?.findings).toEqual([
      {
        kind: "no_ending",
        witness: [
          { variable: 0, outcome: "a" },
          { variable: 1, outcome: "b" },
        ],
      },
    ]);
  });

  it("finds a forbidden combination and no other", () => {
    const { table, steps } = build([
      { outcomeCount: 2, isEnding: false, clauses: [] },
      { outcomeCount: 1, isEnding: false, clauses: [] },
      { outcomeCount: 1, isEnding: true, clauses: [] },
    ]);
    const watches = [
      { at: 1, forbidden: table.atom(0, [1]) },
      { at: 1, forbidden: table.atom(0, [2]) },
    ];

    const report = walkBranches(steps, { table, watches });

    expect(report?.findings).toEqual([{ kind: "forbidden", watch: 0, witness: [{ variable: 0, outcome: "b" }] }]);
  });

  it("keeps one state a step for a sequence, however many outcomes it has", () => {
    const sequence: readonly Sketch[] = [
      ...Array.from(
        { length: 200 },
        (_, index): Sketch => ({
          outcomeCount: 3,
          isEnding: false,
          clauses: index === 0 ? [] : [[{ variable: index - 1, outcomes: [0, 1, 2] }]],
        }),
      ),
      { outcomeCount: 1, isEnding: true, clauses: [[{ variable: 199, outcomes: [0, 1, 2] }]] },
    ];
    const { table, steps } = build(sequence);

    expect(walkBranches(steps, { table, watches: [] })?.stateCount).toBe(201);
  });

  it("forgets an outcome once nobody asks about it: forty probes with an act each stay linear", () => {
    const pairs = Array.from({ length: 40 }, (_, index) => index);
    const { table, steps } = build([
      ...pairs.map((): Sketch => ({ outcomeCount: 3, isEnding: false, clauses: [] })),
      ...pairs.map(
        (index): Sketch => ({ outcomeCount: 1, isEnding: false, clauses: [[{ variable: index, outcomes: [0] }]] }),
      ),
      { outcomeCount: 1, isEnding: true, clauses: [] },
    ]);

    expect(walkBranches(steps, { table, watches: [] })?.stateCount).toBeLessThan(200);
  });

  it("forgets a silence once no write can hang on it", () => {
    const pairs = Array.from({ length: 40 }, (_, index) => index);
    const probes = pairs.map((): Sketch => ({ outcomeCount: 3, isEnding: false, maySilence: true, clauses: [] }));
    const looks = pairs.map(
      (index): Sketch => ({ outcomeCount: 1, isEnding: false, clauses: [[{ variable: index, outcomes: [1] }]] }),
    );
    const everyLook = looks.map((_, index) => ({ variable: 40 + index, outcomes: [0, 1] }));
    const ending: Sketch = { outcomeCount: 1, isEnding: true, clauses: [everyLook] };
    const everyDone = looks.map((_, index) => ({ variable: 40 + index, outcomes: [0] }));
    const write: Sketch = { outcomeCount: 1, isEnding: false, isWrite: true, clauses: [everyDone] };

    for (const last of [[ending], [write, { ...ending, clauses: [[{ variable: 80, outcomes: [0, 1] }]] }]]) {
      const { table, steps } = build([...probes, ...looks, ...last]);

      expect(walkBranches(steps, { table, watches: [] })?.stateCount).toBeLessThan(700);
    }
  });

  it("gives up beyond its limit instead of taking for ever", () => {
    // Two halves that must agree step by step: whatever the order of asking, one half has to be remembered whole.
    const pairCount = 18;
    const lists = [...Array.from({ length: 2 * pairCount }, () => ["a", "b", "not_run"]), ["ended", "not_run"]];
    const table = new FormulaTable({ outcomesOf: (variable) => lists[variable] ?? [], variableOf: () => undefined });
    const same = (left: number, right: number): FormulaId =>
      table.any([0, 1].map((outcome) => table.all([table.atom(left, [outcome]), table.atom(right, [outcome])])));
    const agreement = table.all(Array.from({ length: pairCount }, (_, index) => same(index, pairCount + index)));
    const steps = lists.map(
      (outcomes, index): WalkStep => ({
        outcomes,
        isEnding: index === 2 * pairCount,
        runs: index === 2 * pairCount ? agreement : always,
        cost: [1, 1],
        voiced: index === 2 * pairCount ? agreement : always,
        silences: [],
        isWrite: false,
      }),
    );

    expect(walkBranches(steps, { table, watches: [] })).toBeUndefined();
    expect(walkStatesMax).toBeLessThan(2 ** pairCount);
  });
});
