// How batches share commits, over a journal in memory that settles when the test says so.
import { describe, expect, it } from "vitest";
import type { CommitTimer } from "./commit-timer.ts";
import type { LogStore } from "./log-store.ts";
import { MemoryDisk } from "./memory/memory-disk.ts";
import type { MemoryFailure, MemoryJournal } from "./memory/memory-journal.ts";
import { openMemoryStore } from "./memory/memory-store.ts";
import { batchOf, bodiesOf, valueOf } from "./sqlite/store.fixture.ts";

/** A timer that calls back when the test says so. */
class HandTimer implements CommitTimer {
  #soon: (() => void) | null = null;
  #later: (() => void) | null = null;

  soon(work: () => void): void {
    this.#soon = work;
  }

  later(work: () => void): void {
    this.#later = work;
  }

  stop(): void {
    this.#soon = null;
    this.#later = null;
  }

  /** What waits, and whether for a moment or longer. */
  waiting(): readonly ("soon" | "later")[] {
    return [...(this.#soon === null ? [] : ["soon" as const]), ...(this.#later === null ? [] : ["later" as const])];
  }

  async fire(which: "soon" | "later"): Promise<void> {
    const work = which === "soon" ? this.#soon : this.#later;
    if (which === "soon") this.#soon = null;
    else this.#later = null;
    work?.();
    await settled();
  }
}

/** Lets every promise settle that can. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

interface Arranged {
  readonly disk: MemoryDisk;
  readonly store: LogStore;
  readonly journal: MemoryJournal;
  readonly timer: HandTimer;
  /** Settled appends, in the order in which they settled. */
  readonly told: string[];
  append(durability: "synced" | "ordered" | "trailing", note: string): void;
}

function arrange(disk = new MemoryDisk()): Arranged {
  const timer = new HandTimer();
  const { store, journal } = valueOf(openMemoryStore(disk, { timer }));
  journal.mode = "held";
  const told: string[] = [];
  const append: Arranged["append"] = (durability, note) => {
    void store
      .append(batchOf(durability, "run_a", note))
      .then((receipt) => told.push(receipt.ok ? note : `${note} ${receipt.error.code}`));
  };
  return { disk, store, journal, timer, told, append };
}

function notesOn(disk: MemoryDisk): readonly string[] {
  return bodiesOf({ entries: (range) => disk.tables.entries(range) }).map((body) => JSON.parse(body ?? "null").note);
}

describe("a group commit", () => {
  it("takes what was handed over until its time, and acknowledges nothing before the journal has it", async () => {
    const { disk, journal, timer, told, append } = arrange();
    append("ordered", "1");
    append("synced", "2");
    append("trailing", "3");
    await timer.fire("soon");

    const before = [notesOn(disk), told.slice(), journal.heldCount()];
    journal.release();
    await settled();

    expect(before).toEqual([[], [], 1]);
    expect([notesOn(disk), told]).toEqual([
      ["1", "2", "3"],
      ["1", "2", "3"],
    ]);
  });

  it("has one append in flight: what is handed over meanwhile shares the next", async () => {
    const { store, journal, timer, told, append } = arrange();
    append("synced", "1");
    await timer.fire("soon");
    append("synced", "2");
    append("ordered", "3");

    const meanwhile = [timer.waiting(), journal.heldCount(), store.end().length];
    journal.release();
    await settled();
    const after = timer.waiting();
    await timer.fire("soon");
    journal.release();
    await settled();

    expect(meanwhile).toEqual([[], 1, 0]);
    expect(after).toEqual(["soon"]);
    expect(told).toEqual(["1", "2", "3"]);
    expect(store.counters()).toMatchObject({ syncedCommits: 2, orderedCommits: 0, batches: 3, records: 3 });
  });

  it("is not made for what only trails: that waits a moment, or goes with the next", async () => {
    const { store, journal, timer, told, append } = arrange();
    append("trailing", "1");
    append("trailing", "2");
    const first = timer.waiting();
    await timer.fire("later");
    journal.release();
    await settled();
    append("trailing", "3");
    append("ordered", "4");
    const second = timer.waiting();
    await timer.fire("soon");
    journal.release();
    await settled();

    expect([first, second]).toEqual([["later"], ["soon", "later"]]);
    expect(told).toEqual(["1", "2", "3", "4"]);
    expect(store.counters()).toMatchObject({ orderedCommits: 2, syncedCommits: 0 });
  });

  it.each<[string, MemoryFailure, string]>([
    ["is full", { kind: "problem", code: "E_STORE_FULL", isWritten: false }, "E_STORE_FULL"],
    ["fails", { kind: "problem", code: "E_STORE_IO", isWritten: false }, "E_STORE_IO"],
    ["fails after it has written", { kind: "problem", code: "E_STORE_IO", isWritten: true }, "E_STORE_IO"],
    ["is fenced", { kind: "problem", code: "E_STORE_FENCED", isWritten: false }, "E_STORE_FENCED"],
    ["throws", { kind: "throws", isWritten: false }, "E_INTERNAL"],
  ])("whose journal %s is refused whole, with everything behind it, and nothing is acknowledged", async (...row) => {
    const [, failure, code] = row;
    const { disk, store, journal, timer, told, append } = arrange();
    append("synced", "1");
    append("ordered", "2");
    await timer.fire("soon");
    append("synced", "3");
    journal.failNext(failure);
    journal.release();
    await settled();
    append("synced", "4");
    await timer.fire("soon");

    expect(told.toSorted()).toEqual(["1", "2", "3", "4"].map((note) => `${note} ${code}`));
    expect(store.failure()?.code).toBe(code);
    expect(store.end().length).toBe(0);
    expect(store.counters().refusals).toBe(4);
    expect(store.lost.aborted).toBe(code === "E_STORE_FENCED");
    await store.close();
    expect(notesOn(disk)).toEqual(failure.isWritten ? ["1", "2"] : []);
  });

  it("is made of everything that waits when the store is closed", async () => {
    const { disk, store, journal, timer, told, append } = arrange();
    append("synced", "1");
    await timer.fire("soon");
    append("trailing", "2");
    append("ordered", "3");
    const closed = store.close();
    const again = store.close();
    for (let round = 0; round < 2; round += 1) {
      journal.release();
      await settled();
    }
    await Promise.all([closed, again]);
    append("ordered", "late");
    await settled();

    expect(told).toEqual(["1", "2", "3", "late E_STORE_IO"]);
    expect(notesOn(disk)).toEqual(["1", "2", "3"]);
    disk.losePower();
    expect(notesOn(disk)).toEqual(["1", "2", "3"]);
  });
});

describe("a process that dies", () => {
  it("leaves what its journal has written, and the next owner begins there", async () => {
    const { disk, journal, timer, told, append } = arrange();
    append("synced", "acknowledged");
    await timer.fire("soon");
    journal.release();
    await settled();
    append("synced", "written");
    await timer.fire("soon");
    journal.land();
    disk.abandon();

    const next = arrange(disk);

    expect(told).toEqual(["acknowledged"]);
    expect(next.store.end().length).toBe(2);
    expect(next.store.epoch).toBe(2);
  });

  it("just before its commit leaves nothing of it", async () => {
    const { disk, journal, timer, append } = arrange();
    append("synced", "1");
    await timer.fire("soon");
    journal.drop();
    disk.abandon();

    expect(arrange(disk).store.end().length).toBe(0);
  });

  it("and its power with it leaves what was synced, and a beginning of the rest", async () => {
    const { disk, journal, timer, append } = arrange();
    for (const [durability, note] of [
      ["synced", "1"],
      ["ordered", "2"],
      ["ordered", "3"],
    ] as const) {
      append(durability, note);
      await timer.fire("soon");
      journal.release();
      await settled();
    }

    const unsynced = disk.unsyncedCount();
    disk.losePower(1);

    expect(unsynced).toBe(2);
    expect(notesOn(disk)).toEqual(["1", "2"]);
  });

  it("does not append any more where it lives on after another has taken over", async () => {
    const { disk, store, journal, timer, told, append } = arrange();
    append("synced", "1");
    await timer.fire("soon");
    disk.abandon();
    const next = arrange(disk);
    next.journal.mode = "immediate";
    next.append("synced", "2");
    await next.timer.fire("soon");

    journal.release();
    await settled();

    expect(told).toEqual(["1 E_STORE_FENCED"]);
    expect(store.lost.aborted).toBe(true);
    expect(notesOn(disk)).toEqual(["2"]);
  });
});
