import { beforeAll, describe, expect, it } from "vitest";
import { randomTape, replayTape } from "../choice-tape.ts";
import { simulatedPlans } from "../plans/box-plans.ts";
import { simulate } from "../simulate.ts";
import type { SimulationSummary } from "../summary.ts";
import { runSchedule } from "./run-schedule.ts";

describe("the kernel in a world that goes wrong", () => {
  const scheduleCount = 20_000;
  let summary: SimulationSummary;

  beforeAll(() => {
    summary = simulate({ fromSeed: 1, schedules: scheduleCount, failFast: false });
  }, 280_000);

  it("breaks no invariant in 20,000 schedules", () => {
    expect(summary.first).toBeNull();
    expect({ schedules: summary.schedules, violations: summary.violations }).toEqual({
      schedules: scheduleCount,
      violations: 0,
    });
  });

  it("does real work: every end is reached and every input meets the phases it is for", () => {
    expect(Object.keys(summary.outcomes).sort()).toEqual([
      "closed",
      "compensated",
      "escalated",
      "refused",
      "stopped",
      "succeeded",
      "succeeded_in_part",
    ]);
    const met = new Set(Object.keys(summary.transitions));
    const wanted = [
      "start × none",
      "observed before × running",
      "observed after × running",
      "observed after × draining",
      "observed goal × running",
      "observed word × running",
      "observed word × compensating",
      "observed undo_before × compensating",
      "observed undo_after × compensating",
      "reply × running",
      "reply × draining",
      "reply × compensating",
      "reply × dirty",
      "reply × killed",
      "reply × ended",
      "tick × running",
      "tick × compensating",
      "epoch × running",
      "epoch × draining",
      "epoch × compensating",
      "epoch × dirty",
      "epoch × killed",
      "answer × running",
      "stop × running",
      "rollback × running",
      "rollback × draining",
      "kill × running",
      "kill × draining",
      "kill × compensating",
      "kill × dirty",
      "close × dirty",
      "close × killed",
      "resolve × running",
      "resolve × draining",
      "resolve × compensating",
      "resolve × dirty",
      "resolve × killed",
      "freeze × none",
      "unfreeze × none",
      "calls without a place",
      "several timers",
      "several waits, questions and endings",
    ];

    expect(wanted.filter((transition) => !met.has(transition))).toEqual([]);
  });

  it("leads every plan to success when nothing goes wrong", () => {
    const outcomes = simulatedPlans.map(({ name }, index) => [
      name,
      runSchedule(replayTape([{ at: 0, answer: index }])).outcomes[0],
    ]);

    expect(outcomes).toEqual(simulatedPlans.map(({ name }) => [name, "succeeded"]));
  });

  it("replays a schedule from its deviations alone", () => {
    const first = runSchedule(randomTape(4_711));
    const again = runSchedule(replayTape(first.deviations));

    expect(again).toEqual(first);
  });
});
