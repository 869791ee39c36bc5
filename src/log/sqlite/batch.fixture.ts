import type { AppendBatch, Durability } from "../store.ts";

export const startMs = 1_700_000_000_000;

/** One event of one run. */
export function batchOf(durability: Durability, runId: string, note: string, kind = "step_settled"): AppendBatch {
  return { durability, documents: [], records: [{ stream: runId, atMs: startMs, kind, body: { kind, runId, note } }] };
}
