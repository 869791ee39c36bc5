import { beforeAll, describe, expect, it } from "vitest";
import { randomTape, replayTape } from "../choice-tape.ts";
import type { SimulationSummary } from "../summary.ts";
import { loopPlans } from "./loop-plans.ts";
import { runLoop } from "./run-loop.ts";
import { simulateLoop } from "./simulate-loop.ts";

describe("the engine's loop in a world that goes wrong", () => {
  const scheduleCount = 1_500;
  let summary: SimulationSummary;

  beforeAll(async () => {
    summary = await simulateLoop({ fromSeed: 1, schedules: scheduleCount, failFast: false });
  }, 280_000);

  it("breaks no invariant in 1,500 schedules", () => {
    expect(summary.first).toBeNull();
    expect({ schedules: summary.schedules, violations: summary.violations }).toEqual({
      schedules: scheduleCount,
      violations: 0,
    });
  });

  it("does real work: every end is reached, and inputs come from the loop itself in every phase", () => {
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
      "reply × killed",
      "reply × ended",
      "tick × running",
      "epoch × running",
      "epoch × compensating",
      "epoch × dirty",
      "epoch × killed",
      "kill × running",
      "close × killed",
      "resolve × dirty",
      "freeze × none",
      "unfreeze × none",
    ];

    expect(wanted.filter((transition) => !met.has(transition))).toEqual([]);
  });

  it("leads every plan to success when nothing goes wrong", async () => {
    const outcomes: unknown[] = [];
    for (const [index, { name }] of loopPlans.entries())
      outcomes.push([name, (await runLoop(replayTape([{ at: 0, answer: index }]))).outcomes[0]]);

    expect(outcomes).toEqual(loopPlans.map(({ name }) => [name, "succeeded"]));
  });

  it("does the same again from the deviations of a schedule alone, step by step", async () => {
    const [first, again]: [string[], string[]] = [[], []];
    const { deviations, counts } = await runLoop(randomTape(4_711), (line) => first.push(line));
    const replayed = await runLoop(replayTape(deviations), (line) => again.push(line));

    expect(again).toEqual(first);
    expect(replayed.counts).toEqual(counts);
  });
});
