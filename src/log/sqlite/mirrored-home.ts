import { existsSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { Journal } from "../../ports.ts";
import { compareJournal } from "../compare-journal.ts";
import { guardJournal } from "../guard-journal.ts";
import type { LogStore } from "../log-store.ts";
import type { StoreReader } from "../store.ts";
import type { StoreHome } from "../store-home.ts";
import { mirrorPaths, storePaths } from "./store-paths.ts";
import { isStorageError } from "./store-problem.ts";

/** How long to wait for a process that is about to give the journal up. */
const patienceMs = 3_000;

/** The parts of a store whose journal is elsewhere. */
export interface MirroredHomeParts {
  readonly folder: string;
  /** Makes a handle to the journal. Each is opened once and closed once. */
  readonly journal: () => Journal;
  /** Hears what the journal threw. */
  readonly onDefect: (error: unknown) => void;
}

/** A store whose log is in a journal elsewhere, with a mirror of it in this folder. Opens nothing until it is used. */
export class MirroredHome implements StoreHome {
  readonly folder: string;
  readonly paths: ReturnType<typeof mirrorPaths>;
  readonly isMirror = true;
  readonly #parts: MirroredHomeParts;
  /** The journal that this process has open. */
  #current: Journal | null = null;
  #catchingUp: Promise<Result<undefined, Problem>> | null = null;

  constructor(parts: MirroredHomeParts) {
    this.#parts = parts;
    this.folder = parts.folder;
    this.paths = mirrorPaths(parts.folder);
  }

  address(): null {
    return null;
  }

  async own(owner: string): Promise<Result<LogStore, Problem>> {
    if (existsSync(storePaths(this.folder).database))
      return fail(problem("E_STORE_JOURNAL", "", "this folder holds a log that was begun without this journal"));
    const opened = await this.#open(owner, { isFresh: false });
    // A damaged mirror can be replaced, because the journal has everything that it shows.
    return opened === "damaged" ? this.#openFresh(owner) : opened;
  }

  async read(): Promise<Result<StoreReader, Problem>> {
    this.#catchingUp ??= this.#catchUp().finally(() => {
      this.#catchingUp = null;
    });
    const caughtUp = await this.#catchingUp;
    if (!caughtUp.ok) return caughtUp;
    const { openReaderAt } = await import("./reader.ts");
    const reader = openReaderAt(this.paths);
    if (!reader.ok || reader.value.end().length > 0) return reader;
    reader.value.close();
    return fail(
      problem("E_INPUT_MISSING", "", "the journal holds no log yet", "trust a pack: that begins one", { do: "trust" }),
    );
  }

  async checkJournal(reader: StoreReader): Promise<Result<undefined, Problem>> {
    await this.#catchingUp;
    const current = this.#current;
    const same = current === null ? null : await compareJournal(current, reader);
    // An owner that has left meanwhile has closed what was being read.
    if (same !== null && (same.ok || this.#current === current)) return same;
    const owned = await this.#ownSoon("a verification");
    if (!owned.ok) return owned;
    try {
      return this.#current === null ? fail(gone()) : await compareJournal(this.#current, reader);
    } finally {
      await owned.value.close();
    }
  }

  distrust(): boolean {
    try {
      // With "wx" a pipe of this name is no wait, and a note that is there already stays.
      writeFileSync(this.paths.distrusted, "", { flag: "wx" });
    } catch {
      // Without the note, the next one who reads the damage tries again.
    }
    return true;
  }

  /** A process that only reads has the journal for some milliseconds. */
  async #ownSoon(owner: string): Promise<Result<LogStore, Problem>> {
    for (const startMs = performance.now(); ; await sleep(40)) {
      const owned = await this.own(owner);
      if (owned.ok || owned.error.code !== "E_STORE_LOCKED" || performance.now() - startMs > patienceMs) return owned;
    }
  }

  async #catchUp(): Promise<Result<undefined, Problem>> {
    if (this.#current !== null) return ok(undefined);
    const owned = await this.own("a reader");
    if (owned.ok) await owned.value.close();
    // If the owner is on this machine, it keeps the mirror in order.
    return owned.ok || owned.error.code === "E_STORE_LOCKED" ? ok(undefined) : owned;
  }

  async #openFresh(owner: string): Promise<Result<LogStore, Problem>> {
    const opened = await this.#open(owner, { isFresh: true });
    return opened === "damaged" ? fail(problem("E_STORE_CORRUPT", "", "the mirror cannot be made anew")) : opened;
  }

  async #open(
    owner: string,
    { isFresh }: { readonly isFresh: boolean },
  ): Promise<Result<LogStore, Problem> | "damaged"> {
    const [{ openSqliteMirror }, { openMirroredStore }] = await Promise.all([
      import("./sqlite-mirror.ts"),
      import("../mirror.ts"),
    ]);
    try {
      const mirror = openSqliteMirror(this.folder, { isFresh });
      if (!mirror.ok) return isOfFile(mirror.error) ? "damaged" : mirror;
      const journal = this.#handle();
      if (!journal.ok) {
        mirror.value.close();
        return journal;
      }
      const isDistrusted = existsSync(this.paths.distrusted);
      const store = await openMirroredStore({ journal: journal.value, mirror: mirror.value, owner, isDistrusted });
      if (store.ok && isDistrusted) rmSync(this.paths.distrusted, { force: true });
      if (store.ok) this.#current = journal.value;
      return store;
    } catch (error) {
      // The journal is guarded and never throws, so this error comes from the mirror.
      if (!isStorageError(error)) throw error;
      return "damaged";
    }
  }

  #handle(): Result<Journal, Problem> {
    const { journal: create, onDefect } = this.#parts;
    const onClose = (closed: Journal): void => {
      if (this.#current === closed) this.#current = null;
    };
    try {
      return ok(guardJournal(create(), { onDefect, onClose }));
    } catch (error) {
      onDefect(error);
      return fail(problem("E_INTERNAL", "", "the journal could not be made"));
    }
  }
}

function isOfFile({ code }: Problem): boolean {
  return code === "E_STORE_CORRUPT" || code === "E_STORE_VERSION";
}

function gone(): Problem {
  return problem("E_STORE_IO", "", "the journal was closed meanwhile");
}
