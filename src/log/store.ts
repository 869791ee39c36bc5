import type { LogEntry, RecordDraft } from "../core/log/record.ts";
import type { Problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import type { Result } from "../core/value/result.ts";

/**
 * `synced`: on the disk before the receipt. `ordered`: in the file before the receipt, lost in a power cut at worst, together with what
 * follows. `trailing`: the same, but the receipt waits for whatever commit comes next, or a few milliseconds.
 */
export type Durability = "synced" | "ordered" | "trailing";

/** Records of one decision, and documents that lie beside the log by digest (plans, envelopes, outputs). */
export interface AppendBatch {
  readonly durability: Durability;
  readonly records: readonly RecordDraft[];
  readonly documents: readonly { readonly digest: Digest; readonly value: JsonValue }[];
}

export interface AppendReceipt {
  readonly firstSeq: number;
  readonly length: number;
  readonly head: Digest;
}

/**
 * The append-only log and what lies beside it. An append is all or nothing, conditional on the length the owner knows and
 * on its epoch (I18, I19). One process owns a store; others read.
 */
export interface Store {
  readonly epoch: number;
  /** Batches handed over while a sync is under way share the next one. Fails with `E_STORE_FULL`, `E_STORE_FENCED`, `E_STORE_IO`. */
  append(batch: AppendBatch): Promise<Result<AppendReceipt, Problem>>;
  /** Whether a run of this id was ever started. */
  hasRun(runId: string): boolean;
  length(): number;
  head(): Digest;
  entries(range: {
    readonly stream: string | null;
    readonly fromSeq: number;
    readonly limit: number;
  }): readonly LogEntry[];
  document(digest: Digest): JsonValue | null;
  close(): Promise<void>;
}
