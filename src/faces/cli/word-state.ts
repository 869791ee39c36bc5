import type { RunListState } from "../../interlock.ts";

/** The state of a run as lists show it. A run whose engine is gone stays as it is until somebody resumes it. */
export function wordState(state: RunListState | null, hasEngine: boolean | null): string {
  return `${state ?? "unknown"}${hasEngine === false ? ", nobody works on it" : ""}`;
}
