import { hash } from "node:crypto";
import { accessSync, appendFileSync, constants, existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { emptyChain } from "../core/log/chain.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { parseJson } from "../core/value/json.ts";
import { isJsonObject } from "../core/value/json-value.ts";
import { quote } from "../core/value/text.ts";
import { readRegular } from "../intake/read-file.ts";
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
 *
 * Where the memory lies depends on the environment. So the store's folder has a note of every place where one was
 * begun, and by whom. A memory that is not where it was is noticed, and one in an earlier place is still compared.
 */

/** Where memories of the log in this folder of a store are noted. */
export function memoryNotesPath(home: Pick<StoreHome, "folder">): string {
  return join(home.folder, "log.memories");
}

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
export function findForgotten(
  path: string | null,
  log: Pick<LogSource, "end" | "entries">,
  notes: string | null = null,
): Problem | null {
  const earlier = notedIn(notes, path);
  if (earlier === "damaged")
    return forgotten(
      "the note of where this log is remembered is damaged, so nobody can say whether records are missing",
    );
  for (const place of earlier) {
    if (seenIn(place) === null)
      return forgotten(`this log was remembered in ${quote(place)}, and that is not there any more`);
  }
  return [...earlier, path].map((place) => compare(place, log)).find((found) => found !== null) ?? null;
}

/** Where this user, on this machine, began to remember the store that `path` is about. */
function notedIn(notes: string | null, path: string | null): readonly string[] | "damaged" {
  if (notes === null || path === null || !existsSync(notes)) return [];
  const read = readRegular(notes, { bytesMax: notesBytesMax, links: "refused" });
  if (!read.ok) return "damaged";
  const places: string[] = [];
  for (const line of new TextDecoder().decode(read.value).split("\n")) {
    if (line === "") continue;
    const json = parseJson(line);
    if (!json.ok || !isJsonObject(json.value)) return "damaged";
    const { by, place } = json.value;
    // A copy of the folder elsewhere has its notes too. They are about the other path, and so about another name.
    if (by === userHere() && typeof place === "string" && basename(place) === basename(path)) places.push(place);
  }
  return places;
}

const notesBytesMax = 1_000_000;

/** Whose memory it is: another user, or the same one on another machine, cannot see it. */
function userHere(): string {
  return `${process.getuid?.() ?? "user"}@${hostname()}`;
}

function compare(path: string | null, log: Pick<LogSource, "end" | "entries">): Problem | null {
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

function noteLine(path: string): string {
  return `${JSON.stringify({ by: userHere(), place: path })}\n`;
}

function forgotten(message: string): Problem {
  return problem("E_LOG_ROLLED_BACK", "", `${message}: nothing new is written, and undoing goes on`);
}

/** Why this log cannot be remembered: what nobody remembers cannot be missed later. */
function unremembered(path: string, error: unknown): Problem {
  const reason = error instanceof Error && "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
  const message = `what this log holds cannot be remembered in ${quote(dirname(path))}${reason}`;
  return problem("E_LOG_UNREMEMBERED", "", `${message}: nothing new is written, and undoing goes on`);
}

/** Whether the memory of a log could be written now; the problem if not. Writes nothing. */
export function findObstacle(path: string | null): Problem | null {
  if (path === null) return null;
  try {
    let place = path;
    while (!existsSync(place)) place = dirname(place);
    accessSync(place, constants.W_OK);
    if (place !== path && !statSync(place).isDirectory()) return unremembered(path, null);
    return null;
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return unremembered(path, error);
  }
}

/**
 * The memory that an owner of a store keeps. While it cannot be written, nothing new is: an approval that was used
 * could be used again in an older copy, and nobody would notice.
 */
export class HeadMemory {
  readonly #path: string | null;
  readonly #notes: string | null;
  #writer: HeadFileWriter | null = null;
  #hold: Problem | null;
  /** Whether something was known of this log when it was opened. */
  readonly #wasSeen: boolean;
  #obstacle: Problem | null = null;
  /** What is to be remembered; `null` where this owner has made nothing durable yet. */
  #end: LogEnd | null = null;

  /**
   * Compares the log with what was seen of it before. Writes nothing.
   *
   * @param notes - where the places of memories are noted; `null` notes none
   */
  constructor(path: string | null, log: Pick<LogSource, "end" | "entries">, notes: string | null = null) {
    this.#path = path;
    this.#notes = notes;
    this.#hold = findForgotten(path, log, notes);
    this.#wasSeen = seenIn(path) !== null || this.#hold !== null || notedIn(notes, path).length > 0;
  }

  /**
   * What the start of a run should say; `null` where all is well.
   *
   * @param hasRuns - whether the log held runs when it was opened
   */
  warning(hasRuns: boolean): string | null {
    return this.#wasSeen || !hasRuns
      ? null
      : "nothing is remembered of this log outside its store, so a copy that was rolled back could not be noticed";
  }

  /** Makes sure that there will be a memory, before anything depends on it. */
  begin(): void {
    if (this.#path === null || this.#hold !== null) return;
    const path = this.#path;
    this.#try(path, () => {
      const isNew = seenIn(path) === null;
      const writer = this.#open(path);
      // Room for the first head is room for all of them.
      if (isNew) writer.write({ length: 0, head: emptyChain.head });
    });
  }

  /** Why nothing new may be written, or `null`. Where the memory could not be written before, it is tried once more. */
  hold(): Problem | null {
    if (this.#hold !== null || this.#obstacle === null) return this.#hold;
    if (this.#end === null) this.begin();
    else this.note(this.#end);
    return this.#obstacle;
  }

  /** Why this log is not the one that was seen, or `null`. A person may accept it. */
  forgotten(): Problem | null {
    return this.#hold;
  }

  /** Why the memory cannot be written, as far as that can be told without writing. */
  obstacle(): Problem | null {
    return findObstacle(this.#path);
  }

  /** What was seen before; `null` where nothing can be named. */
  seen(): LogEnd | null {
    const seen = seenIn(this.#path);
    return seen === "damaged" ? null : seen;
  }

  /** The log is durable up to here. While it is held, what was seen before stays as it is. */
  note(end: LogEnd): void {
    if (this.#path === null || this.#hold !== null) return;
    const path = this.#path;
    this.#end = end;
    this.#try(path, () => this.#open(path).write(end));
  }

  /** From now on this log, which ends here, is the one that was seen. */
  accept(end: LogEnd): void {
    const path = this.#path;
    if (path === null) return;
    this.#hold = null;
    this.close();
    this.#try(path, () => {
      // The longer of the two heads in such a file is the one that counts, and the new one may be shorter.
      rmSync(path, { force: true });
      // From here on only this memory counts.
      if (this.#notes !== null) writeFileSync(this.#notes, "", { mode: 0o600 });
    });
    this.note(end);
  }

  close(): void {
    this.#writer?.close();
    this.#writer = null;
  }

  #open(path: string): HeadFileWriter {
    if (this.#writer !== null) return this.#writer;
    makeFolder(dirname(path));
    this.#writer = new HeadFileWriter(path);
    this.#keepNote(path);
    return this.#writer;
  }

  /** What is in the file stays behind the log if this fails, and is never ahead of it. */
  #try(path: string, write: () => void): void {
    try {
      write();
      this.#obstacle = null;
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.#obstacle = unremembered(path, error);
      this.close();
    }
  }

  #keepNote(path: string): void {
    const noted = notedIn(this.#notes, path);
    if (this.#notes === null || noted === "damaged" || noted.includes(path)) return;
    appendFileSync(this.#notes, noteLine(path), { mode: 0o600 });
  }
}
