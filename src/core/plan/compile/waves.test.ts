import { describe, expect, it } from "vitest";
import { draftFleet, fleetDomain, fleetRefusals, scaleAll } from "../../../../test/support/fleet.ts";
import { literal, probeLoad, scale, step } from "../../../../test/support/proposals.ts";
import type { Waves } from "../../domain/domain.ts";
import { actionDigest } from "../../domain/domain-digest.ts";
import { indexDomain } from "../../domain/domain-index.ts";
import type { PlanStep } from "../plan.ts";
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
        "s1_1 != 'not_run' && (s1_1 != 'failed' && (s1_2 != 'failed' || s1_3 != 'failed')" +
          " || s1_2 != 'failed' && s1_3 != 'failed')",
      ],
      ["escalate", "s1_1 != 'not_run' && s1_waves == 'not_run'"],
      ["end", "s1_waves != 'not_run' && escalate == 'not_run'"],
    ]);
    expect(plan.steps.find((found) => found.kind === "escalate")).toMatchObject({
      reason: "more than 1 of the 3 steps of s1 failed",
    });
  });

  it("counts the failures of a large fleet without a formula over its outcomes", () => {
    const batch = { kind: "percent", percent: 10 } as const;
    const plan = draftFleet([scaleAll("s1")], { size: 950, waves: { canary: 1, batch, abortAbove: 10 } });
    const barriers = plan.steps.flatMap((one) => (one.kind === "wait" ? [one] : []));
    const [second, third] = barriers;

    expect(barriers).toHaveLength(11);
    expect(second).toMatchObject({ after: ["s1_1"], when: "s1_1 != 'not_run'", failures: { of: "s1", max: 10 } });
    expect(third?.after).toEqual(["s1_1", ...Array.from({ length: 95 }, (_, index) => `s1_${index + 2}`)]);
    expect(barriers.at(-1)).toMatchObject({ id: "s1_waves", failures: { of: "s1", max: 10 } });
    expect(plan.steps.find((one) => one.kind === "escalate")).toMatchObject({
      reason: "more than 10 of the 950 steps of s1 failed",
    });
    // As many as a plan without failures takes: the walk keeps one state for each count of failures.
    expect(plan.bounds).toMatchObject({ stepCount: 962, writeCount: 950 });
  });

  it("counts a small fleet as it always did, so that its plan keeps its bytes", () => {
    const plan = draftFleet([scaleAll("s1")], { size: 40, waves: forgiving });

    expect(plan.steps.some((one) => one.kind === "wait" && one.failures !== undefined)).toBe(false);
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

  it("is as cautious as was proposed: with `stop` the first failure ends it, whatever the action permits", () => {
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
