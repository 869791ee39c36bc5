import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { link, open, rename, unlink } from "node:fs/promises";
import type { Reply } from "../../core/run/words/input.ts";
import { quote } from "../../core/value/text.ts";
import { applied, rejected, unknown } from "../reply.ts";
import { errorCode, type OpenFolder } from "./open-folder.ts";
import { type Present, readPresent, sha256, versionOf } from "./present-file.ts";

/** A change of one file. */
export interface Change {
  readonly folder: OpenFolder;
  readonly name: string;
  /** The version that must still be there; `null` compares nothing. */
  readonly ifMatch: string | null;
  readonly bytesMax: number;
  /** Whether the call's time is over. Asked at the last moment before the change. */
  readonly isOver: () => boolean;
}

/** Turns what is there into new bytes, or refuses to. */
export type Rewrite = (
  present: Present,
) =>
  | { readonly kind: "bytes"; readonly bytes: Buffer; readonly mode: number }
  | { readonly kind: "refused"; readonly reply: Reply };

/**
 * Replaces a file's content in one step: a reader sees the old file or the new one, never a part, also after a power
 * cut.
 *
 * The new content is written beside it and synced, what is there is compared once more, then a rename puts it in place.
 * A writer that does not go through here can still come between the last comparison and the rename (microseconds);
 * where the file must be absent nobody can, because a link is made instead.
 */
export async function replaceFile(change: Change, rewrite: Rewrite): Promise<Reply> {
  const before = await readMatching(change);
  if (before.kind === "refused") return before.reply;
  const next = rewrite(before.present);
  if (next.kind === "refused") return next.reply;
  const temporary = `.interlock-${randomBytes(12).toString("hex")}.tmp`;
  try {
    await writeTemporary(change.folder.at(temporary), next, before.present);
    const again = await readMatching({ ...change, ifMatch: versionOf(before.present) });
    if (again.kind === "refused") return await withoutTemporary(change, temporary, again.reply);
    if (change.isOver()) return await withoutTemporary(change, temporary, tooLate(change));
    await putInPlace(change, { temporary, mustBeAbsent: change.ifMatch === "absent" });
  } catch (error) {
    const code = errorCode(error);
    const reply =
      code === "EEXIST"
        ? moved(change, "it is there by now")
        : rejected("E_TARGET_REFUSED", `${quote(change.name)} cannot be written (${code})`);
    return withoutTemporary(change, temporary, reply);
  }
  return settle(change, {
    exists: true,
    sha256: sha256(next.bytes),
    sizeBytes: next.bytes.length,
    before: versionOf(before.present),
  });
}

/** Removes a file if its version is still the one expected. A missing file is a refusal, never a success. */
export async function deleteFile(change: Change): Promise<Reply> {
  const before = await readMatching(change);
  if (before.kind === "refused") return before.reply;
  if (before.present.kind === "absent") return rejected("E_TARGET_REFUSED", `${quote(change.name)} is not there`);
  if (change.isOver()) return tooLate(change);
  try {
    await unlink(change.folder.at(change.name));
  } catch (error) {
    return rejected("E_TARGET_REFUSED", `${quote(change.name)} cannot be deleted (${errorCode(error)})`);
  }
  return settle(change, { exists: false, sha256: "absent", sizeBytes: 0, before: versionOf(before.present) });
}

async function readMatching(
  change: Change,
): Promise<
  { readonly kind: "present"; readonly present: Present } | { readonly kind: "refused"; readonly reply: Reply }
> {
  const present = await readPresent(change.folder, change.name, change.bytesMax);
  if (!present.ok) return { kind: "refused", reply: { kind: "rejected", problem: present.error, retryable: false } };
  const version = versionOf(present.value);
  if (change.ifMatch === null || change.ifMatch === version) return { kind: "present", present: present.value };
  return { kind: "refused", reply: moved(change, `its version is ${quote(version.slice(0, 12))}`) };
}

/** Keeps the mode and owner of the file replaced. If they cannot be kept, nothing is written. */
async function writeTemporary(
  path: string,
  next: { readonly bytes: Buffer; readonly mode: number },
  present: Present,
): Promise<void> {
  const handle = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    await handle.writeFile(next.bytes);
    if (present.kind === "file") {
      const own = await handle.stat();
      if (own.uid !== present.uid || own.gid !== present.gid) await handle.chown(present.uid, present.gid);
    }
    await handle.chmod(present.kind === "file" ? present.mode : next.mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function putInPlace(
  { folder, name }: Change,
  how: { readonly temporary: string; readonly mustBeAbsent: boolean },
): Promise<void> {
  if (!how.mustBeAbsent) return rename(folder.at(how.temporary), folder.at(name));
  await link(folder.at(how.temporary), folder.at(name));
  await unlink(folder.at(how.temporary)).catch(() => undefined);
}

async function withoutTemporary({ folder }: Change, temporary: string, reply: Reply): Promise<Reply> {
  // A temporary file left behind changes nothing about the file itself, so the reply stays as it is.
  await unlink(folder.at(temporary)).catch(() => undefined);
  return reply;
}

async function settle(
  { folder, name }: Change,
  output: { readonly exists: boolean; readonly sha256: string; readonly sizeBytes: number; readonly before: string },
): Promise<Reply> {
  try {
    await folder.sync();
  } catch (error) {
    return unknown(
      "E_TARGET_LOST",
      `${quote(name)} was changed, and may not survive a power cut (${errorCode(error)})`,
    );
  }
  return applied(output, 0);
}

function moved({ name }: Change, why: string): Reply {
  return rejected("E_FENCE_MOVED", `${quote(name)} is not as it was read: ${why}`);
}

function tooLate({ name }: Change): Reply {
  return rejected(
    "E_TIMEOUT",
    `the time for ${quote(name)} was over before it was changed`,
    "nothing was done: give the action a longer `timeout`",
  );
}
