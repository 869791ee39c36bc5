import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draftFleet, fleetDomain, fleetRefusals, fleetRequest, scaleAll } from "../../../../test/support/fleet.ts";
import { compileOrThrow, literal, probeLoad, scale, step } from "../../../../test/support/proposals.ts";
import type { Waves } from "../../domain/domain.ts";
import { actionDigest } from "../../domain/domain-digest.ts";
import { indexDomain } from "../../domain/domain-index.ts";
import { evaluateGuard } from "../../guard/evaluate-guard.fixture.ts";
import type { Formula } from "../../guard/formula.ts";
import { parseCompiledGuard } from "../../guard/parse-guard.ts";
import { canonicalText } from "../../value/canonical.ts";
import type { Plan, PlanStep } from "../plan.ts";
import { renderReview } from "../show/render-review.ts";
import { reviewPlan } from "../show/review.ts";
import type { ProposedStep } from "../wire/proposal.ts";
import { waveSizes } from "./waves.ts";

type Steps = readonly PlanStep[];

const twoByTwo: Waves = { canary: 1, batch: { kind: "count", count: 2 }, abortAbove: 0 };
const forgiving: Waves = { ...twoByTwo, abortAbove: 1 };

/** Ids and what they wait for, in the plan's order. */
function orderOf(plan: { readonly steps: Steps }): readonly string[] {
  return plan.steps.map((found) => `${found.id} after ${found.after.join(",")}`);
}

describe("waveSizes", () => {
  it("takes the canary, then batches of a share of the whole fleet rounded down, at least one", () => {
    const percent = (share: number): Waves => ({
      canary: 1,
      batch: { kind: "percent", percent: share },
      abortAbove: 0,
    });

    expect([
      waveSizes(10, percent(25)),
      waveSizes(3, percent(1)),
      waveSizes(5, percent(100)),
      waveSizes(1, percent(50)),
    ]).toEqual([[1, 2, 2, 2, 2, 1], [1, 1, 1], [1, 4], [1]]);
    expect([waveSizes(7, { ...twoByTwo, canary: 3 }), waveSizes(2, { ...twoByTwo, canary: 5 })]).toEqual([
      [3, 2, 2],
      [2],
    ]);
  });
});

describe("a step over a fleet whose action goes in waves", () => {
  it("becomes the canary and batches, each behind all of the one before; what waits for it waits for the last", () => {
    const plan = draftFleet(
      [scaleAll("s1", { onFailure: "stop" }), step("s2", { kind: "wait", args: [literal("forMs", 5)], after: ["s1"] })],
      { size: 5, waves: twoByTwo },
    );

    expect(orderOf(plan)).toEqual([
      "s1_1 after ",
      "s1_wave2 after s1_1",
      "s1_2 after s1_wave2",
      "s1_3 after s1_wave2",
      "s1_wave3 after s1_2,s1_3",
      "s1_4 after s1_wave3",
      "s1_5 after s1_wave3",
      "s2 after s1_4,s1_5",
      "end after s2",
    ]);
    expect(
      plan.steps.flatMap((found) =>
        found.kind === "act" ? [`${found.target} ${found.onFailure} ${found.wave?.number}/${found.wave?.count}`] : [],
      ),
    ).toEqual([
      "deploy/d01 stop 1/3",
      "deploy/d02 stop 2/3",
      "deploy/d03 stop 2/3",
      "deploy/d04 stop 3/3",
      "deploy/d05 stop 3/3",
    ]);
  });

  it("that may go on after failures counts them at each barrier, and escalates where too many failed", () => {
    const plan = draftFleet([scaleAll("s1")], { size: 3, waves: { ...forgiving, batch: { kind: "count", count: 1 } } });

    expect(plan.steps.map((found) => [found.id, found.when]).filter(([, when]) => when !== "")).toEqual([
      ["s1_wave2", "s1_1 != 'not_run'"],
      ["s1_wave3", "s1_1 != 'not_run' && (s1_1 != 'failed' || s1_2 != 'failed')"],
      [
        "s1_waves",
        "s1_1 != 'not_run' && (s1_1 != 'failed' && (s1_2 != 'failed' || s1_3 != 'failed') || s1_2 != 'failed' && s1_3 != 'failed')",
      ],
      ["escalate", "s1_1 != 'not_run' && s1_waves == 'not_run'"],
      ["end", "s1_waves != 'not_run' && escalate == 'not_run'"],
    ]);
    expect(plan.steps.find((found) => found.kind === "escalate")).toMatchObject({
      reason: "more than 1 of the 3 steps of s1 failed",
    });
  });

  it("takes a list as it takes the inventory, in the list's order", () => {
    const some = scaleAll("s1", {
      args: [{ name: "deploy", from: "each", value: '["d03","d01"]' }, literal("replicas", 3)],
    });

    const plan = draftFleet([some], { size: 4, waves: twoByTwo });

    expect(plan.steps.flatMap((found) => (found.kind === "act" ? [found.target] : []))).toEqual([
      "deploy/d03",
      "deploy/d01",
    ]);
  });

  it("is not less cautious than was proposed: with `stop` the first failure ends it, whatever the action permits", () => {
    const plan = draftFleet([scaleAll("s1", { onFailure: "stop" })], { size: 4, waves: forgiving });

    expect(plan.steps.some((found) => found.kind === "escalate" || found.when !== "")).toBe(false);
    expect(plan.steps.flatMap((found) => (found.kind === "act" ? [found.wave?.abortAbove] : []))).toEqual([0, 0, 0, 0]);
  });

  it("runs what has a condition of its own unless its waves were given up, and when they were skipped", () => {
    const steps = [
      probeLoad("p", { args: [literal("deploy", "d01")] }),
      scaleAll("s1", { after: ["p"], when: "p == 'contention'" }),
      scale("s2", { deploy: "d01", after: ["p", "s1"], when: "p in ['contention', 'idle']", onFailure: "stop" }),
    ];

    const plan = draftFleet(steps, { size: 2, waves: twoByTwo });

    expect(plan.steps.find((found) => found.id === "s2")).toMatchObject({
      after: ["p", "s1_1", "s1_waves"],
      when: "p in ['contention', 'idle'] && (s1_1 == 'not_run' || s1_waves != 'not_run')",
    });
  });

  it("cannot have that condition undone by what a proposer writes", () => {
    const sly = scale("s2", {
      deploy: "d01",
      after: ["p", "s1"],
      when: "p == 'idle') || (p == 'contention'",
      onFailure: "stop",
    });

    expect(
      fleetRefusals([probeLoad("p", { args: [literal("deploy", "d01")] }), scaleAll("s1", { after: ["p"] }), sly], {
        size: 2,
        waves: twoByTwo,
      }),
    ).toEqual(["E_GUARD_PARSE /steps/2/when"]);
  });

  it.each([
    [
      "more failures counted over more objects than can be checked",
      [scaleAll("s1")],
      ["E_PLAN_WAVES /steps/0"],
      120,
      { ...forgiving, abortAbove: 5 },
    ],
    [
      "two of them side by side",
      [
        scaleAll("s1", { args: [{ name: "deploy", from: "each", value: '["d01"]' }, literal("replicas", 3)] }),
        scale("s2", { deploy: "d02" }),
      ],
      ["E_PLAN_WAVES /steps/1/after"],
      2,
      twoByTwo,
    ],
    [
      "a fleet written out step by step",
      ["d01", "d02", "d03"].map((deploy) => scale(deploy, { deploy })),
      ["E_PLAN_WAVES /steps/1/after", "E_PLAN_WAVES /steps/2/after", "E_PLAN_WAVES /steps/2/after"],
      3,
      twoByTwo,
    ],
    [
      "a step that has the id of a barrier",
      [scaleAll("s1"), step("s1_wave2", { kind: "wait", args: [literal("forMs", 5)] })],
      ["E_PLAN_STEP_ID /steps/0/id"],
      2,
      twoByTwo,
    ],
  ] as const)("refuses %s", (_, steps, expected, size, waves) => {
    expect(fleetRefusals(steps, { size, waves })).toEqual(expected);
  });

  it("may stand twice on two branches of which one is taken", () => {
    const probe = probeLoad("p", { args: [literal("deploy", "d01")] });

    expect(
      fleetRefusals(
        [
          probe,
          scaleAll("s1", { after: ["p"], when: "p == 'idle'" }),
          scaleAll("s2", { after: ["p"], when: "p == 'contention'" }),
        ],
        { size: 3, waves: forgiving },
      ),
    ).toEqual([]);
  });
});

describe("the review of waves", () => {
  const plan = compileOrThrow(fleetRequest([scaleAll("s1")], { size: 4, waves: forgiving }));

  it("names the canary and each wave with its targets, and at each step its wave", () => {
    const lines = renderReview(reviewPlan(plan))
      .split("\n")
      .map((line) => line.trim());

    expect(lines.filter((line) => line.startsWith("s1: "))).toEqual([
      "s1: canary, wave 1 of 3: deploy/d01",
      "s1: wave 2 of 3: deploy/d02, deploy/d03",
      "s1: wave 3 of 3: deploy/d04",
    ]);
    expect(lines.filter((line) => line.startsWith("wave: "))).toEqual(
      [1, 2, 2, 3].map(
        (number) =>
          `wave: ${number === 1 ? "canary, " : ""}wave ${number} of 3 of s1, which goes on while at most 1 have failed`,
      ),
    );
    expect(lines).toContain("purpose: wave 3 of 3 of s1 begins if at most 1 of the 3 before failed");
  });

  it("shows every part of a step's place in the waves (I16)", () => {
    const before = renderReview(reviewPlan(plan));
    const changed = (["of", "number", "count", "abortAbove"] as const).map(
      (field): Plan => ({
        ...plan,
        steps: plan.steps.map((found) =>
          found.id === "s1_2" && found.kind === "act" && found.wave !== undefined
            ? { ...found, wave: { ...found.wave, [field]: field === "of" ? "s9" : 9 } }
            : found,
        ),
      }),
    );

    expect(
      changed.map(
        (other) =>
          renderReview({
            ...reviewPlan(other),
            planHash: reviewPlan(plan).planHash,
            planName: reviewPlan(plan).planName,
          }) === before,
      ),
    ).toEqual([false, false, false, false]);
  });
});

describe("an action without waves", () => {
  it("has no field for them, and its digest is another one with them", () => {
    const [without, withWaves] = [fleetDomain({ size: 2 }), fleetDomain({ size: 2, waves: twoByTwo })].map((domain) =>
      indexDomain(domain),
    );
    const digests = [without, withWaves]
      .map((index) => index?.actions.get("k8s.scale"))
      .map(
        (action, at) =>
          action && actionDigest(action, [without, withWaves][at] ?? indexDomain(fleetDomain({ size: 2 }))),
      );

    expect(Object.hasOwn(without?.actions.get("k8s.scale") ?? {}, "waves")).toBe(false);
    expect(digests[0]).not.toBe(digests[1]);
    expect(
      draftFleet([scaleAll("s1", { onFailure: "stop" })], { size: 2 }).steps.some((found) =>
        Object.hasOwn(found, "wave"),
      ),
    ).toBe(false);
  });
});

/*
 * An interpreter of the wire form, of its own: everything that can start has started, any step under way may settle next, as done
 * or as failed. It knows which object belongs to which wave from the declaration alone.
 */
interface World {
  readonly steps: Steps;
  readonly waveOf: ReadonlyMap<string, number>;
  readonly failedMax: number;
  /** Whether the rest goes on when an ending is reached, so that a second one would show. */
  readonly showsSecondEnding: boolean;
}

/** Explores every order of settlements and outcomes; tells what went wrong, and how many states there were. */
function explore(world: World): {
  readonly wrong: readonly string[];
  readonly stateCount: number;
  readonly endings: ReadonlySet<string>;
} {
  const [wrong, endings] = [new Set<string>(), new Set<string>()];
  const stateCount = walk(world, { wrong, atRest: (state) => endings.add(endingOf(world, state, wrong)) });
  return { wrong: [...wrong], stateCount, endings };
}

/** The endings that runs of a plan come to, whatever stands in it; two at once would stand joined. */
function exploreEndings(steps: Steps): ReadonlySet<string> {
  const endings = new Set<string>();
  const atRest = (state: ReadonlyMap<string, string>): unknown =>
    endings.add(
      steps
        .filter((found) => state.get(found.id) === "ended")
        .map((found) => found.kind)
        .join(" and "),
    );
  walk(
    { steps, waveOf: new Map(), failedMax: Number.POSITIVE_INFINITY, showsSecondEnding: true },
    { wrong: new Set(), atRest },
  );
  return endings;
}

function walk(
  world: World,
  { wrong, atRest }: { readonly wrong: Set<string>; readonly atRest: (state: ReadonlyMap<string, string>) => unknown },
): number {
  const seen = new Set<string>();
  const open = [startAll(world, new Map(), wrong)];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const key = canonicalText(Object.fromEntries(state));
    if (seen.has(key)) continue;
    seen.add(key);
    const underWay = world.steps.filter((found) => state?.get(found.id) === "under way");
    if (underWay.length === 0) atRest(state);
    for (const found of underWay) {
      for (const outcome of outcomesOf(found))
        open.push(startAll(world, new Map([...state, [found.id, outcome]]), wrong));
    }
  }
  return seen.size;
}

function outcomesOf(found: PlanStep): readonly string[] {
  if (found.kind === "act")
    return found.onFailure === "branch" || found.wave !== undefined ? ["done", "failed"] : ["done"];
  return found.kind === "probe"
    ? [...found.outcomes.map((outcome) => outcome.name), "none_of_these", "no_answer"]
    : ["elapsed"];
}

function startAll(world: World, from: ReadonlyMap<string, string>, wrong: Set<string>): ReadonlyMap<string, string> {
  const state = new Map(from);
  for (const found of world.steps) {
    if (state.has(found.id) || isOver(world, state)) continue;
    const isReady = found.after.every(
      (id) => state.has(id) && state.get(id) !== "under way" && state.get(id) !== "ended",
    );
    if (!isReady) continue;
    if (!holds(found, state)) state.set(found.id, "not_run");
    else if (found.kind === "escalate" || found.kind === "end") state.set(found.id, "ended");
    else {
      if (found.kind === "act") checkStart(world, { found, state, wrong });
      state.set(found.id, "under way");
    }
  }
  return state;
}

function isOver({ steps, showsSecondEnding }: World, state: ReadonlyMap<string, string>): boolean {
  return steps.some(
    (found) =>
      (state.get(found.id) === "ended" && !showsSecondEnding) ||
      (found.kind === "act" && found.onFailure !== "branch" && state.get(found.id) === "failed"),
  );
}

function holds(found: PlanStep, state: ReadonlyMap<string, string>): boolean {
  if (found.when === "") return found.after.every((id) => state.get(id) !== "not_run");
  const parsed = parseCompiledGuard(found.when);
  if (!parsed.ok) throw new Error(found.when);
  return evaluateGuard({ formula: parsed.value as Formula, reads: [] }, (id) => state.get(id));
}

function checkStart(
  { steps, waveOf, failedMax }: World,
  at: { readonly found: PlanStep; readonly state: ReadonlyMap<string, string>; readonly wrong: Set<string> },
): void {
  const wave = waveNumber(at.found, waveOf);
  const acts = steps.filter((other) => other.kind === "act");
  for (const other of acts) {
    const known = at.state.get(other.id);
    if (waveNumber(other, waveOf) < wave && (known === undefined || known === "under way"))
      at.wrong.add(`${at.found.id} starts before ${other.id} has settled`);
    if (waveNumber(other, waveOf) > wave && known !== undefined)
      at.wrong.add(`${at.found.id} starts behind ${other.id}`);
  }
  const failed = acts.filter((other) => at.state.get(other.id) === "failed").length;
  if (failed > failedMax) at.wrong.add(`${at.found.id} starts after ${failed} failures`);
}

function waveNumber(found: PlanStep, waveOf: ReadonlyMap<string, number>): number {
  return found.kind === "act" ? (waveOf.get(found.target ?? "") ?? Number.NaN) : 0;
}

/** What a run that has come to rest came to; it must be what the failures say. */
function endingOf({ steps, failedMax }: World, state: ReadonlyMap<string, string>, wrong: Set<string>): string {
  const acts = steps.filter((found) => found.kind === "act");
  const failed = acts.filter((found) => state.get(found.id) === "failed").length;
  const reached = steps.filter((found) => state.get(found.id) === "ended").map((found) => found.kind);
  const isCounted = acts.some((found) => found.kind === "act" && found.onFailure === "branch");
  const expected = failed <= failedMax ? "end" : isCounted ? "escalate" : "";
  if (reached.join() !== expected) wrong.add(`${failed} failures end in \`${reached.join()}\``);
  if (expected === "end" && acts.some((found) => !["done", "failed"].includes(state.get(found.id) ?? "")))
    wrong.add("it ends with objects left out");
  return expected;
}

/** The wave of each object by its number, counted out by hand. */
function countOut(size: number, { canary, batch }: Waves): ReadonlyMap<string, number> {
  const perWave = batch.kind === "count" ? batch.count : Math.max(1, Math.trunc((batch.percent / 100) * size));
  const ids = Array.from({ length: size }, (_, index) => `deploy/d${String(index + 1).padStart(2, "0")}`);
  return new Map(ids.map((id, index) => [id, index < canary ? 1 : 2 + Math.floor((index - canary) / perWave)]));
}

const anyFleet = fc.record({
  size: fc.integer({ min: 1, max: 7 }),
  canary: fc.integer({ min: 1, max: 3 }),
  abortAbove: fc.integer({ min: 0, max: 3 }),
  goesOn: fc.boolean(),
  batch: fc.oneof(
    fc.record({ kind: fc.constant("count" as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant("percent" as const), percent: fc.constantFrom(10, 25, 34, 50, 100) }),
  ),
});

describe("waves, over every order in which steps settle and every outcome", () => {
  it("start no step before the waves before have settled, nor after more failures than may be, and reach the one ending that is right", () => {
    const total = { states: 0, endings: new Set<string>() };

    fc.assert(
      fc.property(anyFleet, ({ size, goesOn, ...waves }) => {
        const { steps } = draftFleet([scaleAll("s1", { onFailure: goesOn ? "branch" : "stop" })], { size, waves });
        const found = explore({
          steps,
          waveOf: countOut(size, waves),
          failedMax: goesOn ? waves.abortAbove : 0,
          showsSecondEnding: false,
        });
        total.states += found.stateCount;
        found.endings.forEach((ending) => total.endings.add(ending));
        expect(found.wrong).toEqual([]);
      }),
      { numRuns: 150, seed: 43 },
    );

    expect([...total.endings].sort()).toEqual(["", "end", "escalate"]);
    expect(total.states).toBeGreaterThan(5_000);
  });

  it("reach exactly one ending beside, behind and before whatever else the plan does", () => {
    const some = (id: string, names: readonly string[], change: Partial<ProposedStep> = {}): ProposedStep =>
      scaleAll(id, {
        args: [{ name: "deploy", from: "each", value: JSON.stringify(names) }, literal("replicas", 3)],
        ...change,
      });
    const drain = (id: string, names: readonly string[], change: Partial<ProposedStep> = {}): ProposedStep => ({
      ...some(id, names, change),
      action: "k8s.drain",
      args: [{ name: "deploy", from: "each", value: JSON.stringify(names) }, literal("phase", "stopped")],
    });
    const probe = probeLoad("p", { args: [literal("deploy", "d01")] });
    const cases: Readonly<Record<string, readonly ProposedStep[]>> = {
      "two side by side, either of which may be given up": [some("s1", ["d01", "d02"]), drain("s2", ["d03", "d04"])],
      "one behind the other": [some("s1", ["d01", "d02"]), some("s2", ["d03", "d04"], { after: ["s1"] })],
      "behind a question, with one answer that nobody foresees": [
        probe,
        some("s1", ["d01", "d02", "d03"], { after: ["p"], when: "p == 'idle'" }),
      ],
      "on one branch of two that meet again": [
        probe,
        some("s1", ["d01", "d02"], { after: ["p"], when: "p == 'idle'" }),
        scale("s2", { deploy: "d03", after: ["p", "s1"], when: "p in ['idle', 'contention']", onFailure: "stop" }),
      ],
      "beside a step of another kind": [
        some("s1", ["d01", "d02"]),
        step("s2", { kind: "wait", args: [literal("forMs", 5)] }),
      ],
      "before an `end` that is written out": [some("s1", ["d01", "d02"]), step("s2", { kind: "end", after: ["s1"] })],
    };

    for (const [name, proposed] of Object.entries(cases)) {
      for (const abortAbove of [0, 1]) {
        const found = exploreEndings(draftFleet(proposed, { size: 4, waves: { ...forgiving, abortAbove } }).steps);
        expect([name, abortAbove, [...found].sort()]).toEqual([name, abortAbove, ["end", "escalate"]]);
      }
    }
  });

  it("are told apart from a plan without waves: the same search finds a step that starts too early", () => {
    const { steps } = draftFleet([scaleAll("s1", { onFailure: "stop" })], { size: 3 });

    const found = explore({ steps, waveOf: countOut(3, twoByTwo), failedMax: 0, showsSecondEnding: false });

    expect(found.wrong).toContain("s1_2 starts before s1_1 has settled");
  });
});
