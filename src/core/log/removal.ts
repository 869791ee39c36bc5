/**
 * Bodies that were removed on purpose. A record's digest covers its body's digest and not its bytes, so that a body can
 * go without breaking the chain; what tells redaction from damage is a record in the chain that names it. Keeps I6.
 */
import type { Digest } from "../value/digest.ts";
import { parseJson } from "../value/json.ts";

/** The stream of records about the log itself. No fold of a run or of the site reads it. */
export const storeStream = "store";

/** The body of a record that says which bodies were removed, why, by whom, and where a copy is. */
export interface BodyRemoved {
  readonly kind: "body_removed";
  readonly runId: null;
  /** Ascending. All of them are before this record. */
  readonly ranges: readonly SeqRange[];
  readonly by: string;
  readonly reason: string;
  /** Digest of the archive that holds the bodies; `null` if they were destroyed. */
  readonly archive: Digest | null;
}

/** The body of a record that says that removed bodies were put back from an archive. */
export interface BodyRestored {
  readonly kind: "body_restored";
  readonly runId: null;
  readonly ranges: readonly SeqRange[];
  readonly by: string;
  readonly reason: string;
  readonly archive: Digest;
}

/** The `count` records from `fromSeq` on. */
export interface SeqRange {
  readonly fromSeq: number;
  readonly count: number;
}

/** Ascending numbers, as ranges. */
export function toRanges(seqs: readonly number[]): readonly SeqRange[] {
  const ranges: { fromSeq: number; count: number }[] = [];
  for (const seq of seqs) {
    const last = ranges.at(-1);
    if (last !== undefined && last.fromSeq + last.count === seq) last.count += 1;
    else ranges.push({ fromSeq: seq, count: 1 });
  }
  return ranges;
}

/**
 * Takes off `missing` what the body of a `body_removed` record accounts for. A body of another shape accounts for
 * nothing.
 */
export function accountForRemoval(missing: Set<number>, bodyText: string): void {
  const body = parseJson(bodyText);
  if (!body.ok || typeof body.value !== "object" || body.value === null || !("ranges" in body.value)) return;
  const { ranges } = body.value;
  if (!Array.isArray(ranges)) return;
  for (const range of ranges) {
    if (typeof range !== "object" || range === null || Array.isArray(range)) continue;
    const { fromSeq, count } = range as Partial<SeqRange>;
    if (typeof fromSeq !== "number" || typeof count !== "number") continue;
    for (const seq of missing) if (seq >= fromSeq && seq < fromSeq + count) missing.delete(seq);
  }
}
