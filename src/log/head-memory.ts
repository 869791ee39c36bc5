import { hash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Problem, problem } from "../core/value/codes.ts";
import type { LogEnd } from "../ports.ts";
import { HeadFileWriter, readHeadFile } from "./head-file.ts";
import { makeFolder } from "./make-folder.ts";
import { isStorageError } from "./sqlite/store-problem.ts";
import type { LogSource } from "./store.ts";
import type { StoreHome } from "./store-home.ts";

/*
 * What a user has seen of a store is remembered outside of it: how long its log was, and the digest of the last record.
 * The head file in the store's own folder is part of every copy of that folder, so a backup that is written over the
 * store agrees with itself. Then approvals that were used are unused again, and freezes and rejections are forgotten.
 * The memory does not agree, and nothing new is written until a person has accepted the log as it is.
 */

/** Where the memory of a store is kept, below a folder of this user; `null` where there is no such folder. */
export function memoryPath(
  folder: string | null,
  home: Pick<StoreHome, "address">,
  storeId: string | null,
): string | null {
  if (folder === null || storeId === null) return null;
  // A copy elsewhere has the same id and goes its own way.
  const name = `${storeId}\0${home.address()?.path ?? "a journal elsewhere"}`;
  return join(folder, `${hash("sha256", name).slice(0, 32)}.head`);
}

/** Why this log is not the one that was seen, or a later state of it; `null` if it is, and where nothing was seen. */
export function findForgotten(path: string | null, log: Pick<LogSource, "end" | "entries">): Problem | null {
  const seen = seenIn(path);
  if (seen === null) return null;
  if (seen === "damaged")
    return forgotten("what was remembered of this log is damaged, so nobody can say whether records are missing");
  const { length, head } = seen;
  if (length === 0) return null;
  const end = log.end();
  if (length > end.length)
    return forgotten(`${length} records of this log were seen here before, and it holds ${end.length}`);
  const [last] = log.entries({ stream: null, fromSeq: length - 1, limit: 1 });
  return last?.digest === head
    ? null
    : forgotten(`record ${length - 1} of this log is not the one that was seen here before`);
}

/** What was seen, as the record of its acceptance names it; `null` where nothing can be named. */
export function seenIn(path: string | null): LogEnd | "damaged" | null {
  if (path === null) return null;
  const file = readHeadFile(path);
  if (file.kind === "absent") return null;
  return file.kind === "damaged" ? "damaged" : file.head;
}

function forgotten(message: string): Problem {
  return problem("E_LOG_ROLLED_BACK", "", `${message}: nothing new is written, and undoing goes on`);
}

/** The memory that an owner of a store keeps. Where it cannot be written, the store works without one. */
export class HeadMemory {
  readonly #path: string | null;
  #writer: HeadFileWriter | null = null;
  #hold: Problem | null;

  /** Compares the log with what was seen of it before. Writes nothing. */
  constructor(path: string | null, log: Pick<LogSource, "end" | "entries">) {
    this.#path = path;
    this.#hold = findForgotten(path, log);
  }

  /** Why nothing new may be written, or `null`. */
  hold(): Problem | null {
    return this.#hold;
  }

  /** What was seen before; `null` where nothing can be named. */
  seen(): LogEnd | null {
    const seen = seenIn(this.#path);
    return seen === "damaged" ? null : seen;
  }

  /** The log is durable up to here. While it is held, what was seen before stays as it is. */
  note(end: LogEnd): void {
    if (this.#path === null || this.#hold !== null) return;
    try {
      if (this.#writer === null) {
        makeFolder(join(this.#path, ".."));
        this.#writer = new HeadFileWriter(this.#path);
      }
      this.#writer.write(end);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      // A home that is full or read-only must stop no run. What is there stays behind the log, and never ahead of it.
      this.close();
    }
  }

  /** From now on this log, which ends here, is the one that was seen. */
  accept(end: LogEnd): void {
    this.#hold = null;
    this.close();
    // The longer of the two heads in such a file is the one that counts, and the new one may be shorter.
    if (this.#path !== null) rmSync(this.#path, { force: true });
    this.note(end);
  }

  close(): void {
    this.#writer?.close();
    this.#writer = null;
  }
}
