import { testDigest } from "../../src/core/run/fixtures/plan.fixture.ts";
import type { Event } from "../../src/core/run/words/event.ts";
import { type Problem, problem } from "../../src/core/value/codes.ts";
import type { Digest } from "../../src/core/value/digest.ts";
import { fail, ok, type Result } from "../../src/core/value/result.ts";
import type { AppendBatch, AppendReceipt, Durability, Store } from "../../src/log/store.ts";
import type { Commit } from "../commits.ts";

/** What outlives a process. A kill leaves all of it; a power cut leaves what was synced, and perhaps some more. */
export interface Disk {
  readonly commits: Commit[];
  /** Commits that survive a power cut. */
  syncedCount: number;
  /** Of the engine that opened it last. */
  epoch: number;
}

/** A commit that an engine has handed over and has not been told about. */
export interface Handed {
  readonly commit: Commit;
  readonly durability: Durability;
  readonly settle: (receipt: Result<AppendReceipt, Problem>) => void;
  readonly throwAt: (error: Error) => void;
  isWritten: boolean;
}

const head: Digest = testDigest("head");

/** A disk without records. */
export function createDisk(): Disk {
  return { commits: [], syncedCount: 0, epoch: 0 };
}

/** Whether this event has reached the disk, at which commit; -1 where it has not. */
export function commitOf(disk: Disk, event: Event): number {
  return disk.commits.findLastIndex(({ events }) => events.includes(event));
}

/** A store whose appends settle when the schedule says so: written or refused, and told at once, later or never. */
export class LoopStore implements Store {
  readonly epoch: number;
  readonly #disk: Disk;
  /** Oldest first. Those that are written come before those that are not. */
  handed: Handed[] = [];
  /** Nothing is written any more: an earlier commit was refused, and none may follow it. */
  isRefusing = false;

  constructor(disk: Disk, epoch: number) {
    this.#disk = disk;
    this.epoch = epoch;
  }

  append({ durability, records }: AppendBatch): Promise<Result<AppendReceipt, Problem>> {
    return new Promise((settle, throwAt) => {
      // Bodies are the events that the engine handed over, and all of a batch have one time.
      const events = records.map(({ body }) => body as unknown as Event);
      const commit: Commit = { events, atMs: records[0]?.atMs ?? 0, epoch: this.epoch };
      this.handed.push({ commit, durability, settle, throwAt, isWritten: false });
    });
  }

  /** Whether a newer engine has opened the disk. */
  isFenced(): boolean {
    return this.epoch < this.#disk.epoch;
  }

  /** Commits that are not written yet. */
  unwritten(): readonly Handed[] {
    return this.handed.filter(({ isWritten }) => !isWritten);
  }

  /** Writes the oldest of those that wait, in one go: if one of them has to be synced, all of them are. */
  write(count: number): void {
    const written = this.unwritten().slice(0, count);
    for (const handed of written) {
      handed.isWritten = true;
      this.#disk.commits.push(handed.commit);
    }
    if (written.some(({ durability }) => durability === "synced")) this.#disk.syncedCount = this.#disk.commits.length;
  }

  /** Tells the engine of the oldest commits that are written. */
  tell(count = Infinity): void {
    const told = this.handed.filter(({ isWritten }) => isWritten).slice(0, count);
    this.handed = this.handed.filter((handed) => !told.includes(handed));
    for (const { settle } of told) settle(ok({ firstSeq: 0, length: this.#disk.commits.length, head }));
  }

  /** Writes nothing more: the disk is full, another engine has opened it, or the store is broken and throws. */
  refuse(how: "full" | "fenced" | "throws"): void {
    this.isRefusing = true;
    const refused = this.unwritten();
    this.handed = this.handed.filter(({ isWritten }) => isWritten);
    const why =
      how === "full"
        ? problem("E_STORE_FULL", "", "the disk is full")
        : problem("E_STORE_FENCED", "", "another engine has opened the store");
    for (const { settle, throwAt } of refused) {
      if (how === "throws") throwAt(new Error("the store is broken"));
      else settle(fail(why));
    }
  }

  hasRun(runId: string): boolean {
    return this.#disk.commits.some(({ events }) =>
      events.some((event) => event.kind === "run_started" && event.runId === runId),
    );
  }

  length(): number {
    return this.#disk.commits.length;
  }

  head(): Digest {
    return head;
  }

  entries(): readonly never[] {
    return [];
  }

  document(): null {
    return null;
  }

  /** As the contract says: what was handed over is made durable first. */
  close(): Promise<void> {
    if (!this.isFenced() && !this.isRefusing) {
      this.write(Infinity);
      this.#disk.syncedCount = this.#disk.commits.length;
      this.tell();
    }
    return Promise.resolve();
  }
}
