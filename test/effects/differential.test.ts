import { describe, expect, it } from "vitest";
import { draftPlan } from "../../src/core/plan/compile/compile.ts";
import { foreseePlan } from "../../src/core/proof/foresee.ts";
import { createRng } from "../../src/core/value/rng.ts";
import { compileOrThrow } from "../support/proposals.ts";
import {
  type Encoding,
  isHarmful,
  randomPlan,
  readingsOf,
  requestFor,
  type SmallPlan,
  type SmallStep,
  wholeNumbers,
} from "./small-plans.ts";

interface Tally {
  readonly harmfulAccepted: readonly number[];
  readonly harmlessRefused: readonly number[];
  readonly harmfulCount: number;
  readonly harmlessCount: number;
}

/** Compares the gate with an interpreter that tries everything, over the plans of these seeds that compile. */
function compare(
  seeds: readonly number[],
  options: { readonly canFail: boolean },
  encoding: Encoding = wholeNumbers,
): Tally {
  const harmfulAccepted: number[] = [];
  const harmlessRefused: number[] = [];
  let harmfulCount = 0;
  let harmlessCount = 0;
  for (const seed of seeds) {
    const small = randomPlan(createRng(seed), options);
    const request = requestFor(small, encoding);
    if (!draftPlan(request).ok) continue;
    const isAccepted = foreseePlan(compileOrThrow(request, readingsOf(small, encoding))).findings.length === 0;
    if (!isHarmful(small, encoding)) {
      harmlessCount += 1;
      if (!isAccepted) harmlessRefused.push(seed);
    } else {
      harmfulCount += 1;
      if (isAccepted) harmfulAccepted.push(seed);
    }
  }
  return { harmfulAccepted, harmlessRefused, harmfulCount, harmlessCount };
}

function seedsFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

describe("the gate against an interpreter that tries every outcome and every order", () => {
  it("refuses each harmful plan and accepts at least 95 % of the harmless ones", { timeout: 60_000 }, () => {
    const tally = compare(seedsFrom(1, 1_000), { canFail: false });

    expect(Math.min(tally.harmfulCount, tally.harmlessCount)).toBeGreaterThan(100);
    expect(tally.harmfulAccepted).toEqual([]);
    expect(tally.harmlessRefused.length / tally.harmlessCount).toBeLessThan(0.05);
  });

  it("does so for plans that go on after a failure too", { timeout: 60_000 }, () => {
    const tally = compare(seedsFrom(100_001, 1_000), { canFail: true });

    expect(Math.min(tally.harmfulCount, tally.harmlessCount)).toBeGreaterThan(100);
    expect(tally.harmfulAccepted).toEqual([]);
    expect(tally.harmlessRefused.length / tally.harmlessCount).toBeLessThan(0.05);
  });
});

describe("the gate on facts of other types, against the same interpreter", () => {
  it.each<[string, Encoding]>([
    // An empty text, and texts that a careless key of a state would take for two values, or for another type.
    ["text", { type: { string: { max: 20, charset: "line" } }, values: ["", ",", "true"], isOrdered: false }],
    ["text in quotes", { type: { string: { max: 20 } }, values: ["it's", "\\", "a,b"], isOrdered: false }],
    ["releases", { type: { releases: ["1.9", "1.10", "1.2"] }, values: ["1.9", "1.10", "1.2"], isOrdered: true }],
    ["version", { type: { version: "semver" }, values: ["1.9.0", "1.10.0-rc.1", "1.10.0"], isOrdered: true }],
    [
      "number in steps",
      {
        type: { decimal: { min: -1, max: 1, step: 0.05, thresholds: [-0.05, 0, 0.3] } },
        values: [-0.05, 0, 0.3],
        isOrdered: true,
      },
    ],
    [
      "instant",
      {
        type: {
          instant: { thresholds: ["2026-11-30T17:00:00Z", "2026-11-30T17:00:00.250Z", "2026-11-30T19:00:00+01:00"] },
        },
        values: ["2026-11-30T17:00:00Z", "2026-11-30T17:00:00.250Z", "2026-11-30T18:00:00Z"],
        isOrdered: true,
      },
    ],
  ])("judges %s as it judges whole numbers", { timeout: 60_000 }, (_, encoding) => {
    const seeds = seedsFrom(200_001, 500);
    const tally = compare(seeds, { canFail: true }, encoding);

    expect(Math.min(tally.harmfulCount, tally.harmlessCount)).toBeGreaterThan(40);
    expect(tally).toEqual(compare(seeds, { canFail: true }));
    expect(tally.harmfulAccepted).toEqual([]);
  });
});

describe("two steps side by side that each take one of two cells down for a time", () => {
  const restart = (id: string, object: string, lock: readonly string[]): SmallStep => ({
    id,
    kind: "write",
    after: [],
    when: null,
    object,
    pre: [],
    during: { [`cell.${object}.a`]: 0 },
    effect: { [`cell.${object}.a`]: 1, [`cell.${object}.b`]: 2 },
    locks: lock,
    mayFail: false,
  });
  const planOf = (locks: readonly string[]): SmallPlan => ({
    facts: Object.fromEntries(
      ["w", "x", "y", "z"].flatMap((cell) => [
        [`cell.${cell}.a`, 1],
        [`cell.${cell}.b`, 1],
      ]),
    ),
    invariants: [
      [
        [
          { fact: "cell.w.a", operator: "==", value: 1 },
          { fact: "cell.x.a", operator: "==", value: 1 },
        ],
      ],
    ],
    goal: [],
    steps: [restart("one", "w", locks), restart("two", "x", locks)],
  });
  const codesOf = (small: SmallPlan): readonly string[] =>
    foreseePlan(compileOrThrow(requestFor(small), readingsOf(small))).findings.map(
      ({ code, step, other }) => `${code} ${step?.id} ${other?.id}`,
    );

  it("are refused, both by name, where nothing keeps them apart", () => {
    const small = planOf([]);

    expect(codesOf(small)).toEqual(["E_EFFECT_SIDE_BY_SIDE two one"]);
    expect(isHarmful(small)).toBe(true);
  });

  it("are accepted where a lock keeps them apart", () => {
    const small = planOf(["shared"]);

    expect(codesOf(small)).toEqual([]);
    expect(isHarmful(small)).toBe(false);
  });
});
