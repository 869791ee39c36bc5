import { type ScreenText, screen } from "../../../core/value/screen.ts";
import { describeDuration } from "../../../core/value/units.ts";
import type { DoubtView, WaitView } from "../../../interlock.ts";
import { showTime } from "../show-time.ts";

/**
 * What becomes of a doubt, as soon as it is there: until when its target is read, which declared time decides that,
 * and what follows.
 *
 * @param fromMs - when the readings began: when the doubt did, or when this command took the run up again
 */
export function doubtAhead({ doubt, owner, operation }: WaitView, fromMs: number): readonly ScreenText[] {
  if (doubt === undefined) return [];
  const { settlesInMs, readForMs } = doubt;
  const who = owner ?? "a person";
  const until = showTime(fromMs + readForMs);
  const left = screen`this command ends with 22; the run keeps its locks and waits for ${who}`;
  const rule = wordRule(doubt);
  if (doubt.decidedBy === "operation")
    return [
      screen`its system is asked until ${until} about the operation “${operation ?? ""}”: ${rule}`,
      screen`if it has not ended by then, ${left}`,
    ];
  if (settlesInMs === null)
    return [
      screen`its target is read until ${until} (${rule}): that can show that it happened, not that it did not`,
      screen`if nothing is seen by then, ${left}`,
    ];
  const settled = showTime(fromMs + settlesInMs);
  return [
    screen`its target is read until ${settled} (${rule}): what is not seen by then did not happen`,
    screen`if no reading has worked by ${until}, ${left}`,
  ];
}

/** What became of the readings for a doubt, once nobody reads for it any more. */
export function doubtBehind({ doubt }: WaitView): ScreenText | null {
  if (doubt === undefined) return null;
  if (doubt.decidedBy === "operation")
    return screen`nobody asks about its operation now, and the run keeps its locks until somebody resumes it`;
  const read = screen`its target was read for ${describeDuration(doubt.readForMs)} (${wordRule(doubt)})`;
  const now = screen`nobody reads it now, and the run keeps its locks until somebody resumes it or settles the step`;
  return screen`${read}, and that did not settle it; ${now}`;
}

/** How a doubt stands, for somebody who looks at its run later. */
export function doubtLines(wait: WaitView, hasEngine: boolean | null): readonly ScreenText[] {
  if (hasEngine === true) return doubtAhead(wait, wait.sinceMs);
  const behind = doubtBehind(wait);
  return behind === null ? [] : [behind];
}

function wordRule({ decidedBy }: DoubtView): string {
  switch (decidedBy) {
    case "landsWithin":
      return "by the `landsWithin` of its action nothing lands later";
    case "hold":
      return "its post-condition has to `hold` that long";
    case "within":
      return "as long as its post-condition may take; its action declares no `landsWithin`";
    case "acknowledged":
      return "its post-condition has had its time; its action declares no `landsWithin`";
    case "operation":
      return "the step stays in doubt until that has ended";
  }
}
