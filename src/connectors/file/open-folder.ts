import { constants, existsSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";

/** A folder held open, so that a name below it means the same until it is closed, whatever is renamed meanwhile. */
export interface OpenFolder {
  /** The path of a name in this folder. */
  at(name: string): string;
  /** Makes renames in it durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Why a folder could not be opened. A read may take `missing` for an answer. */
export type FolderRefusal = { readonly kind: "no_root" | "missing" | "refused"; readonly message: string };

// Linux resolves a name below an open folder through its descriptor, as openat does, so that nobody can swap a
// folder for a link between check and use. Elsewhere the walk checks each folder and then names it by its path.
const hasDescriptorPaths = existsSync("/proc/self/fd");

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Opens the folder of a relative path below a root, one name at a time, following no symbolic link below the root.
 *
 * @param path - checked before: relative, without `..`, `.` or empty segments
 * @returns the folder and the last name of the path
 */
export async function openFolder(
  root: string,
  path: string,
): Promise<Result<{ readonly folder: OpenFolder; readonly name: string }, FolderRefusal>> {
  const names = path.split("/");
  const name = names.pop() ?? "";
  let held: Held;
  try {
    held = { handle: await open(root, folderFlags), path: root };
  } catch (error) {
    return fail({
      kind: "no_root",
      message: `the connection's root ${quote(root)} cannot be opened (${errorCode(error)})`,
    });
  }
  for (const next of names) {
    const below = await stepInto(held, next);
    await held.handle.close();
    if (!below.ok) return below;
    held = below.value;
  }
  return ok({ name, folder: asFolder(held) });
}

interface Held {
  readonly handle: FileHandle;
  readonly path: string;
}

async function stepInto(held: Held, name: string): Promise<Result<Held, FolderRefusal>> {
  try {
    return ok({
      handle: await open(pathBelow(held, name), folderFlags | constants.O_NOFOLLOW),
      path: `${held.path}/${name}`,
    });
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return fail({ kind: "missing", message: `there is no folder ${quote(name)}` });
    const why =
      code === "ENOTDIR" || code === "ELOOP" ? "is a symbolic link, or not a folder" : `cannot be opened (${code})`;
    return fail({ kind: "refused", message: `${quote(name)} ${why}` });
  }
}

function asFolder(held: Held): OpenFolder {
  return {
    at: (name) => pathBelow(held, name),
    sync: () => held.handle.sync(),
    close: () => held.handle.close(),
  };
}

function pathBelow(held: Held, name: string): string {
  return hasDescriptorPaths ? `/proc/self/fd/${held.handle.fd}/${name}` : `${held.path}/${name}`;
}

/** The system's name of an error. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "no code";
}
