import type { JournalBatch } from "../../ports.ts";
import type { HeadFile } from "../head-file.ts";
import { MemoryTables } from "./memory-tables.ts";

/**
 * What outlives the owner of a memory journal, as a file outlives a process: the batches that were written, how many of
 * them would survive a power cut, and who holds the lock.
 */
export class MemoryDisk {
  /** How often somebody has become the owner. */
  epoch = 0;
  readonly tables = new MemoryTables();
  #batches: JournalBatch[] = [];
  #syncedCount = 0;
  #holder: object | null = null;

  /** Takes the lock, unless somebody else has it. */
  take(holder: object): boolean {
    if (this.#holder !== null && this.#holder !== holder) return false;
    this.#holder = holder;
    return true;
  }

  /** Gives the lock back. Does nothing if somebody else has it by now. */
  release(holder: object): void {
    if (this.#holder === holder) this.#holder = null;
  }

  /**
   * The owner's process died, or its lease ran out while it lives on. Another may open the journal, which fences it.
   */
  abandon(): void {
    this.#holder = null;
  }

  /** Writes a batch, completely or not at all. */
  write(batch: JournalBatch): void {
    this.tables.write(batch);
    this.#batches.push(batch);
  }

  /** From now on, everything that has been written survives a power cut. */
  sync(): void {
    this.#syncedCount = this.#batches.length;
  }

  /** How many of the last batches a power cut may take. */
  unsyncedCount(): number {
    return this.#batches.length - this.#syncedCount;
  }

  /**
   * Cuts the power: the owner is gone, and only the first `keptCount` of the batches that were not synced are left.
   * Like a disk, it keeps a beginning of what was written, never a batch without those before it.
   */
  losePower(keptCount = 0): void {
    const batches = this.#batches.slice(0, this.#syncedCount + keptCount);
    this.#batches = [];
    this.tables.clear();
    for (const batch of batches) this.write(batch);
    this.sync();
    this.abandon();
  }

  /** The end of the log as last synced. */
  acknowledged(): HeadFile {
    const synced = this.#batches[this.#syncedCount - 1];
    return synced === undefined ? { kind: "absent" } : { kind: "head", head: synced.to };
  }
}
