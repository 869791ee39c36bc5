import type { Digest } from "../value/digest.ts";
import type { JsonValue } from "../value/json-value.ts";

/**
 * One entry of the append-only log. Bodies lie beside it by digest, so that retention and redaction never break the
 * chain; a run's journal is the stream of its id, the audit log is the whole.
 */
export interface LogRecord {
  /** 0-based, without gaps. */
  readonly seq: number;
  /** `site`, or a run's id. */
  readonly stream: string;
  /** Unix milliseconds carried by the input that was decided; never goes backwards within a log. */
  readonly atMs: number;
  /** The event's `kind`. */
  readonly kind: string;
  readonly body: Digest;
  /** Digest of the record before; `genesisDigest` for the first. */
  readonly previous: Digest;
}

/**
 * A record together with its body, as read back. The body stays text, because its digest is over the bytes that were
 * written and not over what a parser makes of them; `null` once removed.
 */
export interface LogEntry {
  readonly record: LogRecord;
  /** Digest of the record (`interlock.record/1`), which the next one names as `previous`. */
  readonly digest: Digest;
  readonly bodyText: string | null;
}

/** What a driver hands to the store. The store adds the chain. */
export interface RecordDraft {
  readonly stream: string;
  readonly atMs: number;
  readonly kind: string;
  readonly body: JsonValue;
}
