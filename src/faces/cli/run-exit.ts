import type { RunView } from "../../interlock.ts";

/** The exit code that the state of a run means to a script (docs/exit-codes.md). */
export function exitCodeOfRun(view: RunView): number {
  if (leavesBroken(view)) return 27;
  if (view.phase === "ended") return exitCodeOfEnd(view);
  if (view.phase === "dirty") return 21;
  return view.steps.some(({ status }) => status === "in_doubt") ? 22 : 23;
}

/** Whether an invariant is left broken by a run that has written something. */
function leavesBroken({ broken, outcome, phase, wrote }: RunView): boolean {
  const hasWritten = phase === "dirty" || outcome === "compensated" || wrote.length > 0;
  return broken.length > 0 && outcome !== "closed" && hasWritten;
}

function exitCodeOfEnd(view: RunView): number {
  switch (view.outcome) {
    case "succeeded":
    case "succeeded_in_part":
      // Releases that did not know the second outcome recorded the first.
      if (view.failed.length === 0) return 0;
      // From 20 on something was touched. A run of which every write failed before it did anything is not among these.
      return view.wrote.length > 0 ? 25 : 14;
    case "compensated":
      return 20;
    case "escalated":
      return view.wrote.length > 0 ? 23 : 14;
    case "stopped":
      return view.wrote.length > 0 ? 24 : 14;
    case "closed":
      return 26;
    case null:
      return 1;
  }
}
