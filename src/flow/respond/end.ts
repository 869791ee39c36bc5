import type { DecisionAfter } from "../../core/belief/explain/after.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { ResponseReport, RunEnd } from "./report.ts";

/** How an incident ends. `after`: what was believed and decided by then, if anything was. */
export type End = RunEnd & Pick<ResponseReport, "code"> & { readonly after: DecisionAfter | null };

/** Handed to a person before anything was written. */
export function escalated(reason: string, problem: Problem | null): Omit<End, "after"> {
  return { outcome: "escalated", world: "untouched", reason, wrote: [], waitingFor: [], code: problem?.code ?? null };
}
