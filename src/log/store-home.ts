import type { StoreAddress } from "../core/approval/approval.ts";
import type { Problem } from "../core/value/codes.ts";
import type { Result } from "../core/value/result.ts";
import type { LogStore } from "./log-store.ts";
import type { StoreReader } from "./store.ts";

/** The files of a store, below its folder. */
export interface StorePaths {
  readonly database: string;
  readonly lock: string;
  readonly head: string;
  /** Where the owner listens to other processes. */
  readonly socket: string;
  /** Held by the process that delivers notifications. */
  readonly courier: string;
}

/**
 * The store of one site: how a process becomes its owner, and how it is read beside an owner. The log is in the store's
 * own file, or in a journal elsewhere whose mirror the file is.
 */
export interface StoreHome {
  readonly folder: string;
  readonly paths: StorePaths;
  /** Whether the log is in a journal elsewhere. */
  readonly isMirror: boolean;
  /** Where the store lies on this machine, which tells a copy from it; `null` for a mirror, and before it is made. */
  address(): StoreAddress | null;
  /**
   * Becomes the owner of the log, creating it if needed. `E_STORE_LOCKED` if another process owns it, here or on
   * another machine; `E_STORE_JOURNAL` if the folder's log is kept in another way.
   *
   * @param owner - shown to people who find a journal taken
   */
  own(owner: string): Promise<Result<LogStore, Problem>>;
  /**
   * Opens the log for reading. A mirror that nobody on this machine owns is first brought up to its journal. While an
   * owner on another machine has the journal, the mirror shows the log as this machine last saw it. `E_INPUT_MISSING`
   * if there is no log yet.
   */
  read(): Promise<Result<StoreReader, Problem>>;
  /**
   * Compares the journal with what a reader has of it, if they are two things. `E_STORE_LOCKED` if another process has
   * the journal.
   *
   * Cost: reads the whole journal.
   */
  checkJournal(reader: StoreReader): Promise<Result<undefined, Problem>>;
  /**
   * Notes that something in the file is not as it was written. The next owner that opens a mirror then makes it again.
   *
   * @returns whether the file is a mirror
   */
  distrust(): boolean;
}
