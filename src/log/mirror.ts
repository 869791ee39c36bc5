/**
 * The index of an owner whose journal is somewhere else, such as in a database on another machine, is a mirror of that
 * journal on this machine. A mirror is never repaired. If it is not a beginning of what the journal holds, it is
 * discarded and made again, once the whole journal has been verified.
 *
 * Beside the mirror is the end of the log as the journal last acknowledged it durably. If a journal of the same log
 * does not have this record, it has lost or changed it, and is refused.
 */
import { type ChainState, emptyChain, verifyEntry } from "../core/log/chain.ts";
import { storeStream } from "../core/log/removal.ts";
import { mayChangeBodies } from "../core/log/store-records.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { DocumentText, Journal, LogEnd, StoredEntry } from "../ports.ts";
import type { CommitTimer } from "./commit-timer.ts";
import { damagedHead, type HeadFile } from "./head-file.ts";
import { LogStore } from "./log-store.ts";
import { textDigest } from "./seal.ts";
import type { LogIndex } from "./store.ts";

/** An index that can be brought up to what a journal holds. */
export interface Mirror extends LogIndex {
  /** The end of the log as the journal last acknowledged it durably to an owner on this machine. */
  acknowledged(): HeadFile;
  /** Forgets that end, because it belongs to another log. */
  forgetAcknowledged(): void;
  /** Notes the epoch of the present owner. */
  begin(epoch: number): Result<undefined, Problem>;
  /** How many documents it has. They are the first ones of its journal. */
  documentCount(): number;
  /** Adds records as the journal has them, and documents; all or none. */
  add(entries: readonly StoredEntry[], documents: readonly DocumentText[]): Result<undefined, Problem>;
  /** Forgets everything. */
  clear(): Result<undefined, Problem>;
}

/** What a mirrored store is made of. `owner` is shown to people who find the journal taken. */
export interface MirroredParts {
  readonly journal: Journal;
  readonly mirror: Mirror;
  readonly owner: string;
  /** Whether to make the mirror again even if it seems to be a beginning of what the journal holds. */
  readonly isDistrusted?: boolean;
  readonly timer?: CommitTimer;
}

const pageSize = 2_000;

/**
 * Takes the journal, brings the mirror up to it and returns the store over both. What `journal.open` refuses is
 * refused here. `E_LOG_CHAIN` if the journal's records do not follow, `E_LOG_TRUNCATED` if it lacks what it has
 * acknowledged.
 *
 * Cost: O(what the mirror lacks).
 */
export async function openMirroredStore(parts: MirroredParts): Promise<Result<LogStore, Problem>> {
  const { journal, mirror } = parts;
  let isOpen = false;
  try {
    const opened = await openOver(parts);
    isOpen = opened.ok;
    return opened;
  } finally {
    if (!isOpen) {
      await journal.close();
      mirror.close();
    }
  }
}

async function openOver(parts: MirroredParts): Promise<Result<LogStore, Problem>> {
  const { journal, mirror, owner, timer, isDistrusted = false } = parts;
  const lease = await journal.open(owner);
  if (!lease.ok) return lease;
  const { end, epoch } = lease.value;
  const begun = mirror.begin(epoch);
  if (!begun.ok) return begun;
  const caught = await catchUp(journal, mirror, { end, isDistrusted });
  if (!caught.ok) return caught;
  return ok(new LogStore({ journal, index: mirror, lease: lease.value, ...(timer === undefined ? {} : { timer }) }));
}

async function catchUp(
  journal: Journal,
  mirror: Mirror,
  { end, isDistrusted }: { readonly end: LogEnd; readonly isDistrusted: boolean },
): Promise<Result<undefined, Problem>> {
  const kept = await keepsAcknowledged(journal, mirror, end);
  if (!kept.ok) return kept;
  const isBeginning = isDistrusted ? ok(false) : await isBeginningOf(journal, mirror.end(), end);
  if (!isBeginning.ok) return isBeginning;
  if (isBeginning.value) {
    const added = await addMissing(journal, mirror, end, "stop_at_body_changes");
    if (!added.ok || added.value === "caught_up") return added.ok ? ok(undefined) : added;
  }
  // What would be discarded here may be the last copy of a log whose journal is damaged.
  const whole = await verifyPages(journal, { from: emptyChain, end, take: () => ok("go_on") });
  const cleared = whole.ok ? mirror.clear() : whole;
  if (!cleared.ok) return cleared;
  const added = await addMissing(journal, mirror, end, "go_on");
  return added.ok ? ok(undefined) : added;
}

/** Refuses a journal that has lost or changed what it once acknowledged. A journal of another log has not. */
async function keepsAcknowledged(journal: Journal, mirror: Mirror, end: LogEnd): Promise<Result<undefined, Problem>> {
  const file = mirror.acknowledged();
  if (file.kind === "damaged") return fail(damagedHead());
  if (file.kind === "absent" || file.head.length === 0) return ok(undefined);
  const { head } = file;
  const first = await journal.tail(0, 1);
  if (!first.ok) return first;
  const [known] = mirror.storedEntries({ stream: null, fromSeq: 0, limit: 1 });
  // The first record identifies a log: it holds the store's id, which is made at random.
  if (end.length > 0 && known !== undefined && first.value[0]?.digest !== known.digest) {
    mirror.forgetAcknowledged();
    return ok(undefined);
  }
  if (head.length > end.length)
    return fail(
      problem(
        "E_LOG_TRUNCATED",
        `/records/${end.length}`,
        `the journal holds ${end.length} records, and it has acknowledged ${head.length}`,
        "restore the journal; to go on without what it lost, remove `mirror.head` in the store's folder",
      ),
    );
  const at = await journal.tail(head.length - 1, 1);
  if (!at.ok) return at;
  return at.value[0]?.digest === head.head
    ? ok(undefined)
    : fail(
        problem(
          "E_LOG_CHAIN",
          `/records/${head.length - 1}`,
          `record ${head.length - 1} of the journal is not the one that it acknowledged`,
        ),
      );
}

/** Whether the journal has, at the mirror's end, the record that the mirror ends with. */
async function isBeginningOf(journal: Journal, mirrored: LogEnd, end: LogEnd): Promise<Result<boolean, Problem>> {
  if (mirrored.length > end.length) return ok(false);
  if (mirrored.length === 0) return ok(true);
  const last = await journal.tail(mirrored.length - 1, 1);
  return last.ok ? ok(last.value[0]?.digest === mirrored.head) : last;
}

/** Adds page after page. Stops at a record that changed a body, because the mirror may have that body. */
function addMissing(
  journal: Journal,
  mirror: Mirror,
  end: LogEnd,
  atBodyChanges: "stop_at_body_changes" | "go_on",
): Promise<Result<"caught_up" | "stopped", Problem>> {
  const from: ChainState = { ...mirror.end(), atMs: 0 };
  return verifyPages(journal, {
    from,
    end,
    take: (entries) => {
      if (atBodyChanges === "stop_at_body_changes" && from.length > 0 && entries.some(isBodyChange)) return ok("stop");
      const added = mirror.add(entries, []);
      return added.ok ? ok("go_on") : added;
    },
    whenDone: () => addDocuments(journal, mirror),
  });
}

/** Reads the journal from one place to its end, checks each record against its digests, and passes the pages on. */
async function verifyPages(
  journal: Journal,
  {
    from,
    end,
    take,
    whenDone = async () => ok("caught_up"),
  }: {
    readonly from: ChainState;
    readonly end: LogEnd;
    readonly take: (entries: readonly StoredEntry[]) => Result<"go_on" | "stop", Problem>;
    readonly whenDone?: () => Promise<Result<"caught_up", Problem>>;
  },
): Promise<Result<"caught_up" | "stopped", Problem>> {
  let chain = from;
  while (chain.length < end.length) {
    const page = await journal.tail(chain.length, Math.min(pageSize, end.length - chain.length));
    if (!page.ok) return page;
    if (page.value.length === 0)
      return fail(problem("E_LOG_CHAIN", `/records/${chain.length}`, "the journal ends early"));
    for (const entry of page.value) {
      const next = verifyEntry(chain, entry, { missingBody: "permitted", digestText: textDigest });
      if (!next.ok) return next;
      chain = next.value;
    }
    const taken = take(page.value);
    if (!taken.ok) return taken;
    if (taken.value === "stop") return ok("stopped");
  }
  if (chain.head !== end.head)
    return fail(problem("E_LOG_CHAIN", "", "the journal does not end in the record it says"));
  return whenDone();
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
