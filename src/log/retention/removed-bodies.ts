/** What removed bodies from a log, according to the log itself. */

import type { LogEntry } from "../../core/log/record.ts";
import { type BodyRemoved, type BodyRestored, storeStream } from "../../core/log/removal.ts";
import { codes, type Problem, problem } from "../../core/value/codes.ts";
import { shortDigest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import type { Log } from "../../ports.ts";
import { readStream } from "../read-run.ts";
import type { LogSource } from "../store.ts";
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
    found.push(...page.flatMap(bodyRecordOf));
    if (page.length < 1_000) return found;
    fromSeq = (page.at(-1)?.record.seq ?? 0) + 1;
  }
}

function bodyRecordOf(entry: LogEntry): readonly BodyRecord[] {
  const what = storeRecordOf(entry);
  const { seq, atMs } = entry.record;
  return what?.kind === "body_removed" || what?.kind === "body_restored" ? [{ seq, atMs, what }] : [];
}

/**
 * The removals of these records' bodies that are still gone, oldest first.
 *
 * Cost: reads nothing if no body is gone, else the records about the log itself.
 */
export async function removalsOf(
  log: Pick<Log, "page">,
  entries: readonly LogEntry[],
): Promise<Result<readonly Removal[], Problem>> {
  const missing = entries.filter(({ bodyText }) => bodyText === null).map(({ record }) => record.seq);
  if (missing.length === 0) return ok([]);
  const stored = await readStream(log, storeStream);
  if (!stored.ok) return stored;
  const removals = stored.value.flatMap(bodyRecordOf).filter(isRemoval);
  const markers = new Set<Removal>();
  for (const seq of missing) {
    const marker = removals.findLast((removal) => covers(removal, seq));
    if (marker === undefined)
      return fail(problem("E_LOG_CHAIN", `/records/${seq}`, `the body of record ${seq} is missing`));
    markers.add(marker);
  }
  return ok(removals.filter((removal) => markers.has(removal)));
}

type Removal = BodyRecord & { readonly what: BodyRemoved };

function isRemoval(record: BodyRecord): record is Removal {
  return record.what.kind === "body_removed";
}

function covers({ what }: Removal, seq: number): boolean {
  return what.ranges.some(({ fromSeq, count }) => seq >= fromSeq && seq < fromSeq + count);
}

/** Why a run can no longer be explained and how to restore it, or `null` if all of these records are complete. */
export async function missingBodies(
  log: Pick<Log, "page">,
  runId: string,
  entries: readonly LogEntry[],
): Promise<Result<Problem | null, Problem>> {
  const removals = await removalsOf(log, entries);
  if (!removals.ok) return removals;
  const taken = removals.value.find(({ what }) => what.archive === null) ?? removals.value[0];
  return ok(taken === undefined ? null : problemOf(runId, taken));
}

function problemOf(runId: string, { seq, atMs, what }: Removal): Problem {
  const { by, reason, archive } = what;
  const day = new Date(atMs).toISOString().slice(0, 10);
  const why = reason === "" ? "" : ` (${quote(reason)})`;
  const how = `${archive === null ? "removed for good" : "archived"} by ${quote(by)} on ${day} (UTC)${why}`;
  if (archive === null) return problem("E_BODY_REMOVED", `/records/${seq}`, `what \`${runId}\` did was ${how}`);
  return problem(
    "E_BODY_ARCHIVED",
    `/records/${seq}`,
    `what \`${runId}\` did was ${how}, archive ${shortDigest(archive)}`,
    codes.E_BODY_ARCHIVED.hint,
    { do: "restore_bodies", run: runId },
  );
}
