// The physical floor: makes the same number of bytes durable equally often, and decides, seals and reads back nothing.
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

/** The records that one step writes. */
export interface StepBytes {
  readonly recordCount: number;
  readonly bytesPerRecord: number;
}

/** Appends to a file and syncs it, once for each step. */
export class RawLog {
  readonly #file: number;
  readonly #text: string;

  constructor(folder: string, { recordCount, bytesPerRecord }: StepBytes) {
    this.#file = openSync(join(folder, "raw.log"), "a");
    this.#text = "x".repeat(recordCount * bytesPerRecord);
  }

  run(stepCount: number): void {
    for (let step = 0; step <= stepCount; step += 1) {
      writeSync(this.#file, this.#text);
      fdatasyncSync(this.#file);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Inserts into a table in WAL mode and syncs it, once for each step. */
export class RawTable {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #step: StepBytes;
  readonly #text: string;

  constructor(folder: string, step: StepBytes) {
    this.#db = new DatabaseSync(join(folder, "raw.sqlite"));
    this.#db.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE raw (seq INTEGER PRIMARY KEY, text TEXT)",
    );
    this.#insert = this.#db.prepare("INSERT INTO raw (text) VALUES (?)");
    this.#begin = this.#db.prepare("BEGIN IMMEDIATE");
    this.#commit = this.#db.prepare("COMMIT");
    this.#step = step;
    this.#text = "x".repeat(step.bytesPerRecord);
  }

  run(stepCount: number): void {
    for (let step = 0; step <= stepCount; step += 1) this.commit(this.#step.recordCount);
  }

  /** Commits this many rows at once. */
  commit(rowCount: number): void {
    this.#begin.run();
    for (let row = 0; row < rowCount; row += 1) this.#insert.run(this.#text);
    this.#commit.run();
  }

  setSynchronous(level: "FULL" | "NORMAL"): void {
    this.#db.exec(`PRAGMA synchronous = ${level}`);
  }

  close(): void {
    this.#db.close();
  }
}

/** A chain of promises that makes the same calls, one effect and one read for each step, and keeps nothing. */
export async function runPromiseChain(stepCount: number): Promise<void> {
  const levels = new Map<number, number>();
  for (let step = 0; step < stepCount; step += 1) {
    await Promise.resolve().then(() => levels.set(step, 1));
    const level = await Promise.resolve().then(() => levels.get(step));
    if (level !== 1) throw new Error("the box does not show what was written");
  }
}
