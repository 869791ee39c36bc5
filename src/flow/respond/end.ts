import type { DecisionAfter } from "../../core/belief/explain/after.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { ResponseReport, RunEnd } from "./report.ts";

/** How an incident ends. `after`: what was believed and decided by then, if anything was. */
export type End = RunEnd & Pick<ResponseReport, "code"> & { readonly after: DecisionAfter | null };

/** Handed to a person before anything was written. */
export function escalated(reason: string, problem: Problem | null): Omit<End, "after"> {
  return { outcome: "escalated", world: "untouched", reason, wrote: [], waitingFor: [], code: problem?.code ?? null };
}

/** A response that was written and whose read-back failed. */
export interface FailedResponse {
  readonly response: string;
  readonly runId: string;
  readonly wrote: readonly string[];
  readonly why: string;
  readonly atMs: number;
}

/** The steps of responses that were written in vain. */
export function wroteInVain(failed: readonly FailedResponse[]): readonly string[] {
  return failed.flatMap(({ wrote }) => wrote);
}

/**
 * An end as it is once responses were written in vain. What they wrote is still in the world, whatever came of it
 * later: nothing is untouched any more, and nobody may take the end for a refusal without effects.
 */
export function afterWrites(end: End, failed: readonly FailedResponse[]): End {
  const last = failed.at(-1);
  if (last === undefined) return end;
  const vain = wroteInVain(failed);
  const told = `${last.response} was written, and not read back: ${last.why}`;
  switch (end.outcome) {
    case "restored":
    case "restored_in_part":
    case "disputed":
    case "waiting":
    case "stopped":
      if (end.world !== "untouched") return { ...end, wrote: [...vain, ...end.wrote] };
      break;
    default:
  }
  return {
    ...end,
    outcome: end.outcome === "cancelled" ? "stopped" : "escalated",
    world: end.world === "untouched" || end.world === "restored" ? "listed" : end.world,
    reason: `${told}; then: ${end.reason}`,
    wrote: [...vain, ...end.wrote],
  };
}
