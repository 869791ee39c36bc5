import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, type FileHandle, link, lstat, open, readdir, rename, unlink } from "node:fs/promises";
import type { Reply } from "../../core/run/words/input.ts";
import { quote } from "../../core/value/text.ts";
import { applied, rejected, unknown } from "../reply.ts";
import { keepAttributes } from "./attributes.ts";
import { errorCode, type OpenFolder } from "./open-folder.ts";
import { identify, type Present, type PresentFile, readPresent, sha256, versionOf } from "./present-file.ts";

/** A change of one file. */
export interface Change {
  readonly folder: OpenFolder;
  readonly name: string;
  /** The version that must still be there; `null` compares nothing. */
  readonly ifMatch: string | null;
  readonly bytesMax: number;
  /** Whether a file that nobody may write, or that we may not write, is changed all the same. */
  readonly evenIfReadOnly: boolean;
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
 * The new content is written beside it, is given the old file's owner, mode, access control list and attributes, and is
 * synced. What is there is compared once more, then a rename puts the new file in place. Where something cannot be kept
 * nothing is changed; a file with several names is always refused, because a rename would give one of them a new file.
 * A writer that does not go through here can still come between the last comparison and the rename (microseconds).
 * Where there was no file a link is made instead, so that nobody can come in between.
 */
export async function replaceFile(change: Change, rewrite: Rewrite): Promise<Reply> {
  const before = await readBeforeReplacing(change);
  if (before.kind === "refused") return before.reply;
  const next = rewrite(before.present);
  if (next.kind === "refused") return next.reply;
  const temporary = `.interlock-${randomBytes(12).toString("hex")}.tmp`;
  try {
    const lost = await writeTemporary(change, temporary, { ...next, present: before.present });
    if (lost !== undefined) return await withoutTemporary(change, temporary, lost);
    const again = await readMatching({ ...change, ifMatch: versionOf(before.present) });
    if (again.kind === "refused") return await withoutTemporary(change, temporary, again.reply);
    if (identityOf(again.present) !== identityOf(before.present))
      return await withoutTemporary(change, temporary, moved(change, "its owner, mode, names or attributes changed"));
    if (change.isOver()) return await withoutTemporary(change, temporary, tooLate(change));
    await putInPlace(change, { temporary, isNew: before.present.kind === "absent" });
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
  const readOnly = await refuseReadOnly(change, before.present);
  if (readOnly !== undefined) return readOnly;
  if (change.isOver()) return tooLate(change);
  try {
    await unlink(change.folder.at(change.name));
  } catch (error) {
    return rejected("E_TARGET_REFUSED", `${quote(change.name)} cannot be deleted (${errorCode(error)})`);
  }
  return settle(change, { exists: false, sha256: "absent", sizeBytes: 0, before: versionOf(before.present) });
}

type Found =
  | { readonly kind: "present"; readonly present: Present }
  | { readonly kind: "refused"; readonly reply: Reply };

/** What is there, if a file that is put in its place is all that changes. */
async function readBeforeReplacing(change: Change): Promise<Found> {
  const found = await readMatching(change);
  if (found.kind === "refused" || found.present.kind === "absent") return found;
  const readOnly = await refuseReadOnly(change, found.present);
  if (readOnly !== undefined) return { kind: "refused", reply: readOnly };
  const { linkCount } = found.present;
  if (linkCount === 1) return found;
  if (await removeLeftovers(change, found.present)) return readBeforeReplacing(change);
  return {
    kind: "refused",
    reply: rejected(
      "E_TARGET_REFUSED",
      `${quote(change.name)} has ${linkCount} names (hard links), and only this one would get the new content`,
      "list them with `find -samefile`; remove the others, or change the file by hand",
    ),
  };
}

async function readMatching(change: Change): Promise<Found> {
  const present = await readPresent(change.folder, change.name, change.bytesMax);
  if (!present.ok) return { kind: "refused", reply: { kind: "rejected", problem: present.error, retryable: false } };
  const version = versionOf(present.value);
  if (change.ifMatch === null || change.ifMatch === version) return { kind: "present", present: present.value };
  return { kind: "refused", reply: moved(change, `its version is ${quote(version.slice(0, 12))}`) };
}

async function refuseReadOnly(
  { folder, name, evenIfReadOnly }: Change,
  present: PresentFile,
): Promise<Reply | undefined> {
  if (evenIfReadOnly) return undefined;
  const isOurs = await access(folder.at(name), constants.W_OK).then(
    () => true,
    () => false,
  );
  if (isOurs && (present.mode & 0o222) !== 0) return undefined;
  return rejected(
    "E_TARGET_REFUSED",
    `${quote(name)} is read-only (mode ${present.mode.toString(8)})`,
    "make it writable, or let the action's template say `evenIfReadOnly: true`",
  );
}

/**
 * A process that is killed while it creates a file can leave the file with a second name, which is our own. That name
 * goes; everything else stays.
 *
 * @returns whether there was one
 */
async function removeLeftovers({ folder }: Change, present: PresentFile): Promise<boolean> {
  let found = false;
  for (const name of await readdir(folder.at(".")).catch(() => [])) {
    if (!/^\.interlock-[0-9a-f]{24}\.tmp$/.test(name)) continue;
    const leftover = await lstat(folder.at(name), { bigint: true }).catch(() => undefined);
    if (leftover === undefined || identify(leftover) !== present.identity) continue;
    found = await unlink(folder.at(name)).then(
      () => true,
      () => found,
    );
  }
  return found;
}

/** Writes the new file beside the old one. If something of the old one cannot be kept, says so. */
async function writeTemporary(
  { folder, name }: Change,
  temporary: string,
  next: { readonly bytes: Buffer; readonly mode: number; readonly present: Present },
): Promise<Reply | undefined> {
  const handle = await open(
    folder.at(temporary),
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    await handle.writeFile(next.bytes);
    if (next.present.kind === "absent") await handle.chmod(next.mode);
    else {
      const lost = await takeOver({ folder, name }, handle, next.present);
      if (lost !== undefined) return lost;
    }
    await handle.sync();
    return undefined;
  } finally {
    await handle.close();
  }
}

/** Gives a new file everything of the old one that is no content. */
async function takeOver(
  { folder, name }: Pick<Change, "folder" | "name">,
  fresh: FileHandle,
  present: PresentFile,
): Promise<Reply | undefined> {
  const own = await fresh.stat();
  if (own.uid !== present.uid || own.gid !== present.gid) await fresh.chown(present.uid, present.gid);
  const old = await open(folder.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const lost = await keepAttributes(old, fresh, present.mode).finally(() => old.close());
  if (lost === undefined) return undefined;
  return rejected(
    "E_TARGET_REFUSED",
    `the access control list and attributes of ${quote(name)} cannot be kept: ${lost}`,
    "nothing was changed: see what the file has with `getfacl` and `getfattr`; the check needs GNU tar and GNU cp",
  );
}

async function putInPlace(
  { folder, name }: Change,
  how: { readonly temporary: string; readonly isNew: boolean },
): Promise<void> {
  if (!how.isNew) return rename(folder.at(how.temporary), folder.at(name));
  await link(folder.at(how.temporary), folder.at(name));
  await unlink(folder.at(how.temporary)).catch(() => undefined);
}

function identityOf(present: Present): string {
  return present.kind === "absent" ? "absent" : present.identity;
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
