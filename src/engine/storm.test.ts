import { describe, expect, it } from "vitest";
import { drawSteps } from "../../simulation/plans/draw-plan.ts";
import { alice } from "../core/run/fixtures/driver.fixture.ts";
import { viewRun } from "../core/run/tell/view.ts";
import type { Input } from "../core/run/words/input.ts";
import type { RunState } from "../core/run/words/state.ts";
import { createRng, type RngCursor } from "../core/value/rng.ts";
import { settled } from "./engine.fixture.ts";
import {
  answerCall,
  anyFate,
  checkQuiet,
  createStorm,
  giveStorm,
  openRuns,
  replaceProcess,
  type Storm,
  startNext,
} from "./storm.fixture.ts";

/** Storms in the suite; `INTERLOCK_STORMS` has more of them. */
const stormCount = Number(process.env["INTERLOCK_STORMS"] ?? 60);

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function pick<T>(rng: RngCursor, items: readonly T[]): T {
  // An index below the length.
  return items[rng.below(items.length)] as T;
}

/** What a person, or a clock, may say of a run. */
function anyInput(rng: RngCursor, storm: Storm): Input {
  const open = openRuns(storm);
  const runId =
    open.length > 0 && rng.below(5) > 0
      ? pick(rng, open).prepared.runId
      : `run_${1 + rng.below(Math.max(1, storm.plans.size))}`;
  const at = { atMs: storm.clock.nowMs(), runId } as const;
  const run = storm.now.engine.run(runId);
  const waits =
    run === null ? [] : viewRun(run).waitingFor.filter(({ kind }) => kind === "person" || kind === "answer");
  const stepId = waits[0]?.stepId ?? "s0";
  return pick<() => Input>(rng, [
    () => ({ ...at, kind: "tick" }),
    () => ({ ...at, kind: pick(rng, ["stop", "rollback", "kill", "kill", "close"] as const), by: alice, reason: "" }),
    () => ({ ...at, kind: "answer", stepId, answer: pick(rng, ["approved", "rejected"] as const), by: alice }),
    () => ({
      ...at,
      kind: "resolve",
      stepId,
      as: pick(rng, ["applied", "not_applied", "restored"] as const),
      by: alice,
      reason: "",
    }),
    () => ({
      ...at,
      runId: null,
      kind: storm.now.engine.site.freezes.length > 0 ? "unfreeze" : "freeze",
      scope: "*",
      by: alice,
      reason: "",
    }),
  ])();
}

/** One thing that happens while nothing is certain. */
async function blow(rng: RngCursor, storm: Storm): Promise<void> {
  const { store, engine } = storm.now;
  const what = rng.below(100);
  if (what < 35) store.release(1 + rng.below(3));
  else if (what < 70 && storm.calls.length > 0) answerCall(storm, pick(rng, storm.calls), anyFate(rng));
  else if (what < 80) storm.clock.advance(pick(rng, [1, 100, 600, 3_000]));
  else if (what < 88) startNext(storm, drawSteps(rng.below(1_000)));
  else if (what < 95) giveStorm(storm, anyInput(rng, storm));
  else if (what < 96) store.mode = "full";
  else if (what < 97) await replaceProcess(storm, { isZombie: rng.below(3) === 0 });
  else await checkQuiet(storm);
  if (engine.halted !== null && storm.now.engine === engine) await replaceProcess(storm, { isZombie: false });
  for (let rounds = rng.below(4); rounds > 0; rounds -= 1) await tick();
}

/** Nothing goes wrong any more, and people do what is theirs: false once there is nothing left to do. */
async function calmDown(storm: Storm): Promise<boolean> {
  await settled();
  if (storm.now.engine.halted !== null) await replaceProcess(storm, { isZombie: false });
  storm.now.store.mode = "auto";
  storm.now.store.release();
  for (const call of storm.calls) answerCall(storm, call, "lands");
  await settled();
  if (storm.calls.length > 0) return true;
  const { engine } = storm.now;
  const atMs = storm.clock.nowMs();
  if (engine.site.freezes.length > 0)
    giveStorm(storm, { kind: "unfreeze", atMs, runId: null, scope: "*", by: alice, reason: "" });
  const open = openRuns(storm);
  for (const run of open) putRight(storm, run);
  storm.clock.advance(500);
  return open.length > 0;
}

function putRight(storm: Storm, run: RunState): void {
  const at = { atMs: storm.clock.nowMs(), runId: run.prepared.runId, by: alice } as const;
  if (run.phase.kind === "killed") return giveStorm(storm, { ...at, kind: "close", reason: "" });
  for (const { kind, stepId } of viewRun(run).waitingFor) {
    if (stepId === null) continue;
    if (kind === "answer") giveStorm(storm, { ...at, kind: "answer", stepId, answer: "approved" });
    else if (kind === "person") giveStorm(storm, { ...at, kind: "resolve", stepId, as: "restored", reason: "" });
  }
}

async function weather(seed: number): Promise<Storm> {
  const rng = createRng(seed);
  const storm = await createStorm(rng);
  storm.now.store.mode = "held";
  for (let length = 40 + rng.below(120); length > 0; length -= 1) await blow(rng, storm);
  storm.readsHang = () => false;
  for (const zombie of storm.zombies) await zombie.close();
  let rounds = 0;
  // Far less time passes than a run's deadline: one that only its deadline would end is one that is stuck (I21).
  while (rounds < 200 && (await calmDown(storm))) rounds += 1;
  await checkQuiet(storm);
  return storm;
}

describe("engines that are killed, held up and lied to", () => {
  it("send nothing early or twice, lose nothing they acknowledged, and bring every run to rest", {
    timeout: 600_000,
  }, async () => {
    const outcomes = new Set<string>();
    let takeOverCount = 0;
    for (let seed = 1; seed <= stormCount; seed += 1) {
      const storm = await weather(seed);
      const { engine, store } = storm.now;
      takeOverCount += storm.epoch - 1;
      for (const { event } of store.durable) if (event.kind === "run_ended") outcomes.add(event.outcome);

      expect({
        seed,
        violations: storm.violations,
        open: openRuns(storm).map((run) => `${run.prepared.runId} ${run.phase.kind}`),
      }).toEqual({ seed, violations: [], open: [] });
      expect({ seed, commands: engine.commandCount(), sleepers: storm.clock.sleeperCount() }).toEqual({
        seed,
        commands: 0,
        sleepers: 0,
      });
      await engine.close();
    }

    expect(["compensated", "escalated", "stopped", "succeeded"].filter((outcome) => !outcomes.has(outcome))).toEqual(
      [],
    );
    expect(takeOverCount).toBeGreaterThan(stormCount / 2);
  });

  it("let go of runs that ended, with all that was worked on for them, whatever still was in the air", {
    timeout: 60_000,
  }, async () => {
    const rng = createRng(4);
    const storm = await createStorm(rng);
    const { engine, store } = storm.now;
    store.mode = "held";
    const answerSome = (): void => {
      for (const call of storm.calls.slice(0, rng.below(4))) answerCall(storm, call, anyFate(rng));
    };
    for (let number = 1; number <= 400; number += 1) {
      startNext(storm, [{ id: `s${number}`, landsWithinMs: 500 }]);
      for (let rounds = 4; rounds > 0; rounds -= 1) {
        await tick();
        store.release(rng.below(5));
        answerSome();
      }
      if (rng.below(4) === 0)
        giveStorm(storm, { kind: "kill", atMs: storm.clock.nowMs(), runId: `run_${number}`, by: alice, reason: "" });
    }
    for (let rounds = 0; rounds < 200 && (await calmDown(storm)); rounds += 1);
    await checkQuiet(storm);

    const kept = [...storm.plans.keys()].filter((runId) => engine.run(runId) !== null);
    const started = new Set(store.durable.flatMap(({ event }) => (event.kind === "run_started" ? [event.runId] : [])));
    expect({
      violations: storm.violations,
      kept: kept.length,
      started: started.size,
      open: openRuns(storm).length,
    }).toEqual({ violations: [], kept: 256, started: 400, open: 0 });
    expect([engine.commandCount(), storm.clock.sleeperCount()]).toEqual([0, 0]);
    await engine.close();
  });
});
