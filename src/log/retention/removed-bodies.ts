/** What took bodies out of a log, as the log itself tells it. */
import { type BodyRemoved, type BodyRestored, storeStream } from "../../core/log/removal.ts";
import { codes, type Problem, problem } from "../../core/value/codes.ts";
import { shortDigest } from "../../core/value/digest.ts";
import { quote } from "../../core/value/text.ts";
import type { LogSource, StoreReader } from "../store.ts";
import { storeRecordOf } from "../stored-events.ts";

/** A record of what was done to the log's bodies. */
export interface BodyRecord {
  readonly seq: number;
  readonly atMs: number;
  readonly what: BodyRemoved | BodyRestored;
}

/** Everything that was done to the log's bodies, in order. */
export function bodyRecords(log: Pick<LogSource, "entries">): readonly BodyRecord[] {
  const found: BodyRecord[] = [];
  for (let fromSeq = 0; ; ) {
    const page = log.entries({ stream: storeStream, fromSeq, limit: 1_000 });
    for (const entry of page) {
      const { seq, atMs } = entry.record;
      const what = storeRecordOf(entry);
      if (what?.kind === "body_removed" || what?.kind === "body_restored") found.push({ seq, atMs, what });
      fromSeq = seq + 1;
    }
    if (page.length < 1_000) return found;
  }
}

/** The removals that took bodies of this run which are still gone, oldest first. */
export function removalsOf(
  reader: StoreReader,
  runId: string,
): readonly (BodyRecord & { readonly what: BodyRemoved })[] {
  const markers = new Set<number>();
  for (let fromSeq = 0; ; ) {
    const page = reader.storedEntries({ stream: runId, fromSeq, limit: 1_000 });
    for (const { record, removedBy } of page) {
      if (removedBy !== null) markers.add(removedBy);
      fromSeq = record.seq + 1;
    }
    if (page.length < 1_000) break;
  }
  return [...markers]
    .sort((left, right) => left - right)
    .flatMap((seq) => {
      const [entry] = reader.entries({ stream: null, fromSeq: seq, limit: 1 });
      if (entry === undefined || entry.record.seq !== seq) return [];
      const what = storeRecordOf(entry);
      return what?.kind === "body_removed" ? [{ seq, atMs: entry.record.atMs, what }] : [];
    });
}

/** Why a run cannot be told any more and what brings it back, or `null` where all of it is here. */
export function missingBodies(reader: StoreReader, runId: string): Problem | null {
  const removals = removalsOf(reader, runId);
  const destroyed = removals.find(({ what }) => what.archive === null);
  const [taken] = destroyed === undefined ? removals : [destroyed];
  if (taken === undefined) return null;
  const { by, reason, archive } = taken.what;
  const day = new Date(taken.atMs).toISOString().slice(0, 10);
  const why = reason === "" ? "" : ` (${quote(reason)})`;
  const how = `${archive === null ? "removed for good" : "archived"} by ${quote(by)} on ${day}${why}`;
  if (archive === null) return problem("E_BODY_REMOVED", `/records/${taken.seq}`, `what \`${runId}\` did was ${how}`);
  return problem(
    "E_BODY_ARCHIVED",
    `/records/${taken.seq}`,
    `what \`${runId}\` did was ${how}, archive ${shortDigest(archive)}`,
    codes.E_BODY_ARCHIVED.hint,
    { do: "restore_bodies", run: runId },
  );
}
