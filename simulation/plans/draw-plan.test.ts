import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/core/plan/plan.ts";
import {
  answer,
  dueNow,
  give,
  land,
  read,
  startOf,
  tell,
  testDriver,
} from "../../src/core/run/fixtures/driver.fixture.ts";
import { viewRun } from "../../src/core/run/tell/view.ts";
import { createRng } from "../../src/core/value/rng.ts";
import { drawPlan } from "./draw-plan.ts";

const rejected = {
  kind: "rejected",
  problem: { code: "E_STEP_REJECTED", pointer: "", message: "no", hint: "" },
  retryable: false,
} as const;

/** Runs a plan to its end. Carries out what is due in random order, and answers every question at random. */
function runByChance(plan: Plan, seed: number): { readonly reason: string; readonly endingsAtOnce: number } {
  const rng = createRng(seed);
  const driver = testDriver();
  give(driver, startOf(plan, driver));
  let endingsAtOnce = 0;
  for (let round = 0; round < 1_000 && driver.run?.phase.kind !== "ended"; round += 1) {
    const commands = dueNow(driver);
    const moves = commands.filter(({ kind }) => kind !== "timer");
    const among = moves.length > 0 ? moves : commands;
    // A write that cannot be undone waits for a person.
    if (among.length === 0)
      return {
        reason: `waits for ${viewRun(driver.run ?? expect.fail()).waitingFor[0]?.owner ?? "nobody"}`,
        endingsAtOnce,
      };
    const command = among[rng.below(among.length)] ?? expect.fail();
    if (command.kind === "timer") {
      driver.nowMs = command.atMs;
      give(driver, { kind: "tick", atMs: driver.nowMs, runId: command.runId });
    } else if (command.kind === "observe") read(driver, command);
    else if (command.kind === "ask") tell(driver, command, { status: rng.below(4) === 0 ? "failed" : "done" });
    else if (command.call.access === "write" && rng.below(4) === 0) answer(driver, command, rejected);
    else {
      land(driver, command);
      answer(driver, command, {
        kind: "applied",
        output: { level: 1 },
        outputBytes: 1,
        outcome: ["low", "high", "other"][rng.below(3)] ?? null,
      });
    }
    const skippedEnds =
      driver.decisions
        .at(-1)
        ?.events.filter(
          (event) =>
            event.kind === "step_skipped" && plan.steps.some(({ id, kind }) => id === event.stepId && kind === "end"),
        ) ?? [];
    endingsAtOnce = Math.max(endingsAtOnce, skippedEnds.length);
  }
  return { reason: driver.run?.phase.kind === "ended" ? driver.run.phase.reason : "did not end", endingsAtOnce };
}

describe("plans by chance", () => {
  it("reach an ending of theirs whatever is answered, and no deadline", () => {
    const ends = Array.from({ length: 300 }, (_, seed) => ({ seed, ...runByChance(drawPlan(seed % 60), seed) }));

    expect(ends.filter(({ reason }) => /did not end|no ending|has used|nobody/.test(reason))).toEqual([]);
    expect(ends.filter(({ endingsAtOnce }) => endingsAtOnce > 1).length).toBeGreaterThan(30);
  });

  it("are those of their seed", () => {
    expect(drawPlan(7)).toEqual(drawPlan(7));
    expect(drawPlan(7)).not.toEqual(drawPlan(8));
  });
});
