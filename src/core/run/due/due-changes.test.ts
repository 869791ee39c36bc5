import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inFlightMax } from "../apply/mutable-run.ts";
import { vectorItems } from "../collections/persistent-vector.ts";
import { begin, finish, order, replies, resolve, stateOf, takeOver, tick } from "../fixtures/course.fixture.ts";
import { alice, answer, dueNow, give, land, read, type TestDriver } from "../fixtures/driver.fixture.ts";
import type { StepSketch } from "../fixtures/plan.fixture.ts";
import type { Command } from "../words/command.ts";
import type { RunState } from "../words/state.ts";
import { due, isDue } from "./due.ts";
import { dueChanges } from "./due-changes.ts";

// `due` is the oracle: it lists everything every time.

/** Every kind of step, two writes of one box, a read with a precondition, more reads than places. */
const motley: readonly StepSketch[] = [
  { id: "a", box: "x" },
  { id: "b", box: "x", level: 2 },
  { id: "c", after: ["a"], idempotency: "none", onFailure: "branch" },
  { id: "w", kind: "wait", forMs: 500 },
  { id: "q", kind: "approve", forMs: 2_000 },
  { id: "r", kind: "probe", pre: "box.x.level != 7", after: ["w"] },
  { id: "h", cooldownMs: 5_000, box: "y" },
  { id: "h2", cooldownMs: 5_000, box: "y", level: 2, after: ["h"] },
  ...Array.from({ length: inFlightMax }, (_, index) => ({ id: `p${index}`, kind: "probe" as const })),
];

const mishaps = [replies.unknown, replies.rejected, replies.busy, replies.notSent];

/**
 * Does one of the things that may happen next. A wrong input is refused, and the refusal is an event like any other.
 */
function happen(driver: TestDriver, choice: number): void {
  const commands = dueNow(driver).filter(({ kind }) => kind !== "timer");
  const command = commands[choice % Math.max(1, commands.length)];
  const [way, rare] = [Math.floor(choice / 32) % 16, Math.floor(choice / 512) % 12];
  if (command === undefined || way === 15) {
    const ids = motley.map(({ id }) => id);
    const stepId = ids[choice % ids.length] ?? "a";
    if (rare === 0) takeOver(driver);
    else if (rare === 1) order(driver, "rollback");
    else if (rare === 2 && choice % 3 === 0) order(driver, "kill");
    else if (rare < 6)
      give(driver, { kind: "answer", atMs: driver.nowMs, runId: "run_1", stepId: "q", answer: "approved", by: alice });
    else if (rare < 9) resolve(driver, stepId, "not_applied");
    else tick(driver, 200 * rare);
  } else if (command.kind === "observe") read(driver, command, { waitedMs: 100_000 });
  else if (command.kind === "send") {
    const reply = mishaps[way] ?? replies.applied;
    if (reply.kind === "applied") land(driver, command);
    answer(driver, command, reply);
  }
}

function idsOf(run: RunState | null): readonly string[] {
  return run === null
    ? []
    : due(run)
        .map(({ id }) => id)
        .sort();
}

describe("a change of what is due", () => {
  it("is the difference between what is due before and after, and agrees with `isDue`", () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 512 * 12 - 1 }), { maxLength: 120, size: "max" }),
        fc.nat({ max: 9 }),
        (choices, stride) => {
          const driver = begin(motley);
          const states: (RunState | null)[] = [null, driver.run];
          const seen = new Map<string, Command>(dueNow(driver).map((command) => [command.id, command]));
          for (const choice of choices) {
            happen(driver, choice);
            states.push(driver.run);
            for (const command of dueNow(driver)) seen.set(command.id, command);
            const ids = idsOf(driver.run);
            for (const command of seen.values())
              expect(driver.run !== null && isDue(driver.run, command)).toBe(ids.includes(command.id));
          }

          for (const [index, now] of states.entries()) {
            for (const before of [states[index - 1] ?? null, states[index - 1 - stride] ?? null]) {
              const { begun, over } = dueChanges(before, now);
              expect(
                [...idsOf(before).filter((id) => !over.includes(id)), ...begun.map(({ id }) => id)].sort(),
              ).toEqual(idsOf(now));
              expect(over.filter((id) => !idsOf(before).includes(id))).toEqual([]);
            }
            if (now !== null) for (const state of vectorItems(now.steps)) kinds.add(state.kind).add(now.phase.kind);
          }
        },
      ),
      { seed: 1, numRuns: 40 },
    );

    // The courses reach the difficult states.
    expect([...kinds].sort()).toEqual(
      expect.arrayContaining([
        "abandoned",
        "asking",
        "backing_off",
        "compensating",
        "draining",
        "failed",
        "held",
        "in_doubt",
        "killed",
        "pending",
        "ready",
        "running",
        "sent",
        "settled",
        "undo_ready",
        "verifying",
        "waiting",
      ]),
    );
  });

  it("is empty between a state and itself, and everything from or to no state", () => {
    const driver = begin([{ id: "a" }]);
    const ids = dueNow(driver).map(({ id }) => id);

    expect(dueChanges(driver.run, driver.run)).toEqual({ begun: [], over: [] });
    expect(dueChanges(null, driver.run)).toMatchObject({ begun: ids.map((id) => ({ id })), over: [] });
    expect(dueChanges(driver.run, null)).toEqual({ begun: [], over: ids });
    expect(dueChanges(null, null)).toEqual({ begun: [], over: [] });
  });

  it("includes the reading of the goal once nothing else is under way", () => {
    const driver = begin(
      [{ id: "a" }, { id: "w", kind: "wait", forMs: 100 }, { id: "end", kind: "end", after: ["a"] }],
      { goal: "box.a.level == 1" },
    );
    finish(driver, "a");
    const before = driver.run;
    expect(stateOf(driver, "end").kind).toBe("ready");

    tick(driver, 100);

    expect(dueChanges(before, driver.run).begun.map(({ id }) => id)).toContain("run_1/end/goal/0");
    const reading = dueNow(driver).find(({ kind }) => kind === "observe");
    if (reading?.kind !== "observe" || driver.run === null) throw new Error("the goal is read");
    expect(isDue(driver.run, reading)).toBe(true);
    expect(isDue(driver.run, { ...reading, stepId: "nobody" })).toBe(false);
    read(driver, reading);
    expect(isDue(driver.run, reading)).toBe(false);
  });
});
