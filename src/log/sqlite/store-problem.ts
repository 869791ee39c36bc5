import { type Problem, problem } from "../../core/value/codes.ts";
import { quote } from "../../core/value/text.ts";
import { StoreDamage } from "../store-damage.ts";

/**
 * Whether an error comes from the storage. Asked where nothing but the storage is used, so every system call that fails
 * there is the storage's. Any other error is a defect of ours, and is thrown on.
 */
export function isStorageError(error: unknown): boolean {
  return isErrorOfStore(error) || isOutsideSqlite(error);
}

/**
 * As `isStorageError`, where other things are used too: a system call that fails there may be about anything, and is
 * told as what it is (`systemProblem`).
 */
export function isErrorOfStore(error: unknown): boolean {
  return (
    error instanceof StoreDamage ||
    (error instanceof Error &&
      "code" in error &&
      typeof error.code === "string" &&
      /^ERR_(?:SQLITE_ERROR|OUT_OF_RANGE|INVALID_STATE)$/.test(error.code))
  );
}

/** As `storeProblem`, for making the store's folder: there a path that leads nowhere is a path mistyped, not a disk. */
export function folderProblem(error: unknown, folder: string): Problem {
  const found = storeProblem(error);
  const isPathWrong = isOutsideSqlite(error) && /^(?:ENOTDIR|ENOENT|EEXIST|EACCES|EPERM|EROFS)$/.test(error.code);
  return isPathWrong
    ? problem("E_INPUT_MISSING", "", `the store's folder ${quote(folder)} cannot be made: ${error.message}`)
    : found;
}

/** What SQLite or the file system reports, in our words. Primary result codes: https://sqlite.org/rescode.html */
export function storeProblem(error: unknown): Problem {
  if (error instanceof StoreDamage) return error.problem;
  const message = error instanceof Error ? error.message : String(error);
  if (isOutsideSqlite(error)) {
    return error.code === "ENOSPC" || error.code === "EDQUOT" || error.code === "EFBIG"
      ? problem("E_STORE_FULL", "", `the disk is full: ${message}`)
      : problem("E_STORE_IO", "", `the store could not be used: ${message}`, hintFor(error.code), { do: "resume" });
  }
  switch (primaryCode(error)) {
    case 13:
      return problem("E_STORE_FULL", "", `the disk is full: ${message}`);
    // CORRUPT, NOTADB, and MISMATCH or RANGE. Our tables give the latter two only if their rows are no longer ours.
    case 11:
    case 20:
    case 25:
    case 26:
      return damaged(message);
    case 19:
      return problem("E_STORE_FENCED", "", `the log is longer than this engine knows: ${message}`);
    case 8:
      return unusable(message, "give this user the right to write the store's files, then resume");
    case 10:
      return unusable(message, "check the disk, then resume: nothing was sent that is not recorded");
    case 14:
      return unusable(message, "see that the store's files may be opened, and how many this process has open");
    default:
      return problem("E_STORE_IO", "", `the store could not be used: ${message}`);
  }
}

function unusable(message: string, hint: string): Problem {
  return problem("E_STORE_IO", "", `the store could not be used: ${message}`, hint, { do: "resume" });
}

/** What to put right, by what the system says. */
function hintFor(code: string): string | undefined {
  switch (code) {
    case "EMFILE":
    case "ENFILE":
      return "let this user have more files open, then resume";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "give this user the right to write the store's files, then resume";
    case "EIO":
      return "check the disk, then resume: nothing was sent that is not recorded";
    default:
      return undefined;
  }
}

/**
 * Like `storeProblem`, for reads. There, every error of SQL itself means that tables are not what the schema made them.
 */
export function readProblem(error: unknown): Problem {
  const found = storeProblem(error);
  const isOfSql =
    primaryCode(error) === 1 || (error instanceof Error && "code" in error && error.code === "ERR_OUT_OF_RANGE");
  return isOfSql ? damaged(found.message) : found;
}

function damaged(message: string): Problem {
  return problem("E_STORE_CORRUPT", "", `the store's file is damaged: ${message}`);
}

function primaryCode(error: unknown): number {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : 0;
}

function isOutsideSqlite(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}
