/**
 * Bodies leave the store in two ways, both recorded in the chain: with a copy in an archive beside it, or for good. The
 * chain still verifies, because it covers digests. `verifyLog` finds the record that says who removed what, and why.
 * Keeps I6.
 */

import type { RecordDraft } from "../../core/log/record.ts";
import { type BodyRemoved, type BodyRestored, storeStream, toRanges } from "../../core/log/removal.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, shortDigest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { BodyChange } from "../../ports.ts";
import type { LogStore } from "../log-store.ts";
import { indexedKinds } from "../run-index.ts";
import type { LogSource } from "../store.ts";
import { storeRecordOf } from "../stored-events.ts";
import { type ArchivedBody, readArchive, writeArchive } from "./archive-file.ts";
import { findNeededRuns, reasonToKeep } from "./needed-runs.ts";

/** Whose bodies to remove, and why. */
export interface Removal {
  /** Runs that have ended. Records of the site are kept, because the site is the fold of the whole log. */
  readonly runIds: readonly string[];
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
  /** Where a copy goes first; `null` destroys the bodies. */
  readonly archiveFolder: string | null;
}

/** How many bodies were removed, and the archive that holds them. */
export interface RemovalReceipt {
  readonly removedCount: number;
  readonly archive: { readonly path: string; readonly digest: Digest } | null;
}

/** Which archive to put back, and why. */
export interface Restoration {
  readonly archivePath: string;
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
}

/**
 * Removes the bodies of runs that have ended and that nothing under way may still ask for. It keeps the records that
 * the list of runs and the site are made of: what started, what ended, and intents that a target's pace remembers. All
 * of it is one synced commit, with the record that says so, after the archive is on the disk. At any moment in between,
 * every body is in the store or in the archive.
 */
export async function removeBodies(store: LogStore, removal: Removal): Promise<Result<RemovalReceipt, Problem>> {
  const needed = findNeededRuns(store, removal.atMs);
  const bodies: ArchivedBody[] = [];
  for (const runId of removal.runIds) {
    const run = store.runsByPrefix(runId).find((row) => row.runId === runId);
    const reason = run === undefined ? "is not in the list of runs" : reasonToKeep(run, needed);
    if (reason !== null) return fail(problem("E_BODY_KEPT", "", `run \`${runId}\` ${reason}`));
    bodies.push(...removableBodies(store, runId));
  }
  bodies.sort((left, right) => left.seq - right.seq);
  if (bodies.length === 0) return ok({ removedCount: 0, archive: null });
  const archive = removal.archiveFolder === null ? ok(null) : writeArchive(removal.archiveFolder, bodies);
  if (!archive.ok) return archive;
  const { by, reason, atMs } = removal;
  const marker: BodyRemoved = {
    kind: "body_removed",
    runId: null,
    ranges: toRanges(bodies.map(({ seq }) => seq)),
    by,
    reason,
    archive: archive.value?.digest ?? null,
  };
  const changed = await changeBodies(
    store,
    { atMs, marker },
    bodies.map(({ seq, body }) => ({ kind: "remove", seq, body })),
  );
  return changed.ok ? ok({ removedCount: bodies.length, archive: archive.value }) : changed;
}

/** Puts archived bodies back where the chain has their digests, and records it. */
export async function restoreBodies(
  store: LogStore,
  { archivePath, by, reason, atMs }: Restoration,
): Promise<Result<{ readonly restoredCount: number }, Problem>> {
  const archive = await readArchive(archivePath);
  if (!archive.ok) return archive;
  const bodies: ArchivedBody[] = [];
  for (const body of archive.value.bodies) {
    const [entry] = store.entries({ stream: null, fromSeq: body.seq, limit: 1 });
    if (entry?.record.seq !== body.seq || entry.record.body !== body.body)
      return fail(
        problem(
          "E_ARCHIVE",
          `/records/${body.seq}`,
          `the archive's body of record ${body.seq} is not the one that was recorded`,
        ),
      );
    if (entry.bodyText === null) bodies.push(body);
  }
  const { digest } = archive.value;
  if (!isOnRecord(store, digest))
    return fail(
      problem(
        "E_ARCHIVE",
        "",
        `no removal in this log names the archive ${shortDigest(digest)}: it was changed, or is another store's`,
      ),
    );
  if (bodies.length === 0) return ok({ restoredCount: 0 });
  const marker: BodyRestored = {
    kind: "body_restored",
    runId: null,
    ranges: toRanges(bodies.map(({ seq }) => seq)),
    by,
    reason,
    archive: digest,
  };
  const changed = await changeBodies(
    store,
    { atMs, marker },
    bodies.map(({ seq, text }) => ({ kind: "restore", seq, bodyText: text })),
  );
  return changed.ok ? ok({ restoredCount: bodies.length }) : changed;
}

/** The bodies of a run that may be removed, in order, without those that are gone already. */
export function removableBodies(log: Pick<LogSource, "entries">, runId: string): readonly ArchivedBody[] {
  const bodies: ArchivedBody[] = [];
  for (let fromSeq = 0; ; ) {
    const page = log.entries({ stream: runId, fromSeq, limit: 1_000 });
    for (const { record, bodyText } of page) {
      if (bodyText !== null && !isKept(record.kind, bodyText))
        bodies.push({ seq: record.seq, body: record.body, text: bodyText });
      fromSeq = record.seq + 1;
    }
    if (page.length < 1_000) return bodies;
  }
}

function changeBodies(
  store: LogStore,
  { atMs, marker }: { readonly atMs: number; readonly marker: BodyRemoved | BodyRestored },
  bodies: readonly BodyChange[],
) {
  // Both markers are plain data; the sealing asserts it.
  const record: RecordDraft = { stream: storeStream, atMs, kind: marker.kind, body: marker as unknown as JsonValue };
  return store.changeBodies({ durability: "synced", records: [record], documents: [] }, bodies);
}

function isOnRecord(store: LogStore, archive: Digest): boolean {
  for (let fromSeq = 0; ; ) {
    const page = store.entries({ stream: storeStream, fromSeq, limit: 1_000 });
    if (page.map(storeRecordOf).some((what) => what?.kind === "body_removed" && what.archive === archive)) return true;
    if (page.length < 1_000) return false;
    fromSeq = (page.at(-1)?.record.seq ?? 0) + 1;
  }
}

function isKept(kind: string, bodyText: string): boolean {
  if (kind !== "step_intent") return indexedKinds.has(kind);
  // Canonical text of our own event: its digest was checked when it was read.
  return (JSON.parse(bodyText) as { readonly pace?: unknown }).pace !== null;
}
