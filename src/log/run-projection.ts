import type { LogEntry } from "../core/log/record.ts";
import { endedStates, indexedKinds, type RunRow, runIndexChange } from "./run-index.ts";

/** The list of runs that follows from the log alone: the oracle for the table that is written beside it. */
export interface RunProjection {
  readonly open: Map<string, RunRow>;
  /** Runs that have ended since this was last emptied. */
  readonly ended: RunRow[];
  startedCount: number;
}

/** The projection before the first record. */
export function emptyProjection(): RunProjection {
  return { open: new Map(), ended: [], startedCount: 0 };
}

/** Takes in one record. A run whose body is gone is only counted. */
export function projectEntry(projection: RunProjection, { record, bodyText }: LogEntry): void {
  if (!indexedKinds.has(record.kind)) return;
  if (record.kind === "run_started") projection.startedCount += 1;
  if (bodyText === null) {
    projection.open.delete(record.stream);
    return;
  }
  const change = runIndexChange(record.kind, record.stream, bodyText);
  const known = projection.open.get(record.stream);
  if (change?.kind === "started") {
    const { runId, planHash, actor } = change;
    projection.open.set(record.stream, {
      seq: record.seq,
      runId,
      planHash,
      actor,
      startedMs: record.atMs,
      changedMs: record.atMs,
      state: "running",
    });
  } else if (change?.kind === "moved" && known !== undefined) {
    const moved = { ...known, changedMs: record.atMs, state: change.state };
    projection.open.set(record.stream, moved);
    if (!endedStates.includes(moved.state)) return;
    projection.open.delete(record.stream);
    projection.ended.push(moved);
  }
}

/** Runs that have not ended at the end of the log. */
export function remainingRuns(projection: RunProjection): Iterable<RunRow> {
  return projection.open.values();
}
