import { type RunView, viewRun } from "../../core/run/tell/view.ts";
import type { RunState } from "../../core/run/words/state.ts";

/** The exit code a run's state means to a script (docs/exit-codes.md). */
export function exitCodeOfRun(run: RunState): number {
  const view = viewRun(run);
  if (run.phase.kind === "ended") return exitCodeOfEnd(view);
  if (run.phase.kind === "dirty") return 21;
  return view.steps.some(({ status }) => status === "in_doubt") ? 22 : 23;
}

function exitCodeOfEnd(view: RunView): number {
  switch (view.outcome) {
    case "succeeded":
      return 0;
    case "compensated":
      return 20;
    case "escalated":
      return view.wrote.length > 0 ? 23 : 14;
    case "stopped":
      return view.wrote.length > 0 ? 24 : 14;
    case "closed":
      return 21;
    case null:
      return 1;
  }
}
