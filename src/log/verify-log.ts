import { type ChainState, emptyChain, verifyEntry } from "../core/log/chain.ts";
import { accountForRemoval, storeStream } from "../core/log/removal.ts";
import { storeIdIn } from "../core/log/store-records.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { damagedHead, type HeadFile } from "./head-file.ts";
import type { RunRow } from "./run-index.ts";
import { emptyProjection, projectEntry, type RunProjection, remainingRuns } from "./run-projection.ts";
import { textDigest } from "./seal.ts";
import { isStorageError, readProblem } from "./sqlite/store-problem.ts";
import type { StoredEntry, StoreReader } from "./store.ts";

const pageSize = 1_000;
const options = { missingBody: "permitted", digestText: textDigest } as const;

/** A log that holds, and how many of its bodies were removed by records that say so. */
export interface VerifiedLog extends ChainState {
  readonly removedCount: number;
}

/** How far a verification has come. */
interface Progress {
  readonly chain: ChainState;
  readonly removedCount: number;
  /** Bodies that are gone and not explained yet, by the record that should explain them. */
  readonly missing: Map<number | null, Set<number>>;
  readonly projection: RunProjection;
  /** The store's id, once a record has said it. */
  readonly storeId: string | null;
}

/**
 * Verifies a whole log: every body, every record, the chain, the head that was acknowledged outside the database, a
 * record for every removed body, and everything beside the chain that is read from it. The problem names the first
 * record that does not hold.
 *
 * Cost: O(n), one page and the unfinished runs in memory.
 */
export function verifyLog(
  reader: StoreReader,
  onProgress: (verified: number) => void = () => undefined,
): Result<VerifiedLog, Problem> {
  // Read before the log, which may grow meanwhile: a head is never ahead of it.
  const acknowledged = reader.acknowledged();
  try {
    return reader.atOneMoment(() => verifyAll(reader, acknowledged, onProgress));
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return fail(readProblem(error));
  }
}

function verifyAll(
  reader: StoreReader,
  acknowledged: HeadFile,
  onProgress: (verified: number) => void,
): Result<VerifiedLog, Problem> {
  if (acknowledged.kind === "damaged") return fail(damagedHead());
  let progress: Progress = {
    chain: emptyChain,
    removedCount: 0,
    missing: new Map(),
    projection: emptyProjection(),
    storeId: null,
  };
  for (;;) {
    const page = readPage(reader, progress.chain.length);
    if (!page.ok) return page;
    for (const entry of page.value) {
      const next = verifyNext(progress, entry, acknowledged);
      if (!next.ok) return next;
      progress = next.value;
    }
    const listed = checkRuns(reader, progress.projection);
    if (listed !== null) return fail(listed);
    onProgress(progress.chain.length);
    if (page.value.length < pageSize) break;
  }
  const found =
    checkEnd(progress, acknowledged) ??
    checkStoreId(reader, progress) ??
    checkUnfinished(reader, progress.projection) ??
    reader.checkTables();
  return found === null ? ok({ ...progress.chain, removedCount: progress.removedCount }) : fail(found);
}

function verifyNext(progress: Progress, entry: StoredEntry, acknowledged: HeadFile): Result<Progress, Problem> {
  const next = verifyEntry(progress.chain, entry, options);
  if (!next.ok) return next;
  const chain = next.value;
  if (
    acknowledged.kind === "head" &&
    chain.length === acknowledged.head.length &&
    chain.head !== acknowledged.head.head
  ) {
    return fail(
      problem(
        "E_LOG_CHAIN",
        `/records/${chain.length - 1}`,
        `record ${chain.length - 1} is not the one that was acknowledged: the log was rewritten`,
      ),
    );
  }
  const { record, bodyText } = entry;
  if (bodyText !== null && entry.removedBy !== null)
    return fail(
      problem(
        "E_LOG_CHAIN",
        `/records/${record.seq}`,
        `record ${record.seq} (${record.kind}) has its body and is said to have lost it`,
      ),
    );
  if (bodyText === null) noteMissing(progress.missing, entry);
  else if (record.stream === storeStream && record.kind === "body_removed")
    accountFor(progress.missing, record.seq, bodyText);
  projectEntry(progress.projection, entry);
  const storeId = bodyText === null ? null : storeIdIn(record, bodyText);
  if (storeId !== null && progress.storeId !== null)
    return fail(problem("E_LOG_CHAIN", `/records/${record.seq}`, `record ${record.seq} gives the store a second id`));
  return ok({
    ...progress,
    chain,
    removedCount: progress.removedCount + (bodyText === null ? 1 : 0),
    storeId: storeId ?? progress.storeId,
  });
}

function noteMissing(missing: Progress["missing"], { record, removedBy }: StoredEntry): void {
  const noted = missing.get(removedBy) ?? new Set();
  missing.set(removedBy, noted.add(record.seq));
}

function accountFor(missing: Progress["missing"], markerSeq: number, bodyText: string): void {
  const noted = missing.get(markerSeq);
  if (noted === undefined) return;
  accountForRemoval(noted, bodyText);
  if (noted.size === 0) missing.delete(markerSeq);
}

function checkEnd({ chain, missing }: Progress, acknowledged: HeadFile): Problem | null {
  const [first] = [...missing.values()].flatMap((noted) => [...noted]).sort((left, right) => left - right);
  if (first !== undefined)
    return problem(
      "E_LOG_CHAIN",
      `/records/${first}`,
      `the body of record ${first} is missing, and no record says who removed it`,
    );
  if (acknowledged.kind !== "head" || chain.length >= acknowledged.head.length) return null;
  return problem(
    "E_LOG_TRUNCATED",
    `/records/${chain.length}`,
    `the log ends after ${chain.length} records, ${acknowledged.head.length} were acknowledged`,
  );
}

function checkStoreId(reader: StoreReader, { storeId }: Progress): Problem | null {
  if (reader.storeId() === storeId) return null;
  return problem("E_STORE_CORRUPT", "/store", "the store does not have the id that its log gives it");
}

/** Runs that ended in this page never change again, so their row is checked and forgotten. */
function checkRuns(reader: StoreReader, projection: RunProjection): Problem | null {
  return firstProblem(projection.ended.splice(0), reader);
}

function checkUnfinished(reader: StoreReader, projection: RunProjection): Problem | null {
  const listedCount = reader.runCount();
  const found = firstProblem(remainingRuns(projection), reader);
  if (found !== null || listedCount === projection.startedCount) return found;
  return problem(
    "E_STORE_CORRUPT",
    "/runs",
    `the list of runs holds ${listedCount} runs, the log ${projection.startedCount}`,
  );
}

function firstProblem(expected: Iterable<RunRow>, reader: StoreReader): Problem | null {
  for (const run of expected) {
    const [listed] = reader.runs({ state: null, beforeSeq: run.seq + 1, limit: 1 });
    if (listed === undefined || !isSameRow(listed, run))
      return problem(
        "E_STORE_CORRUPT",
        `/runs/${run.runId}`,
        `the list of runs does not show \`${run.runId}\` as the log has it`,
      );
  }
  return null;
}

/** Compared field by field, because a damaged row may contain something without a canonical text. */
function isSameRow(listed: RunRow, expected: RunRow): boolean {
  return (
    listed.seq === expected.seq &&
    listed.runId === expected.runId &&
    listed.planHash === expected.planHash &&
    listed.actor === expected.actor &&
    listed.startedMs === expected.startedMs &&
    listed.changedMs === expected.changedMs &&
    listed.state === expected.state
  );
}

function readPage(reader: StoreReader, fromSeq: number): Result<readonly StoredEntry[], Problem> {
  try {
    return ok(reader.storedEntries({ stream: null, fromSeq, limit: pageSize }));
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return fail({ ...readProblem(error), pointer: `/records/${fromSeq}` });
  }
}
