/** How a record changes the list of runs. The list is a projection, and no decision uses it. */
export type RunIndexChange =
  | { readonly kind: "started"; readonly runId: string; readonly planHash: string; readonly actor: string }
  | { readonly kind: "moved"; readonly runId: string; readonly state: RunListState };

/** The states that a list of runs shows. Endings are spelled as in the log. */
export type RunListState =
  | "running"
  | "draining"
  | "compensating"
  | "in_doubt"
  | "dirty"
  | "killed"
  | "succeeded"
  | "succeeded_in_part"
  | "compensated"
  | "escalated"
  | "stopped"
  | "closed";

/** A run that has reached one of these states is final, and is not folded when a store is opened. */
export const endedStates: readonly RunListState[] = [
  "succeeded",
  "succeeded_in_part",
  "compensated",
  "escalated",
  "stopped",
  "closed",
];

/** States in which a run has not ended. */
export const unfinishedStates: readonly RunListState[] = [
  "running",
  "draining",
  "compensating",
  "in_doubt",
  "dirty",
  "killed",
];

/** One run as the list shows it. */
export interface RunRow {
  readonly seq: number;
  readonly runId: string;
  readonly planHash: string;
  readonly actor: string;
  readonly startedMs: number;
  readonly changedMs: number;
  readonly state: RunListState;
}

/** The kinds of record that `runIndexChange` reads: their bodies are never removed. */
export const indexedKinds: ReadonlySet<string> = new Set([
  "run_started",
  "run_ended",
  "run_draining",
  "compensation_started",
  "step_in_doubt",
  "step_resolved",
  "run_dirty",
  "run_killed",
]);

/** The kinds of record that tell how the invariants of a run's plan stand. */
export const invariantKinds: readonly string[] = ["invariant_broken", "invariant_restored"];

/** The change that one record makes to the list, if any. `bodyText` is the canonical text of its body. */
export function runIndexChange(kind: string, runId: string, bodyText: string): RunIndexChange | null {
  switch (kind) {
    case "run_started": {
      // Bodies come from our own kernel. The casts read fields that its event types guarantee.
      const started = JSON.parse(bodyText) as { readonly planHash: string; readonly actor: { readonly id: string } };
      return { kind: "started", runId, planHash: started.planHash, actor: started.actor.id };
    }
    case "run_ended": {
      const { outcome } = JSON.parse(bodyText) as { readonly outcome: RunListState };
      return { kind: "moved", runId, state: outcome };
    }
    case "run_draining":
      return { kind: "moved", runId, state: "draining" };
    case "compensation_started":
      return { kind: "moved", runId, state: "compensating" };
    case "step_in_doubt":
      return { kind: "moved", runId, state: "in_doubt" };
    case "step_resolved":
      return { kind: "moved", runId, state: "running" };
    case "run_dirty":
      return { kind: "moved", runId, state: "dirty" };
    case "run_killed":
      return { kind: "moved", runId, state: "killed" };
    default:
      return null;
  }
}
