import assert from "node:assert/strict";
import { type Claim, soon } from "../contract.ts";
import { genesisDigest } from "../core/log/chain.ts";
import type { Problem } from "../core/value/codes.ts";
import { digest } from "../core/value/digest.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import type { Result } from "../core/value/result.ts";
import { storedDocument } from "../core/value/stored-document.ts";
import type { BodyChange, Durability, Journal, JournalBatch, JournalLease, LogEnd, StoredDocument } from "../ports.ts";
import { prepareBatch, sealBatch } from "./seal.ts";

/** What the contract needs to know of an implementation. */
export interface JournalArrangement {
  /** A place without a journal, for one claim. */
  create(): Promise<JournalPlace>;
}

/** Where a test's journals are, and how things go wrong there. `null` stands for what an implementation cannot do. */
export interface JournalPlace {
  /** Another handle to the journal of this place, not open yet. */
  handle(): Journal;
  /** Ends the owner's hold while the owner lives on and does not know, so that another may open the journal. */
  readonly loseHold: (() => Promise<void>) | null;
  /** Makes the next append of this handle fail with this code, after writing all of it or nothing. */
  readonly failNext: ((journal: Journal, code: "E_STORE_FULL" | "E_STORE_IO", whole: "nothing" | "all") => void) | null;
  /** Cuts the power: the owner is gone, and so may be anything that was not synced. */
  readonly losePower: (() => Promise<void>) | null;
  close(): Promise<void>;
}

type ClaimOn = (claim: string, check: (place: JournalPlace) => Promise<void>) => Claim;

const withinMs = 5_000;
const empty: LogEnd = { length: 0, head: genesisDigest };

/** The claims that every implementation of `Journal` must keep. */
export function journalContract(arrangement: JournalArrangement): readonly Claim[] {
  const claimOn: ClaimOn = (claim, check) => ({
    claim,
    async check() {
      const place = await arrangement.create();
      await check(place).finally(() => place.close());
    },
  });
  return [
    ...openClaims(claimOn),
    ...appendClaims(claimOn),
    ...keepClaims(claimOn),
    ...bodyClaims(claimOn),
    ...refusalClaims(claimOn),
    ...failureClaims(claimOn),
    ...followClaims(claimOn),
    ...closeClaims(claimOn),
  ];
}

/** An owner of a journal who chains what it appends. */
class Writer {
  readonly journal: Journal;
  readonly lease: JournalLease;
  end: LogEnd;

  constructor(journal: Journal, lease: JournalLease) {
    this.journal = journal;
    this.lease = lease;
    this.end = lease.end;
  }

  /** A batch that follows this writer's end, with one record for each note. */
  batch(notes: readonly JsonValue[], options: BatchOptions = {}): JournalBatch {
    const { durability = "synced", documents = [], bodies = [], kind = "note", stream = "site" } = options;
    const records = notes.map((note) => ({ stream, atMs: 1_000, kind, body: { kind, note } }));
    const batches = [prepareBatch({ durability, records, documents }, bodies)];
    return { ...sealBatch({ epoch: this.lease.epoch, from: this.end, durability, batches }) };
  }

  async append(batch: JournalBatch): Promise<Result<undefined, Problem>> {
    const written = await this.journal.append(batch);
    if (written.ok) this.end = batch.to;
    return written;
  }

  async write(notes: readonly JsonValue[], options: BatchOptions = {}): Promise<void> {
    valueOf(await this.append(this.batch(notes, options)));
  }
}

interface BatchOptions {
  readonly durability?: Durability;
  readonly documents?: readonly StoredDocument[];
  readonly bodies?: readonly BodyChange[];
  readonly kind?: string;
  readonly stream?: string;
}

async function own(place: JournalPlace, owner = "ada"): Promise<Writer> {
  const journal = place.handle();
  return new Writer(journal, valueOf(await journal.open(owner)));
}

function openClaims(claimOn: ClaimOn): readonly Claim[] {
  return [
    claimOn("begins empty, and is its owner's alone", async (place) => {
      const first = await own(place);

      assert.deepEqual(first.lease.end, empty);
      assert.equal(codeOf(await place.handle().open("bob")), "E_STORE_LOCKED");
      assert.equal(first.lease.lost.aborted, false);
    }),
    claimOn("gives each owner a greater epoch, and the end that the last one left", async (place) => {
      const first = await own(place);
      await first.write(["a", "b"], { durability: "ordered" });
      await first.journal.close();

      const second = await own(place);
      await second.journal.close();
      const third = await own(place);

      assert.deepEqual(second.lease.end, first.end);
      assert.deepEqual(third.lease.end, first.end);
      assert.equal(first.lease.epoch < second.lease.epoch && second.lease.epoch < third.lease.epoch, true);
    }),
  ];
}

function appendClaims(claimOn: ClaimOn): readonly Claim[] {
  return [
    claimOn("has what it acknowledged, in order and byte for byte", async (place) => {
      const writer = await own(place);
      const notes = ["a", "", "ünïcode \u{1f512}", "\u0000\n\"'", "x".repeat(300_000), { deep: [1, null, true] }];
      await writer.write(notes.slice(0, 2));
      await writer.write(notes.slice(2), { stream: "run_1", durability: "trailing" });

      const tail = valueOf(await writer.journal.tail(0, 100));

      assert.deepEqual(
        tail.map(({ record }) => record.seq),
        [0, 1, 2, 3, 4, 5],
      );
      assert.deepEqual(
        tail.map(({ bodyText }) => JSON.parse(bodyText ?? "null").note),
        notes,
      );
      assert.deepEqual([tail[5]?.digest, tail[5]?.removedBy], [writer.end.head, null]);
      assert.equal(tail[3]?.record.previous, tail[2]?.digest);
      assert.deepEqual(
        tail.map(({ record }) => record.stream),
        ["site", "site", "run_1", "run_1", "run_1", "run_1"],
      );
    }),
    claimOn("gives its records a page at a time, and none behind its end", async (place) => {
      const writer = await own(place);
      await writer.write(["a", "b", "c", "d"]);

      const pages = [await writer.journal.tail(1, 2), await writer.journal.tail(3, 2), await writer.journal.tail(4, 2)];

      assert.deepEqual(
        pages.map((page) => valueOf(page).map(({ record }) => record.seq)),
        [[1, 2], [3], []],
      );
    }),
    claimOn("stores documents in the same commit, in order, and each once", async (place) => {
      const writer = await own(place);
      const [one, two, three] = [documentOf("one"), documentOf("two"), documentOf("three")];
      await writer.write(["a"], { documents: [two, one] });
      // Without a record, like a plan that is stored beforehand.
      await writer.write([], { documents: [one, three] });

      const { journal } = writer;
      const [all, rest] = [await journal.documents(0, 10), await journal.documents(1, 1)].map(valueOf);
      const texts = [two, one, three].map(({ value }) => JSON.stringify(value));

      assert.deepEqual(
        all?.map(({ text }) => text),
        texts,
      );
      assert.deepEqual(
        rest?.map(({ digest: found }) => found),
        [one.digest],
      );
      assert.equal(valueOf(await journal.document(three.digest)), JSON.stringify(three.value));
      assert.equal(valueOf(await journal.document(digest("interlock.test/1", "never"))), null);
    }),
  ];
}

function keepClaims(claimOn: ClaimOn): readonly Claim[] {
  return [
    claimOn("is found by the next owner as it was", async (place) => {
      const first = await own(place);
      await first.write(["a", "b"], { documents: [documentOf("one")] });
      const before = valueOf(await first.journal.tail(0, 10));
      await first.journal.close();

      const second = await own(place);
      await second.write(["c"]);

      assert.deepEqual(valueOf(await second.journal.tail(0, 2)), before);
      assert.equal(valueOf(await second.journal.documents(0, 10)).length, 1);
      assert.equal(valueOf(await second.journal.tail(2, 10))[0]?.record.previous, before[1]?.digest);
    }),
    claimOn("keeps what is synced, and everything before it, through a power cut", async (place) => {
      if (place.losePower === null) return;
      const writer = await own(place);
      await writer.write(["ordered"], { durability: "ordered", documents: [documentOf("one")] });
      await writer.write(["synced"], { durability: "synced" });
      const synced = writer.end;
      await writer.write(["lost, perhaps"], { durability: "ordered" });

      await place.losePower();
      const next = await own(place);

      assert.equal(next.end.length >= synced.length, true);
      assert.equal(valueOf(await next.journal.tail(1, 1))[0]?.digest, synced.head);
      assert.equal(valueOf(await next.journal.documents(0, 10)).length, 1);
    }),
  ];
}

function bodyClaims(claimOn: ClaimOn): readonly Claim[] {
  return [
    claimOn("takes bodies out and puts them back in the commit that says so", async (place) => {
      const writer = await own(place);
      await writer.write(["a", "b", "c"]);
      const before = valueOf(await writer.journal.tail(0, 3));
      const [, kept] = before;
      if (kept === undefined) assert.fail("record 1 is there");
      const { body, seq } = kept.record;

      await writer.write(["b is gone"], { bodies: [{ kind: "remove", seq, body }], stream: "store" });
      const gone = valueOf(await writer.journal.tail(0, 3));
      const bodyText = kept.bodyText ?? "";
      await writer.write(["b is back"], { bodies: [{ kind: "restore", seq, bodyText }], stream: "store" });

      assert.deepEqual(gone[1], { ...kept, bodyText: null, removedBy: 3 });
      assert.deepEqual([gone[0], gone[2]], [before[0], before[2]]);
      assert.deepEqual(valueOf(await writer.journal.tail(0, 3)), before);
    }),
  ];
}

function refusalClaims(claimOn: ClaimOn): readonly Claim[] {
  /** Checks that nothing of it was written, as the next owner sees it. */
  const isUntouched = async (place: JournalPlace, writer: Writer, documentCount: number): Promise<void> => {
    const { end } = writer;
    await writer.journal.close();
    const next = await own(place);
    assert.deepEqual(next.lease.end, end);
    assert.equal(valueOf(await next.journal.documents(0, 10)).length, documentCount);
  };
  const documents = [documentOf("one")];
  return [
    claimOn("refuses a batch from another end, and writes nothing of it", async (place) => {
      const writer = await own(place);
      await writer.write(["a"]);
      const batch = writer.batch(["b"], { documents });
      const other = digest("interlock.test/1", "another head");

      const wrong = await writer.append({ ...batch, from: { length: 1, head: other } });

      assert.equal(codeOf(wrong), "E_STORE_FENCED");
      await isUntouched(place, writer, 0);
    }),
    claimOn("refuses a batch of another epoch, and writes nothing of it", async (place) => {
      const writer = await own(place);
      await writer.write(["a"]);

      const late = await writer.append({ ...writer.batch(["b"], { documents }), epoch: writer.lease.epoch - 1 });

      assert.equal(codeOf(late), "E_STORE_FENCED");
      await isUntouched(place, writer, 0);
    }),
    claimOn("fences an owner that another one has replaced", async (place) => {
      if (place.loseHold === null) return;
      const first = await own(place);
      await first.write(["a"]);
      await place.loseHold();
      const second = await own(place, "bob");

      const late = await first.append(first.batch(["late"], { documents }));

      assert.equal(codeOf(late), "E_STORE_FENCED");
      assert.equal(first.lease.lost.aborted, true);
      await second.write(["b"]);
      assert.equal(valueOf(await second.journal.tail(0, 10)).length, 2);
      assert.equal(valueOf(await second.journal.documents(0, 10)).length, 0);
      await first.journal.close();
      assert.equal(codeOf(await place.handle().open("carol")), "E_STORE_LOCKED");
    }),
  ];
}

function failureClaims(claimOn: ClaimOn): readonly Claim[] {
  const cases = (["E_STORE_FULL", "E_STORE_IO"] as const).flatMap((code) =>
    (["nothing", "all"] as const).map((whole) => ({ code, whole })),
  );
  return cases.map(({ code, whole }) =>
    claimOn(
      `that fails in the middle of an append (${code}, ${whole} of it written) has it whole or not at all`,
      async (place) => {
        if (place.failNext === null) return;
        const writer = await own(place);
        await writer.write(["a"], { documents: [documentOf("one")] });
        const [first] = valueOf(await writer.journal.tail(0, 1));
        if (first === undefined) assert.fail("record 0 is there");
        const batch = writer.batch(["b", "c"], {
          documents: [documentOf("two")],
          bodies: [{ kind: "remove", seq: 0, body: first.record.body }],
        });

        place.failNext(writer.journal, code, whole);
        const failed = await writer.append(batch);
        await writer.journal.close();
        const next = await own(place);

        assert.equal(codeOf(failed), code);
        const isWhole = next.end.length === batch.to.length;
        assert.deepEqual(next.end, isWhole ? batch.to : batch.from);
        assert.equal(valueOf(await next.journal.documents(0, 10)).length, isWhole ? 2 : 1);
        assert.equal(valueOf(await next.journal.tail(0, 1))[0]?.removedBy, isWhole ? 1 : null);
        await next.write(["d"]);
      },
    ),
  );
}

function followClaims(claimOn: ClaimOn): readonly Claim[] {
  return [
    claimOn("tells those who follow where the log ends, until they have heard enough", async (place) => {
      const writer = await own(place);
      const heard: number[] = [];
      const reached = new Promise<void>((resolve) => {
        const stop = writer.journal.follow((length) => {
          heard.push(length);
          if (length < 4) return;
          stop();
          stop();
          resolve();
        });
      });
      for (const notes of [["a"], ["b", "c"], ["d"]]) await writer.write(notes);
      await soon(reached, withinMs);

      await writer.write(["e"]);
      await new Promise((resolve) => setTimeout(resolve, 20));

      assert.equal(heard.at(-1), 4);
      assert.deepEqual(
        heard,
        [...new Set(heard)].sort((left, right) => left - right),
      );
    }),
  ];
}

function closeClaims(claimOn: ClaimOn): readonly Claim[] {
  return [
    claimOn("works only while it is open, and is closed twice without harm", async (place) => {
      const journal = place.handle();
      const before = codeOf(await journal.tail(0, 1));
      const writer = new Writer(journal, valueOf(await journal.open("ada")));
      const batch = writer.batch(["a"]);
      await journal.close();
      await journal.close();

      const after = [await journal.append(batch), await journal.tail(0, 1), await journal.documents(0, 1)].map(codeOf);

      assert.deepEqual([before, ...after], ["E_STORE_IO", "E_STORE_IO", "E_STORE_IO", "E_STORE_IO"]);
      assert.deepEqual((await own(place)).lease.end, empty);
    }),
    claimOn("closed before it was opened stays free", async (place) => {
      await place.handle().close();

      assert.deepEqual((await own(place)).lease.end, empty);
    }),
  ];
}

function documentOf(name: string): StoredDocument {
  return storedDocument("interlock.test/1", { name });
}

function codeOf(result: Result<unknown, Problem>): string {
  return result.ok ? "ok" : result.error.code;
}

function valueOf<T>(result: Result<T, Problem>): T {
  if (!result.ok) assert.fail(`${result.error.code} ${result.error.message}`);
  return result.value;
}
