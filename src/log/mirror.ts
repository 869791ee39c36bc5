/**
 * An owner whose journal is somewhere else, such as in a database on another machine: its index is a mirror of the
 * journal on this one. A mirror is never repaired. If it is not a beginning of what the journal holds, it is
 * forgotten and made anew.
 */
import { type ChainState, verifyEntry } from "../core/log/chain.ts";
import { storeStream } from "../core/log/removal.ts";
import { mayChangeBodies } from "../core/log/store-records.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { DocumentText, Journal, LogEnd, StoredEntry } from "../ports.ts";
import type { CommitTimer } from "./commit-timer.ts";
import { LogStore } from "./log-store.ts";
import { textDigest } from "./seal.ts";
import type { LogIndex } from "./store.ts";

/** An index that can be brought up to what a journal holds. */
export interface Mirror extends LogIndex {
  /** How many documents it has: the first so many of its journal's. */
  documentCount(): number;
  /** Adds records as they lie in the journal, and documents, all or none. */
  add(entries: readonly StoredEntry[], documents: readonly DocumentText[]): Result<undefined, Problem>;
  /** Forgets everything. */
  clear(): Result<undefined, Problem>;
}

/** What a mirrored store is made of. `owner` is shown to people who find the journal taken. */
export interface MirroredParts {
  readonly journal: Journal;
  readonly mirror: Mirror;
  readonly owner: string;
  readonly timer?: CommitTimer;
}

const pageSize = 2_000;

/**
 * Takes the journal, brings the mirror up to it and gives the store over both. What `journal.open` refuses is refused
 * here; `E_LOG_CHAIN` where the journal's records do not follow. Cost: O(what the mirror lacks).
 */
export async function openMirroredStore({
  journal,
  mirror,
  ...parts
}: MirroredParts): Promise<Result<LogStore, Problem>> {
  const lease = await journal.open(parts.owner);
  const caught = lease.ok ? await catchUp(journal, mirror, lease.value.end) : lease;
  if (lease.ok && caught.ok) {
    const { timer } = parts;
    return ok(new LogStore({ journal, index: mirror, lease: lease.value, ...(timer === undefined ? {} : { timer }) }));
  }
  await journal.close();
  mirror.close();
  return caught.ok ? fail(problem("E_INTERNAL", "", "a lease is given or refused")) : caught;
}

async function catchUp(journal: Journal, mirror: Mirror, end: LogEnd): Promise<Result<undefined, Problem>> {
  const isBeginning = await isBeginningOf(journal, mirror.end(), end);
  if (!isBeginning.ok) return isBeginning;
  if (isBeginning.value) {
    const added = await addMissing(journal, mirror, end, "stop_at_body_changes");
    if (!added.ok || added.value === "caught_up") return added.ok ? ok(undefined) : added;
  }
  const cleared = mirror.clear();
  if (!cleared.ok) return cleared;
  const added = await addMissing(journal, mirror, end, "go_on");
  return added.ok ? ok(undefined) : added;
}

/** Whether the journal holds, at the mirror's end, the record that the mirror ends with. */
async function isBeginningOf(journal: Journal, mirrored: LogEnd, end: LogEnd): Promise<Result<boolean, Problem>> {
  if (mirrored.length > end.length) return ok(false);
  if (mirrored.length === 0) return ok(true);
  const last = await journal.tail(mirrored.length - 1, 1);
  return last.ok ? ok(last.value[0]?.digest === mirrored.head) : last;
}

/**
 * Adds page after page. A body that was changed meanwhile may be one that the mirror has: it stops at the record that
 * says so.
 */
async function addMissing(
  journal: Journal,
  mirror: Mirror,
  end: LogEnd,
  atBodyChanges: "stop_at_body_changes" | "go_on",
): Promise<Result<"caught_up" | "stopped", Problem>> {
  let chain: ChainState = { ...mirror.end(), atMs: 0 };
  while (chain.length < end.length) {
    const page = await journal.tail(chain.length, Math.min(pageSize, end.length - chain.length));
    if (!page.ok) return page;
    if (page.value.length === 0)
      return fail(problem("E_LOG_CHAIN", `/records/${chain.length}`, "the journal ends early"));
    if (atBodyChanges === "stop_at_body_changes" && chain.length > 0 && page.value.some(isBodyChange))
      return ok("stopped");
    for (const entry of page.value) {
      const next = verifyEntry(chain, entry, { missingBody: "permitted", digestText: textDigest });
      if (!next.ok) return next;
      chain = next.value;
    }
    const added = mirror.add(page.value, []);
    if (!added.ok) return added;
  }
  if (chain.head !== end.head)
    return fail(problem("E_LOG_CHAIN", "", "the journal does not end in the record it says"));
  return addDocuments(journal, mirror);
}

async function addDocuments(journal: Journal, mirror: Mirror): Promise<Result<"caught_up", Problem>> {
  for (;;) {
    const page = await journal.documents(mirror.documentCount(), pageSize);
    if (!page.ok) return page;
    const added = page.value.length === 0 ? ok(undefined) : mirror.add([], page.value);
    if (!added.ok) return added;
    if (page.value.length < pageSize) return ok("caught_up");
  }
}

function isBodyChange({ record }: StoredEntry): boolean {
  return record.stream === storeStream && mayChangeBodies(record.kind);
}
