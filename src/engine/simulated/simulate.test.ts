import { describe, expect, it } from "vitest";
import { boxPlans } from "./box-plans.ts";
import { randomTape, replayTape } from "./choice-tape.ts";
import { runSchedule } from "./run-schedule.ts";
import { simulate } from "./simulate.ts";

describe("the kernel in a world that goes wrong", () => {
  // In chunks, so that a failure names its neighbourhood and no test is long.
  const chunkCount = 10;
  const chunkSize = 2_000;
  for (let chunk = 0; chunk < chunkCount; chunk += 1) {
    const fromSeed = 1 + chunk * chunkSize;
    it(`breaks no invariant in the schedules of seeds ${fromSeed} to ${fromSeed + chunkSize - 1}`, () => {
      const summary = simulate({ fromSeed, schedules: chunkSize, failFast: true });

      expect(summary.first).toBeNull();
      expect(summary.violations).toBe(0);
    });
  }

  it("does real work: every end is reached and every input meets the phases it is for", () => {
    const summary = simulate({ fromSeed: 900_000, schedules: 1_500, failFast: false });

    expect(Object.keys(summary.outcomes).sort()).toEqual(["closed", "compensated", "escalated", "refused", "stopped", "succeeded"]);
    const met = Object.keys(summary.transitions);
    for (const transition of [
      "start × none", "observed before × running", "observed after × draining", "observed goal × running", "observed undo_before × compensating", "observed undo_after × compensating",
      "reply × running", "reply × draining", "reply × compensating", "reply × killed", "reply × ended", "tick × running", "epoch × compensating", "epoch × dirty", "epoch × killed",
      "answer × running", "stop × running", "kill × compensating", "rollback × draining", "close × dirty", "resolve × running", "resolve × dirty", "resolve × killed", "freeze × none",
    ]) expect(met).toContain(transition);
  });

  it("leads every plan to success when nothing goes wrong", () => {
    const outcomes = boxPlans.map(({ name }, index) => [name, runSchedule(replayTape([{ at: 0, answer: index }])).outcomes[0]]);

    expect(outcomes).toEqual(boxPlans.map(({ name }) => [name, "succeeded"]));
  });

  it("replays a schedule from its deviations alone", () => {
    const first = runSchedule(randomTape(4_711));
    const again = runSchedule(replayTape(first.deviations));

    expect(again).toEqual(first);
  });
});
