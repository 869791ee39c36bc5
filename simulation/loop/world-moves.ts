import type { Reply } from "../../src/core/run/words/input.ts";
import { problem } from "../../src/core/value/codes.ts";
import { endOperation, naturalEnd, takeCancel, truthAbout } from "../operations.ts";
import { checkLanding } from "../oracle/judge.ts";
import { landCall, passTime } from "../world.ts";
import { boxOutput } from "./loop-plans.ts";
import type { Call, Loop, Process, Question, Reading } from "./state.ts";

/* What the world does to a process: calls land and are answered, readings are delivered, time passes. */

/** The reply to a call that nobody answered in its time. */
export const timedOut: Reply = { kind: "unknown", problem: problem("E_TIMEOUT", "", "no answer") };

/** A call takes effect. */
export function land({ oracle, world }: Loop, { air }: Call): void {
  checkLanding(oracle, world, landCall(world, air));
}

/** A call is answered. Only its sender hears it, and only if it still lives. */
export function answer({ air, by, answer: tell }: Call, reply: Reply): void {
  air.told = reply.kind;
  if (by.mode === "gone") return;
  const isHeard = by.mode === "working" && by.engine.halted === null;
  if (isHeard && air.command.call.access === "write") by.answered.push(air.command.attempt);
  tell(reply);
}

/** A reading shows the box as it is, or as it was when it was looked at. */
export function deliver({ world }: Loop, by: Process, reading: Reading, reply?: Reply): void {
  by.readings = by.readings.filter((other) => other !== reading);
  const output = reading.taken ?? boxOutput(world, reading.box);
  reading.answer(reply ?? { kind: "applied", output, outputBytes: 1, outcome: null });
}

/** A question is answered. What runs ends first, unless something else is to be said. */
export function tell({ world, oracle }: Loop, by: Process, question: Question, reply?: Reply): void {
  by.questions = by.questions.filter((other) => other !== question);
  const { purpose, operation, answer: say } = question;
  if (reply !== undefined) return say(reply);
  if (purpose === "cancel") return say(takeCancel(operation));
  if (operation.status === "running") endOperation(oracle, world, operation, naturalEnd(operation));
  say(truthAbout(operation));
}

/** Time passes until the engine's next timer. Timers of replaced engines that are due fire too. */
export function passToNext(loop: Loop): void {
  const untilMs = nextWake(loop.now);
  if (untilMs === null) return;
  passTime(loop.world, untilMs - loop.world.monotonicMs);
  for (const process of [loop.now, ...loop.zombies]) {
    const due = process.sleepers.filter((sleeper) => sleeper.untilMs <= loop.world.monotonicMs);
    process.sleepers = process.sleepers.filter((sleeper) => !due.includes(sleeper));
    for (const { wake } of due) wake();
  }
}

/** When the next timer of a process fires, or `null` if it has none. */
export function nextWake({ sleepers }: Process): number | null {
  return sleepers.length === 0 ? null : Math.min(...sleepers.map(({ untilMs }) => untilMs));
}
