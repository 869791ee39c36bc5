import { createHash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { open } from "node:fs/promises";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { readHandle } from "../../intake/read-file.ts";
import { errorCode, type OpenFolder } from "./open-folder.ts";

/** What is at a name now. */
export type Present =
  | { readonly kind: "absent" }
  | {
      readonly kind: "file";
      readonly bytes: Buffer;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      /** How many names the file has. More than one: hard links. */
      readonly linkCount: number;
      /** As `identify` gives it. */
      readonly identity: string;
    };

/** A file that is there. */
export type PresentFile = Extract<Present, { readonly kind: "file" }>;

/**
 * Reads a regular file without following a link. A file that is too large and anything else at that name are refused.
 */
export async function readPresent(
  folder: OpenFolder,
  name: string,
  bytesMax: number,
): Promise<Result<Present, Problem>> {
  const refuse = (why: string): Result<Present, Problem> =>
    fail(problem("E_TARGET_REFUSED", "", `${quote(name)} ${why}`));
  try {
    // Non-blocking: a named pipe without a writer would hold the call for ever.
    const handle = await open(folder.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      // Before the content: what is changed while that is read gives the file another identity.
      const found = await handle.stat({ bigint: true });
      if (!found.isFile()) return refuse("is not a regular file");
      if (found.size > bytesMax)
        return fail(problem("E_OUTPUT_SIZE", "", `${quote(name)} has ${found.size} bytes, more than ${bytesMax}`));
      // It may grow while it is read.
      const bytes = await readHandle(handle, { bytesMax });
      if (!bytes.ok) return fail(problem("E_OUTPUT_SIZE", "", `${quote(name)} has more than ${bytesMax} bytes`));
      return ok({
        kind: "file",
        bytes: bytes.value,
        mode: Number(found.mode) & 0o7777,
        uid: Number(found.uid),
        gid: Number(found.gid),
        linkCount: Number(found.nlink),
        identity: identify(found),
      });
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return ok({ kind: "absent" });
    return refuse(code === "ELOOP" ? "is a symbolic link" : `cannot be read (${code})`);
  }
}

/** A text that changes when a file is exchanged, or when its mode, owner, names or attributes change. */
export function identify({ dev, ino, ctimeNs, mode, uid, gid, nlink }: BigIntStats): string {
  return [dev, ino, ctimeNs, mode, uid, gid, nlink].join(":");
}

/** The version of a file as a fence compares it: SHA-256 in hexadecimal, or `absent`. */
export function versionOf(present: Present): string {
  return present.kind === "absent" ? "absent" : sha256(present.bytes);
}

/** SHA-256 in hexadecimal, as `sha256sum` prints it. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
