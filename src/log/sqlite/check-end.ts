/** What is checked whenever somebody becomes the owner of a store. The cost does not grow with the log. */
import { type ChainState, verifyEntry } from "../../core/log/chain.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { LogEnd } from "../../ports.ts";
import { damagedHead, type HeadFile } from "../head-file.ts";
import { textDigest } from "../seal.ts";
import { digestAt, readStoredEntries } from "./read.ts";
import { epochCheck } from "./schema.ts";
import type { Statements } from "./statements.ts";

/** How many of the last records are verified. `interlock log verify` checks the whole log. */
const tailLength = 64;

/**
 * How many of the last records are compared with the indexes that find a run and its journal. A lost entry there would
 * let a run forget what it did, or be forgotten itself. This covers recent runs in milliseconds; `interlock log verify`
 * covers all of them.
 */
const indexedTailLength = 4_096;

/**
 * What is wrong with the end of this log, or `null`: acknowledged records must be there, they must follow one another,
 * and their runs must be found by them.
 */
export function checkEnd(statements: Statements, end: LogEnd, acknowledged: HeadFile): Problem | null {
  return (
    checkEpoch(statements) ??
    checkHead(acknowledged, statements, end.length) ??
    checkTail(statements, end) ??
    checkIndex(statements, end)
  );
}

/** No record has the epoch while it begins, so it has a digest of its own. */
export function checkEpoch(statements: Statements): Problem | null {
  const row = statements.epoch.get();
  const isIntact = row !== undefined && epochCheck(Number(row["epoch"])) === row["check_digest"];
  return isIntact ? null : problem("E_STORE_CORRUPT", "/epoch", "the store's epoch was changed");
}

/**
 * The head file is never ahead of the log. If it is, acknowledged records are gone, or another file was put in place.
 */
function checkHead(file: HeadFile, statements: Statements, length: number): Problem | null {
  if (file.kind === "damaged") return damagedHead();
  if (file.kind === "absent" || file.head.length === 0) return null;
  const { head } = file;
  if (head.length > length)
    return problem(
      "E_LOG_TRUNCATED",
      `/records/${length}`,
      `the log holds ${length} records, ${head.length} were acknowledged`,
    );
  if (digestAt(statements, head.length - 1) !== head.head)
    return problem(
      "E_LOG_CHAIN",
      `/records/${head.length - 1}`,
      `record ${head.length - 1} is not the one that was acknowledged`,
    );
  return null;
}

function checkTail(statements: Statements, end: LogEnd): Problem | null {
  const fromSeq = Math.max(0, end.length - tailLength);
  let chain: ChainState = { length: fromSeq, head: digestAt(statements, fromSeq - 1), atMs: 0 };
  for (const entry of readStoredEntries(statements, { stream: null, fromSeq, limit: tailLength })) {
    // Only a reader of the whole log can tell whether a record says who removed a body.
    const next = verifyEntry(chain, entry, { missingBody: "permitted", digestText: textDigest });
    if (!next.ok) return next.error;
    chain = next.value;
  }
  return chain.length === end.length
    ? null
    : problem("E_LOG_CHAIN", `/records/${chain.length}`, `record ${chain.length} is missing`);
}

function checkIndex(statements: Statements, end: LogEnd): Problem | null {
  const fromSeq = Math.max(0, end.length - indexedTailLength);
  const lost = statements.lostFromIndex.get(fromSeq) ?? statements.lostFromRuns.get(fromSeq);
  return lost === undefined
    ? null
    : problem("E_STORE_CORRUPT", "/records", `the run \`${String(lost["name"])}\` cannot be found in full`);
}
