import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compileOrThrow,
  literal,
  probeLoad,
  proposalOf,
  requestOf,
  scale,
  step,
} from "../../../test/support/proposals.ts";
import { isGoalReached } from "./compile/goal-reached.ts";
import { parsePlan } from "./parse-plan.ts";
import { planFileText, planHash, planName } from "./plan-hash.ts";

/** A plan with every kind of step and argument. */
const plan = compileOrThrow(
  requestOf(
    proposalOf(
      [
        probeLoad("s1"),
        scale("s2", { after: ["s1"], when: "s1 == 'contention'", expect: ["deploy.web.ready"] }),
        step("s3", { action: "k8s.get", after: ["s1"], when: "s1 == 'idle'", args: [literal("deploy", "api")] }),
        step("s4", {
          action: "ticket.read",
          after: ["s3"],
          args: [{ name: "number", from: "step", value: "s3#/replicas" }],
        }),
        step("s5", { kind: "wait", after: ["s4"], args: [literal("forMs", 500)] }),
        step("s6", { kind: "approve", after: ["s5"], args: [literal("question", "go on?")] }),
        step("s7", {
          kind: "escalate",
          after: ["s6"],
          when: "s6 == 'rejected'",
          args: [literal("reason", "a person said no")],
        }),
        step("s8", { kind: "end", after: ["s6"], when: "s6 == 'approved'" }),
        step("s9", { kind: "end", after: ["s2"] }),
      ],
      { goal: "deploy.web.replicas == 3" },
    ),
  ),
);

describe("parsePlan", () => {
  it("reads back what `planFileText` wrote, under the same hash", () => {
    const parsed = parsePlan(planFileText(plan));

    expect(parsed.ok && parsed.value).toEqual({ plan, hash: planHash(plan) });
  });

  it("refuses the same plan written in another way", () => {
    const parsed = parsePlan(JSON.stringify(plan, null, 2));

    expect(!parsed.ok && parsed.error.map((found) => found.code)).toEqual(["E_PLAN_HASH"]);
  });

  it("never takes a file with one byte changed for the same plan", () => {
    const bytes = new TextEncoder().encode(planFileText(plan));
    const hash = planHash(plan);
    let refusedCount = 0;

    fc.assert(
      fc.property(fc.nat(bytes.length - 2), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const edited = bytes.slice();
        edited[at] = (edited[at] ?? 0) ^ change;

        const parsed = parsePlan(edited);

        if (!parsed.ok) refusedCount += 1;
        return !parsed.ok || parsed.value.hash !== hash;
      }),
      { numRuns: 300, seed: 3 },
    );

    expect(refusedCount).toBeGreaterThan(100);
  });

  it("refuses a field that nobody knows, anywhere", () => {
    const [first, ...rest] = plan.steps;

    const parsed = parsePlan(JSON.stringify({ ...plan, steps: [{ ...first, approved: true }, ...rest] }));

    expect(!parsed.ok && parsed.error.map((found) => `${found.code} ${found.pointer}`)).toEqual([
      "E_SCHEMA_UNKNOWN_FIELD /steps/0/approved",
    ]);
  });

  it("refuses another version", () => {
    const parsed = parsePlan(JSON.stringify({ ...plan, format: "interlock.plan/2" }));

    expect(!parsed.ok && parsed.error.map((found) => found.code)).toEqual(["E_SCHEMA_VERSION"]);
  });

  it("gives a plan a short name that begins its hash", () => {
    expect(planName(planHash(plan))).toBe(`pl_${planHash(plan).slice(7, 19)}`);
  });
});

describe("isGoalReached", () => {
  const request = (goal: string) => requestOf(proposalOf([scale("s1")], { goal }));

  it("is true only where the facts read say so", () => {
    expect(isGoalReached(compileOrThrow(request("deploy.web.replicas == 3"), { "deploy.web.replicas": 3 }))).toBe(true);
    expect(isGoalReached(compileOrThrow(request("deploy.web.replicas == 3"), { "deploy.web.replicas": 2 }))).toBe(
      false,
    );
  });

  it("is false for a plan without a goal: nothing says that nothing is to be done", () => {
    expect(isGoalReached(compileOrThrow(request("")))).toBe(false);
  });
});
