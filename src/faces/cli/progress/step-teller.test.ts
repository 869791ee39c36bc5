import { describe, expect, it } from "vitest";
import { fleetRequest, scaleAll } from "../../../../test/support/fleet.ts";
import { compileOrThrow } from "../../../../test/support/proposals.ts";
import { briefSteps } from "../../../core/plan/show/brief-steps.ts";
import { problem } from "../../../core/value/codes.ts";
import { printable } from "../../../core/value/screen.ts";
import type { Event } from "../../../interlock.ts";
import { type StepTeller, stepTeller } from "./step-teller.ts";

// Waves of 1, 2, 2 and 1 over six deployments; the second failure ends them.
const waves = { canary: 1, batch: { kind: "count", count: 2 }, abortAbove: 1 } as const;
const steps = briefSteps(compileOrThrow(fleetRequest([scaleAll("s1", { onFailure: "branch" })], { size: 6, waves })));

const failed = (stepId: string): Event => ({
  kind: "step_failed",
  runId: "run_1",
  stepId,
  outcome: "failed",
  problem: problem("E_TARGET_REFUSED", "", "not now"),
  touched: false,
  left: null,
});
const skipped = (stepId: string): Event => ({ kind: "step_skipped", runId: "run_1", stepId });
const settled = (stepId: string, outcome: string): Event => ({
  kind: "step_settled",
  runId: "run_1",
  stepId,
  outcome,
  facts: [],
  left: null,
  problem: null,
  by: null,
});
const ended: Event = {
  kind: "run_ended",
  runId: "run_1",
  outcome: "escalated",
  reason: "too many",
  locks: [],
  wrote: [],
  failed: [],
};

const told = (teller: StepTeller, ...events: readonly Event[]): readonly string[] =>
  events.flatMap((event) => teller.linesOf(event).map(({ text }) => printable(text)));

describe("the live lines of a fleet", () => {
  it("name what is done to which object, and the beginning of each wave in place of a pause", () => {
    const teller = stepTeller(steps);

    expect(told(teller, settled("s1_1", "done"), settled("s1_wave2", "elapsed"))).toEqual([
      expect.stringMatching(/^\S+ on deploy\/d01 \(s1_1\) done$/),
      "wave 2 of 4 of s1 begins",
    ]);
  });

  it("tell the members of an aborted wave together, as withheld, with the count that ended it", () => {
    const teller = stepTeller(steps);
    told(teller, settled("s1_1", "done"), failed("s1_2"), failed("s1_3"));

    const lines = told(teller, ...["s1_wave3", "s1_4", "s1_5", "s1_wave4", "s1_6", "s1_waves"].map(skipped), ended);

    expect(lines).toEqual([
      expect.stringMatching(
        /^withheld, not sent \(abortAbove 1: 2 failed\): \S+ on deploy\/d04 \(s1_4\), .*d05 \(s1_5\), .*d06 \(s1_6\)$/,
      ),
      "escalated: too many",
    ]);
  });

  it("tell at the end what never came up, once", () => {
    const teller = stepTeller(steps);
    told(teller, settled("s1_1", "done"), failed("s1_2"), failed("s1_3"));

    expect(told(teller, ended)[0]).toMatch(/^withheld, not sent .*s1_4.*s1_6\)$/);
    expect(told(teller, ended)).toEqual(["escalated: too many"]);
  });

  it("tell as left out what a condition of the plan leaves out, while no more failed than may", () => {
    const teller = stepTeller(steps);
    told(teller, failed("s1_1"));

    expect(told(teller, skipped("s1_2"))).toEqual([
      expect.stringMatching(/\(s1_2\) is left out: the plan's condition for it does not hold$/),
    ]);
  });

  it("call a step by its id where nobody knows the plan", () => {
    expect(told(stepTeller([]), failed("s1_2"))).toEqual(["s1_2 failed: not now"]);
  });
});
