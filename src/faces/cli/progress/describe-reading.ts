import { type ScreenText, screen, sentence } from "../../../core/value/screen.ts";
import type { Plan, StepReading } from "../../../interlock.ts";

/** A line about a reading. As long as `phase` stays the same, there is nothing new to print. */
export interface ReadingLine {
  readonly phase: string;
  readonly text: ScreenText;
}

const toldEveryMs = 5_000;

/** A line for a post-condition that is being read back; `null` for other readings and for one that holds at once. */
export function describeReading(
  reading: StepReading,
  place: string,
  nameOf: (stepId: string) => string,
): ReadingLine | null {
  const { stepId, purpose, isHolding, heldMs, holdMs, waitedMs, problem } = reading;
  if ((purpose !== "after" && purpose !== "undo_after") || waitedMs < 500) return null;
  const start = `${place}${nameOf(stepId)}:`;
  const beat = (ms: number): number => Math.floor(ms / toldEveryMs);
  if (problem !== null)
    return {
      phase: `${stepId} unread ${beat(waitedMs)}`,
      text: screen`${bar(0)} ${start} could not be read back for ${seconds(waitedMs)}: ${sentence(problem.message)}`,
    };
  if (!isHolding)
    return {
      phase: `${stepId} not ${beat(waitedMs)}`,
      text: screen`${bar(0)} ${start} its post-condition does not hold yet, after ${seconds(waitedMs)}`,
    };
  if (holdMs === 0) return null;
  const far = `${seconds(heldMs)} of ${seconds(holdMs)}`;
  return {
    phase: `${stepId} holds ${beat(heldMs)}`,
    text: screen`${bar(heldMs / holdMs)} ${start} its post-condition has held for ${far}`,
  };
}

/** Where each step stands in its plan: `step 3/6 `; empty for a plan of one step. */
export function stepsOf(plan: Plan): (stepId: string) => string {
  const calls = plan.steps.filter(({ kind }) => kind === "act" || kind === "probe");
  return (stepId) => {
    const index = calls.findIndex(({ id }) => id === stepId);
    return index < 0 || calls.length < 2 ? "" : `step ${index + 1}/${calls.length} `;
  };
}

/** `[■■■□□□]`: how much of it is done. */
function bar(share: number): string {
  const full = Math.max(0, Math.min(6, Math.floor(share * 6)));
  return `[${"■".repeat(full)}${"□".repeat(6 - full)}]`;
}

function seconds(ms: number): string {
  return ms < 10_000 && ms % 1_000 !== 0 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`;
}
