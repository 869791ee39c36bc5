import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

import type { CommandKind } from "./commands.ts";
import type { ArrayObject, ArrayShape, PendingUpgrade } from "./model.ts";

/** Something that happened without a request. */
export type EventKind =
  | "firmware_upgraded"
  | "firmware_reverted"
  | "firmware_failed"
  | "firmware_cancelled"
  | "path_lost"
  | "path_returned";

/**
 * One thing that was really applied, and the object that it left. `request` entries are clients' writes, each written
 * once however often it was sent. `event` entries are the array's own (an upgrade that ended, a path that flapped).
 */
export type JournalEntry = RequestEntry | EventEntry;

interface EntryBase {
  readonly seq: number;
  readonly atMs: number;
  readonly target: string;
  /**
   * Whether the object differs from the one before. Switching a host to the path that it already uses is applied and
   * changes nothing.
   */
  readonly changed: boolean;
  readonly before: ArrayObject["value"];
  readonly after: ArrayObject["value"];
}

/** A client's write. */
export interface RequestEntry extends EntryBase {
  readonly kind: "request";
  readonly what: CommandKind;
  readonly key: string | null;
  /** Method, path and body. The same key with another request is refused. */
  readonly request: string;
}

/** Something that the array did by itself. */
export interface EventEntry extends EntryBase {
  readonly kind: "event";
  readonly what: EventKind;
}

/** The content of one line of the file: enough to fold the state from the first line to the last. */
export interface JournalLine {
  readonly entry: JournalEntry;
  readonly after: ArrayObject;
  readonly pending: PendingUpgrade | null;
}

/** The most entries that an array may have. After that it refuses writes instead of growing for ever. */
const journalEntriesMax = 100_000;

/**
 * The applied lines, in memory and, with a folder, in `journal.jsonl`. A line is written and synced before its request
 * is answered, so that a killed array knows after its restart what it had applied. A line torn by the kill was never
 * answered, and is cut off.
 */
export class Journal {
  readonly #lines: JournalLine[] = [];
  readonly #byKey = new Map<string, RequestEntry>();
  readonly #file: number | null;
  /** The shape that the array was created with. A stored one takes precedence over a given one. */
  readonly shape: ArrayShape;

  constructor(folder: string | null, shape: ArrayShape) {
    if (folder === null) {
      this.#file = null;
      this.shape = shape;
      return;
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, "journal.jsonl");
    this.#file = openSync(path, "a+", 0o600);
    const stored = this.#readStored(path);
    this.shape = stored ?? shape;
    if (stored === null) this.#write({ shape });
  }

  get lines(): readonly JournalLine[] {
    return this.#lines;
  }

  get isFull(): boolean {
    return this.#lines.length >= journalEntriesMax;
  }

  findByKey(key: string): RequestEntry | null {
    return this.#byKey.get(key) ?? null;
  }

  append(line: JournalLine): void {
    this.#write(line);
    this.#remember(line);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }

  #remember(line: JournalLine): void {
    this.#lines.push(line);
    if (line.entry.kind === "request" && line.entry.key !== null) this.#byKey.set(line.entry.key, line.entry);
  }

  #write(document: object): void {
    if (this.#file === null) return;
    writeSync(this.#file, `${JSON.stringify(document)}\n`);
    fsyncSync(this.#file);
  }

  #readStored(path: string): ArrayShape | null {
    const bytes = readFileSync(path);
    const wholeSize = bytes.lastIndexOf(0x0a) + 1;
    if (this.#file !== null && wholeSize < bytes.length) ftruncateSync(this.#file, wholeSize);
    const [head, ...rest] = bytes
      .subarray(0, wholeSize)
      .toString("utf8")
      .split("\n")
      .filter((text) => text !== "");
    if (head === undefined) return null;
    // The casts: only this class writes the file, one of these two shapes a line, the head first.
    for (const text of rest) this.#remember(JSON.parse(text) as JournalLine);
    return (JSON.parse(head) as { readonly shape: ArrayShape }).shape;
  }
}
