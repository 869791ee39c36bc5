import type { JsonValue } from "../core/value/json-value.ts";

/** What a record changes in the list of runs: a projection, never consulted for a decision. */
export type RunIndexChange =
  | { readonly kind: "started"; readonly runId: string; readonly planHash: string; readonly actor: string }
  | { readonly kind: "moved"; readonly runId: string; readonly state: RunListState };

/** The states a list of runs distinguishes; the ends are spelled as in the log. */
export type RunListState =
  | "running"
  | "draining"
  | "compensating"
  | "in_doubt"
  | "dirty"
  | "killed"
  | "succeeded"
  | "compensated"
  | "escalated"
  | "stopped"
  | "closed";

/** Ends absorb: a run in one of these is not folded when a store is opened. */
export const endedStates: readonly RunListState[] = ["succeeded", "compensated", "escalated", "stopped", "closed"];

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

/** The change one event makes to the list, if any. */
export function runIndexChange(kind: string, body: JsonValue): RunIndexChange | null {
  // Bodies come from our own kernel; the casts read fields that its event types guarantee.
  const event = body as {
    readonly runId: string;
    readonly planHash: string;
    readonly actor: { readonly id: string };
    readonly outcome: RunListState;
  };
  switch (kind) {
    case "run_started":
      return { kind: "started", runId: event.runId, planHash: event.planHash, actor: event.actor.id };
    case "run_ended":
      return { kind: "moved", runId: event.runId, state: event.outcome };
    case "run_draining":
      return { kind: "moved", runId: event.runId, state: "draining" };
    case "compensation_started":
      return { kind: "moved", runId: event.runId, state: "compensating" };
    case "step_in_doubt":
      return { kind: "moved", runId: event.runId, state: "in_doubt" };
    case "step_resolved":
      return { kind: "moved", runId: event.runId, state: "running" };
    case "run_dirty":
      return { kind: "moved", runId: event.runId, state: "dirty" };
    case "run_killed":
      return { kind: "moved", runId: event.runId, state: "killed" };
    default:
      return null;
  }
}
