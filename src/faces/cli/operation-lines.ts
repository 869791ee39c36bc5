import { quoted, type ScreenText, screen } from "../../core/value/screen.ts";
import type { OperationExplanation } from "../../interlock.ts";

type Told = NonNullable<OperationExplanation["told"]>;

/**
 * What a system says of its operation, to go behind our own word: `, 40 %, status “running”, which says “copying”`.
 * Its words are quoted, so that none of them can pass for ours.
 */
export function toldText({ status, progress, says }: Told): ScreenText {
  const share = progress === null ? "" : `, ${progress} %`;
  const word = status === null ? screen`` : screen`, status ${quoted(status)}`;
  return screen`${share}${word}${says === null ? screen`` : screen`, which says ${quoted(says)}`}`;
}

/** The long operations of a step: the id, how they went, and when. */
export function operationLines(operations: readonly OperationExplanation[] | undefined): readonly ScreenText[] {
  return (operations ?? []).map(({ id, direction, startedMs, endedMs, status, told, cancelledMs }) => {
    const what = `${direction === "undo" ? "way back, " : ""}operation`;
    const times = [
      `started at ${seconds(startedMs)}`,
      ...(cancelledMs === null ? [] : [`to be cancelled at ${seconds(cancelledMs)}`]),
      endedMs === null ? "not known to have ended" : `ended at ${seconds(endedMs)}`,
    ];
    const last = told === null ? screen`` : toldText(told);
    return screen`              ${what} ${quoted(id)}: ${status}${last}; ${times.join(", ")}`;
  });
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
