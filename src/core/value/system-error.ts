import { type Problem, problem } from "./codes.ts";
import { quote } from "./text.ts";

/** What Node tells of a system call that failed. */
export interface SystemFault {
  /** The name of the error number, such as `ENOENT`. */
  readonly code: string;
  readonly syscall: string;
  /** The file, or `null` if the call had none. */
  readonly path: string | null;
}

/** The system call that failed, or `null` for an error that no system call gave. */
export function systemFaultOf(error: unknown): SystemFault | null {
  if (!(error instanceof Error) || !("syscall" in error) || typeof error.syscall !== "string") return null;
  // Node's own `SystemError` keeps the number's name one level down, and has a code of its own.
  const inside = "info" in error && typeof error.info === "object" && error.info !== null ? error.info : error;
  if (!("code" in inside) || typeof inside.code !== "string") return null;
  const path = "path" in error && typeof error.path === "string" ? error.path : null;
  return { code: inside.code, syscall: error.syscall, path };
}

/**
 * The problem of a system call that failed, told as what it is: the call, the file and the error's name. `null` for an
 * error that no system call gave: that is a defect. The error's own text is left out, because others may word it.
 */
export function systemProblem(error: unknown): Problem | null {
  const fault = systemFaultOf(error);
  if (fault === null) return null;
  const of = fault.path === null ? "" : ` of ${quote(fault.path)}`;
  const said = words[fault.code];
  const why = said === undefined ? fault.code : `${fault.code}, ${said}`;
  return problem("E_SYSTEM", "", `the system call \`${fault.syscall}\`${of} failed: ${why}`);
}

/** The errors that people meet, in words. `errno(3)` has them all. */
const words: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EADDRINUSE: "the address is in use",
  EDQUOT: "the disk quota is used up",
  EEXIST: "it exists already",
  EFBIG: "the file would be too large",
  EIO: "the device failed",
  EISDIR: "it is a folder",
  ELOOP: "it is a link, or leads through too many",
  EMFILE: "this process has too many files open",
  ENAMETOOLONG: "the name is too long",
  ENFILE: "the system has too many files open",
  ENOENT: "it does not exist",
  ENOMEM: "there is no memory left",
  ENOSPC: "no space is left",
  ENOTDIR: "a part of the path is not a folder",
  ENXIO: "nobody is at the other end",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
};
