import { type ScreenText, screen, sentence } from "../../../core/value/screen.ts";
import type { LookProgress, RunView, StepReading } from "../../../interlock.ts";
import { showTime } from "../show-time.ts";

/** After how long a person is told what is waited for, and until when, in milliseconds. */
const reasonAfterMs = 3_000;

/** When each object of a look was first seen under way. */
export type LookSince = ReadonlyMap<string, number>;

/** A look at the world, in one line: what is being read, how far it is, and what it waits for. */
export function describeLook(
  { count, doneCount, underWay }: LookProgress,
  sinceMs: LookSince,
  nowMs: number,
): ScreenText {
  const far = count === 1 ? "" : `${doneCount} of ${count} read; `;
  const [first, ...others] = underWay;
  if (first === undefined) return screen`reading the world: ${doneCount} of ${count} read`;
  const begunMs = sinceMs.get(first.object) ?? nowMs;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const wait = waitText({ sinceMs: begunMs, untilMs: begunMs + first.timeoutMs, nowMs });
  return screen`reading the world: ${far}now ${first.object}${more}${wait}`;
}

/**
 * A run, in one line: how many of its steps are over, what is done now, and after some seconds what it waits for.
 *
 * @param reading - how the last reading after a write went, by the step's id
 * @returns `null` when the run waits for nothing
 */
export function describeRun(
  { steps, waitingFor, phase }: RunView,
  reading: ReadonlyMap<string, StepReading>,
  nowMs: number,
): ScreenText | null {
  const calls = steps.filter(({ kind }) => kind === "act" || kind === "probe");
  const over = calls.filter(({ status }) => endStates.has(status)).length;
  const undone = calls.filter(({ status }) => status === "undone").length;
  const far = phase === "compensating" ? `undoing, ${undone} undone` : `${over} of ${calls.length} steps over`;
  const [wait, ...others] = [...waitingFor].sort((left, right) => left.sinceMs - right.sinceMs);
  if (wait === undefined) return null;
  const name = steps.find(({ id }) => id === wait.stepId)?.name ?? "the run";
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  if (nowMs - wait.sinceMs < reasonAfterMs) return screen`${far}; now ${name}${more}`;
  const { doubt } = wait;
  const reason =
    doubt !== undefined
      ? screen`in doubt, so its ${doubt.decidedBy === "operation" ? "system is asked" : "target is read"}`
      : wait.owner === null
        ? sentence(wait.reason)
        : screen`waits for ${wait.owner}`;
  const read = wait.kind === "reading" || doubt !== undefined ? readingText(reading.get(wait.stepId ?? "")) : "";
  // A person is reminded at the time of a wait for one, and the run goes on waiting after it.
  const untilMs = doubt !== undefined ? doubt.readUntilMs : wait.kind === "person" ? null : wait.untilMs;
  return screen`${far}; now ${name}: ${reason}${read}${waitText({ ...wait, untilMs, nowMs })}${more}`;
}

const endStates: ReadonlySet<string> = new Set(["settled", "failed", "skipped", "withheld", "undone", "abandoned"]);

/** What the last reading after a write showed. */
function readingText(reading: StepReading | undefined): ScreenText | string {
  if (reading === undefined) return "";
  const { isHolding, heldMs, holdMs, problem } = reading;
  if (problem !== null) return screen`, which fails: ${sentence(problem.message)}`;
  if (!isHolding) return ", which does not show it yet";
  return holdMs === 0 ? "" : `, which has held for ${seconds(heldMs)} of ${seconds(holdMs)}`;
}

function waitText(from: { readonly sinceMs: number; readonly untilMs: number | null; readonly nowMs: number }): string {
  const { sinceMs, untilMs, nowMs } = from;
  if (nowMs - sinceMs < reasonAfterMs) return "";
  const since = `, for ${seconds(nowMs - sinceMs)}`;
  return untilMs === null || untilMs < nowMs ? since : `${since}, until ${showTime(untilMs)} at the latest`;
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.floor(ms / 1_000))} s`;
}
