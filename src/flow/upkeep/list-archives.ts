import type { BodyRemoved } from "../../core/log/removal.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { ok, type Result } from "../../core/value/result.ts";
import { findArchive, readArchive } from "../../log/retention/archive-file.ts";
import { type BodyRecord, bodyRecords } from "../../log/retention/removed-bodies.ts";
import { withStore } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";
import { archiveFolder, readRetention } from "./retention.ts";

/** The state of an archive. `destroyed` bodies have none, and a `restored` one was put back. */
export type ArchiveState = "intact" | "changed" | "missing" | "restored" | "destroyed";

/** One removal of bodies, and the archive that holds them. */
export interface ListedArchive {
  /** The record that says so. */
  readonly seq: number;
  readonly atMs: number;
  readonly by: string;
  readonly reason: string;
  /** How many bodies were removed. */
  readonly bodies: number;
  readonly archive: Digest | null;
  /** The path of its file; `null` if it is not in the folder. */
  readonly path: string | null;
  readonly state: ArchiveState;
}

/** Every removal, oldest first. `folder`: where archives were looked for; `null` if nothing names one. */
export interface Archives {
  readonly folder: string | null;
  readonly archives: readonly ListedArchive[];
}

/**
 * Lists what was taken out of the store, and whether its archives are here and intact.
 *
 * Cost: reads each archive once.
 */
export async function listArchives(
  place: Workplace,
  request: { readonly folder: string | null },
): Promise<Result<Archives, readonly Problem[]>> {
  const retention = readRetention(place);
  if (!retention.ok) return retention;
  const folder = archiveFolder(request.folder, retention.value);
  return withStore(place, async ({ reader }) => {
    const records = bodyRecords(reader);
    const restored = restoredRemovals(records);
    const archives: ListedArchive[] = [];
    for (const { seq, atMs, what } of records) {
      if (what.kind !== "body_removed") continue;
      const { by, reason, archive } = what;
      const path = archive === null || folder === null ? null : findArchive(folder, archive);
      const state = restored.has(seq) ? "restored" : await stateOf(path, archive);
      archives.push({ seq, atMs, by, reason, bodies: countOf(what), archive, path, state });
    }
    return ok({ folder, archives });
  });
}

/**
 * The removals whose bodies were put back, each by its record: the last removal to the same archive before the
 * restoration.
 */
function restoredRemovals(records: readonly BodyRecord[]): ReadonlySet<number> {
  const removalOf = new Map<Digest, number>();
  const restored = new Set<number>();
  for (const { seq, what } of records) {
    if (what.archive === null) continue;
    if (what.kind === "body_removed") removalOf.set(what.archive, seq);
    else restored.add(removalOf.get(what.archive) ?? -1);
  }
  return restored;
}

async function stateOf(path: string | null, archive: Digest | null): Promise<ArchiveState> {
  if (archive === null) return "destroyed";
  if (path === null) return "missing";
  const read = await readArchive(path);
  return read.ok && read.value.digest === archive ? "intact" : "changed";
}

function countOf({ ranges }: BodyRemoved): number {
  return ranges.reduce((sum, { count }) => sum + count, 0);
}
