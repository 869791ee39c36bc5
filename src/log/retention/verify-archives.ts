import type { BodyRemoved } from "../../core/log/removal.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { shortDigest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { StoreReader } from "../store.ts";
import { findArchive, readArchive } from "./archive-file.ts";
import { type BodyRecord, bodyRecords } from "./removed-bodies.ts";

/**
 * Verifies that every body that is now in an archive is there as it was recorded. `verifyLog` verifies the log itself.
 * The problems name each archive that is missing or was changed.
 *
 * Cost: reads every archive once.
 */
export async function verifyArchives(
  reader: StoreReader,
  folder: string,
): Promise<Result<{ readonly archivedCount: number }, readonly Problem[]>> {
  const problems: Problem[] = [];
  let archivedCount = 0;
  for (const record of bodyRecords(reader)) {
    const checked =
      record.what.kind === "body_removed" ? await verifyOne(reader, folder, { ...record, what: record.what }) : ok(0);
    if (checked.ok) archivedCount += checked.value;
    else problems.push(checked.error);
  }
  return problems.length === 0 ? ok({ archivedCount }) : fail(problems);
}

async function verifyOne(
  reader: StoreReader,
  folder: string,
  { seq, what }: BodyRecord & { readonly what: BodyRemoved },
): Promise<Result<number, Problem>> {
  const gone = what.ranges
    .flatMap(({ fromSeq, count }) => reader.storedEntries({ stream: null, fromSeq, limit: count }))
    .filter(({ removedBy }) => removedBy === seq);
  // Restored since, or destroyed: no archive has to hold them.
  if (gone.length === 0 || what.archive === null) return ok(0);
  const path = findArchive(folder, what.archive);
  if (path === null)
    return fail(
      problem(
        "E_ARCHIVE",
        `/records/${seq}`,
        `the archive ${shortDigest(what.archive)}, which holds ${gone.length} bodies, is not in \`${folder}\``,
        "bring it there, or name the folder that holds it",
      ),
    );
  const archive = await readArchive(path);
  if (!archive.ok) return fail({ ...archive.error, message: `${archive.error.message} (${path})` });
  if (archive.value.digest !== what.archive)
    return fail(
      problem(
        "E_ARCHIVE",
        `/records/${seq}`,
        `the archive at \`${path}\` is not the one that record ${seq} names: it was changed`,
      ),
    );
  const held = new Map(archive.value.bodies.map((body) => [body.seq, body.body]));
  const lost = gone.find(({ record }) => held.get(record.seq) !== record.body);
  if (lost !== undefined)
    return fail(
      problem(
        "E_ARCHIVE",
        `/records/${lost.record.seq}`,
        `the archive at \`${path}\` does not hold the body of record ${lost.record.seq}`,
      ),
    );
  return ok(gone.length);
}
