/** What is checked of a store whenever somebody becomes its owner. The cost does not grow with the log. */
import { type ChainState, verifyEntry } from "../../core/log/chain.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { LogEnd } from "../../ports.ts";
import { damagedHead, type HeadFile } from "../head-file.ts";
import { textDigest } from "../seal.ts";
import { digestAt, readStoredEntries } from "./read.ts";
import { epochCheck } from "./schema.ts";
import type { Statements } from "./statements.ts";

/** How many of the last records are verified; the whole log is `interlock log verify`'s to check. */
const tailLength = 64;

/**
 * How many of the last records are held against the indexes that find a run and its journal: an entry lost there
 * would let a run forget what it did, or be forgotten. Covers what ran lately at a cost of milliseconds; `interlock
 * log verify` covers all of it.
 */
const indexedTailLength = 4_096;

/**
 * What does not hold at the end of this log, or `null`: acknowledged records are there, they follow, and runs are
 * found by them.
 */
export function checkEnd(statements: Statements, end: LogEnd, acknowledged: HeadFile): Problem | null {
  return (
    checkEpoch(statements) ??
    checkHead(acknowledged, statements, end.length) ??
    checkTail(statements, end) ??
    checkIndex(statements, end)
  );
}

/** The epoch stands in no record while it is being begun, so it carries a digest of its own. */
export function checkEpoch(statements: Statements): Problem | null {
  const row = statements.epoch.get();
  const isIntact = row !== undefined && epochCheck(Number(row["epoch"])) === row["check_digest"];
  return isIntact ? null : problem("E_STORE_CORRUPT", "/epoch", "the store's epoch was changed");
}

/**
 * The head file is never ahead of the log: where it is, acknowledged records are gone or another file was put in
 * place.
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
