import assert from "node:assert/strict";
import { type Claim, soon } from "../contract.ts";
import type { LogEntry, RecordDraft } from "../core/log/record.ts";
import type { Problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import type { Result } from "../core/value/result.ts";
import { storedDocument } from "../core/value/stored-document.ts";
import type { Log, LogRange } from "../ports.ts";

/** What the contract needs to know of an implementation. */
export interface LogArrangement {
  /** A place without a log, for one claim. */
  create(): Promise<LogPlace>;
}

/** The place of a log under test. */
export interface LogPlace {
  /** A log that has not been used yet. */
  readonly log: Log;
  /**
   * Has the owner of this place commit records in one batch, without the log's knowledge. The first call creates the
   * log.
   */
  commit(records: readonly RecordDraft[]): Promise<void>;
  /** Changes the body of a record behind the owner's back; `null` if that is impossible. */
  readonly tamper: ((seq: number) => Promise<void>) | null;
  close(): Promise<void>;
}

const withinMs = 5_000;

/** The claims that every implementation of `Log` must keep. */
export function logContract(arrangement: LogArrangement): readonly Claim[] {
  const claimOn = (claim: string, check: (place: LogPlace) => Promise<void>): Claim => ({
    claim,
    async check() {
      const place = await arrangement.create();
      await check(place).finally(() => place.close());
    },
  });
  return [...pageClaims(claimOn), ...followClaims(claimOn), ...appendClaims(claimOn), ...closeClaims(claimOn)];
}

type ClaimOn = (claim: string, check: (place: LogPlace) => Promise<void>) => Claim;

function pageClaims(claimOn: ClaimOn): readonly Claim[] {
  return [
    claimOn("says E_INPUT_MISSING while there is no log, and reads it once there is one", async ({ log, commit }) => {
      assert.equal(codeOf(await log.page(allFrom(0))), "E_INPUT_MISSING");
      assert.equal(codeOf(await log.end()), "E_INPUT_MISSING");

      await commit(drafts(2));

      assert.equal(valueOf(await log.end()).length, 2);
    }),
    claimOn("gives records in order, as many as asked for, and fewer only at the end", async ({ log, commit }) => {
      await commit(drafts(5));

      assert.deepEqual(seqs(await log.page({ stream: null, fromSeq: 1, limit: 3 })), [1, 2, 3]);
      assert.deepEqual(seqs(await log.page({ stream: null, fromSeq: 4, limit: 3 })), [4]);
      assert.deepEqual(seqs(await log.page({ stream: null, fromSeq: 5, limit: 3 })), []);
    }),
    claimOn("gives the records of one stream", async ({ log, commit }) => {
      await commit(drafts(6));

      assert.deepEqual(seqs(await log.page({ stream: "run_1", fromSeq: 2, limit: 9 })), [3, 5]);
      assert.deepEqual(seqs(await log.page({ stream: "run_9", fromSeq: 0, limit: 9 })), []);
    }),
    claimOn("ends in the digest of the last record, which names the one before", async ({ log, commit }) => {
      await commit(drafts(3));

      const entries = valueOf(await log.page(allFrom(0)));
      const end = valueOf(await log.end());

      assert.deepEqual(end, { length: 3, head: entries[2]?.digest });
      assert.equal(entries[2]?.record.previous, entries[1]?.digest);
    }),
    claimOn("finds a body that was changed", async ({ log, commit, tamper }) => {
      if (tamper === null) return;
      await commit(drafts(3));
      await tamper(1);

      assert.equal(codeOf(await log.page(allFrom(0))), "E_LOG_CHAIN");
      assert.deepEqual(seqs(await log.page({ stream: null, fromSeq: 2, limit: 9 })), [2]);
    }),
    claimOn("says null for a document that was never stored", async ({ log, commit }) => {
      await commit(drafts(1));

      assert.equal(valueOf(await log.document(`sha256:${"1".repeat(64)}` as Digest)), null);
    }),
  ];
}

function followClaims(claimOn: ClaimOn): readonly Claim[] {
  return [
    claimOn("yields every record once and in order, those that come later too", async ({ log, commit }) => {
      await commit(drafts(1_203));
      const stop = new AbortController();
      const got: number[] = [];
      const late: Promise<unknown>[] = [];

      for await (const entry of log.follow({ stream: null, fromSeq: 3 }, stop.signal)) {
        got.push(valueOf(entry).record.seq);
        if (got.length === 700) await commit(drafts(40));
        if (got.length === 1_240) late.push(commit(drafts(60)));
        if (got.length === 1_300) stop.abort();
      }
      await Promise.all(late);

      assert.deepEqual(
        got,
        Array.from({ length: 1_300 }, (_, index) => index + 3),
      );
    }),
    claimOn("yields the records of one stream alone", async ({ log, commit }) => {
      await commit(drafts(4));
      const stop = new AbortController();
      const got: number[] = [];

      for await (const entry of log.follow({ stream: "run_1", fromSeq: 0 }, stop.signal)) {
        got.push(valueOf(entry).record.seq);
        if (got.length === 2) await commit(drafts(4));
        if (got.length === 4) stop.abort();
      }

      assert.deepEqual(got, [1, 3, 5, 7]);
    }),
    claimOn("ends soon after its signal aborts while nothing comes", async ({ log, commit }) => {
      await commit(drafts(1));
      const stop = new AbortController();
      const followed = collect(log.follow({ stream: null, fromSeq: 1 }, stop.signal));
      setTimeout(() => stop.abort(), 300);

      assert.deepEqual(await soon(followed, withinMs), []);
    }),
    claimOn("yields nothing where the signal was aborted before", async ({ log, commit }) => {
      await commit(drafts(1));

      assert.deepEqual(await collect(log.follow({ stream: null, fromSeq: 0 }, AbortSignal.abort())), []);
    }),
    claimOn("yields a problem once and ends", async ({ log }) => {
      const got = await soon(collect(log.follow({ stream: null, fromSeq: 0 }, new AbortController().signal)), withinMs);

      assert.deepEqual(got.map(codeOf), ["E_INPUT_MISSING"]);
    }),
  ];
}

function appendClaims(claimOn: ClaimOn): readonly Claim[] {
  return [
    claimOn("appends records with their documents, and says where the log ends then", async ({ log, commit }) => {
      await commit(drafts(2));
      const document = storedDocument("interlock.test/1", { plan: "p" });

      const end = valueOf(await log.append(drafts(3), [document]));

      assert.equal(end.length >= 5, true);
      assert.deepEqual(valueOf(await log.document(document.digest)), { plan: "p" });
      assert.equal(valueOf(await log.end()).length, end.length);
    }),
  ];
}

function closeClaims(claimOn: ClaimOn): readonly Claim[] {
  return [
    claimOn("is closed twice without harm, and refuses everything then", async ({ log, commit }) => {
      await commit(drafts(1));
      valueOf(await log.end());

      await log.close();
      await log.close();

      const codes = [await log.end(), await log.page(allFrom(0)), await log.append(drafts(1), [])].map(codeOf);
      assert.deepEqual(codes, ["E_STORE_IO", "E_STORE_IO", "E_STORE_IO"]);
    }),
    claimOn("ends what is followed when it is closed", async ({ log, commit }) => {
      await commit(drafts(1));
      const followed = collect(log.follow({ stream: null, fromSeq: 1 }, new AbortController().signal));
      setTimeout(() => void log.close(), 200);

      assert.deepEqual(await soon(followed, withinMs), []);
    }),
  ];
}

/** This many records, every other one of a run. */
function drafts(count: number): readonly RecordDraft[] {
  return Array.from({ length: count }, (_, index) => ({
    stream: index % 2 === 0 ? "site" : "run_1",
    atMs: 1_000,
    kind: "note",
    body: { note: `${index} \u0000 ünicode` },
  }));
}

function allFrom(fromSeq: number): LogRange {
  return { stream: null, fromSeq, limit: 1_000 };
}

async function collect(followed: ReturnType<Log["follow"]>): Promise<readonly Result<LogEntry, Problem>[]> {
  const got: Result<LogEntry, Problem>[] = [];
  for await (const entry of followed) got.push(entry);
  return got;
}

function seqs(page: Result<readonly LogEntry[], Problem>): readonly number[] {
  return valueOf(page).map(({ record }) => record.seq);
}

function codeOf(result: Result<unknown, Problem>): string {
  return result.ok ? "ok" : result.error.code;
}

function valueOf<T>(result: Result<T, Problem>): T {
  if (!result.ok) assert.fail(`${result.error.code} ${result.error.message}`);
  return result.value;
}
