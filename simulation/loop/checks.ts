import { vectorItems } from "../../src/core/run/collections/persistent-vector.ts";
import { due } from "../../src/core/run/due/due.ts";
import type { Attempt } from "../../src/core/run/words/input.ts";
import { isEnded, type RunState } from "../../src/core/run/words/state.ts";
import { canonicalText } from "../../src/core/value/canonical.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { claim } from "../oracle/memory.ts";
import { checkWaits } from "../people.ts";
import { seqOf } from "./disk.ts";
import { foldDisk } from "./process.ts";
import type { Loop, Process } from "./state.ts";

/* What must hold of the loop itself, in addition to what the oracle says about its decisions. */

/**
 * Checks what must hold at any moment: no run breaks an invariant, no call is taken back, and an engine that stopped
 * has let go of everything.
 */
export function checkAlways(loop: Loop): void {
  for (const process of [loop.now, ...loop.zombies]) checkProcess(loop, process);
}

function checkProcess({ oracle, runs, calls, world }: Loop, process: Process): void {
  const { engine, mode, readings, sleepers } = process;
  for (const { runId } of runs) {
    const broken = engine.brokenBy(runId);
    claim(oracle, broken === null, "assertion", `${runId} breaks: ${broken?.message ?? ""}`);
  }
  const hasStopped = engine.halted !== null || mode === "closed";
  for (const { by, air, signal, cutAtMs } of calls) {
    if (by !== process || air.told !== null || world.monotonicMs >= cutAtMs) continue;
    claim(oracle, signal.aborted === hasStopped, "I8", `call ${air.id} is ${signal.aborted ? "taken back" : "kept"}`);
  }
  // After a halt, a watcher that waits for a run wakes once more and then leaves.
  const left = readings.length + (mode === "closed" ? sleepers.length : 0);
  claim(oracle, !hasStopped || left === 0, "I10", `an engine that stopped has ${left} readings and timers`);
}

/**
 * Checks what must hold when nothing is under way that would come by itself: the engine works on what is due, and its
 * memory agrees with the disk.
 */
export function checkQuiet(loop: Loop): void {
  const { oracle, now, disk, runs } = loop;
  const { engine } = now;
  for (const { runId } of runs) checkWaits(oracle, runId, engine.run(runId));
  const open = engine.unfinishedRunIds().flatMap((runId) => engine.run(runId) ?? []);
  const dueCount = open.reduce((sum, run) => sum + due(run).length, 0);
  const count = engine.commandCount();
  // In the dark, a call of a run that was killed or closed is not due any more and may hang until it is cut off.
  const hangingCount = loop.isDark ? loop.calls.filter(({ by, air }) => by === now && air.told === null).length : 0;
  const isAsDue = count >= dueCount && count - dueCount <= hangingCount;
  claim(oracle, isAsDue, "I21", `${count} commands are worked on, and ${dueCount} are due`);
  const isSame =
    now.told.length === disk.commits.length - now.firstCommit &&
    now.told.every((event, index) => seqOf(disk, event) === now.firstCommit + index);
  claim(oracle, isSame, "I8", "what was told of is not what was written, in its order");
  checkAnswers(loop);
  const folded = foldDisk(loop);
  for (const { runId } of runs) {
    const run = engine.run(runId);
    const isAsTold = runText(run) === runText(folded.runs.get(runId) ?? null);
    claim(oracle, isAsTold, "I7", `${runId} in memory is not the one on the disk`);
  }
  const isSiteAsTold = textOf(engine.site.freezes) === textOf(folded.site.freezes);
  claim(oracle, isSiteAsTold, "I7", "the site in memory is not the one on the disk");
}

/** Checks that the answers of targets are on record, no matter what had become of their run (I8). */
function checkAnswers({ oracle, now, disk }: Loop): void {
  const recorded = new Set(
    disk.commits.flatMap(({ events }) =>
      events.flatMap((event) =>
        event.kind === "attempt_settled" || event.kind === "reply_ignored" ? [nameOf(event.attempt)] : [],
      ),
    ),
  );
  for (const attempt of now.answered)
    claim(oracle, recorded.has(nameOf(attempt)), "I8", `the answer to ${attempt.stepId} is in no record`);
}

function nameOf({ runId, stepId, direction, n, epoch }: Attempt): string {
  return [runId, stepId, direction, n, epoch].join(" ");
}

function runText(run: RunState | null): string {
  return run === null || isEnded(run) ? "" : textOf([run.phase, run.epoch, run.spent, vectorItems(run.steps)]);
}

/** A text that does not depend on the order of names: what comes back from the disk may have another order. */
function textOf(value: unknown): string {
  return canonicalText(JSON.parse(JSON.stringify(value)) as JsonValue);
}
