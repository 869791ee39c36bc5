/**
 * Bodies leave the store in two ways, both recorded in the chain: with a copy in an archive beside it, or for good. The
 * chain still verifies, since it covers digests; `verifyLog` finds the record that says who removed what, and why. Keeps I6.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { type BodyRemoved, type BodyRestored, storeStream, toRanges } from "../../../core/log/removal.ts";
import type { RecordDraft } from "../../../core/log/record.ts";
import { type Problem, problem } from "../../../core/value/codes.ts";
import type { Digest } from "../../../core/value/digest.ts";
import type { JsonValue } from "../../../core/value/json.ts";
import { type Result, fail, ok } from "../../../core/value/result.ts";
import { bodyDomain } from "../../../core/log/chain.ts";
import { endedStates, indexedKinds } from "../run-index.ts";
import { textDigest } from "../seal.ts";
import type { BodyChange } from "./commit.ts";
import type { SqliteStore } from "./sqlite-store.ts";
import { isStorageError, storeProblem } from "./store-problem.ts";

/** Whose bodies go, and why. */
export interface Removal {
  /** Runs that have ended; what concerns the site is kept, since the site is the fold of the whole log. */
  readonly runIds: readonly string[];
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
  /** Where a copy goes first, a file that does not exist yet; `null` destroys. */
  readonly archivePath: string | null;
}

/** How many bodies went, and the digest of the archive that holds them. */
export interface RemovalReceipt {
  readonly removedCount: number;
  readonly archive: Digest | null;
}

interface ArchivedBody {
  readonly seq: number;
  readonly body: Digest;
  readonly text: string;
}

/**
 * Removes the bodies of runs that have ended. Kept are the records that the list of runs and the site are made of: what
 * started, what ended, and intents that a target's pace remembers. All in one synced commit with the record that says so.
 */
export async function removeBodies(store: SqliteStore, removal: Removal): Promise<Result<RemovalReceipt, Problem>> {
  const bodies: ArchivedBody[] = [];
  for (const runId of removal.runIds) {
    const run = store.runsByPrefix(runId).find((row) => row.runId === runId);
    if (run === undefined || !endedStates.includes(run.state)) return fail(problem("E_BODY_KEPT", "", `run \`${runId}\` has not ended`));
    bodies.push(...removableBodies(store, runId));
  }
  bodies.sort((left, right) => left.seq - right.seq);
  if (bodies.length === 0) return ok({ removedCount: 0, archive: null });
  const archive = removal.archivePath === null ? ok(null) : writeArchive(removal.archivePath, bodies);
  if (!archive.ok) return archive;
  const marker: BodyRemoved = { kind: "body_removed", runId: null, ranges: toRanges(bodies.map(({ seq }) => seq)), by: removal.by, reason: removal.reason, archive: archive.value };
  const changed = await changeBodies(store, { atMs: removal.atMs, marker }, bodies.map(({ seq, body }) => ({ kind: "remove", seq, body })));
  return changed.ok ? ok({ removedCount: bodies.length, archive: archive.value }) : changed;
}

/** Puts archived bodies back, each where its digest stands in the chain, and records it. */
export async function restoreBodies(store: SqliteStore, restore: { readonly archivePath: string; readonly by: string; readonly reason: string; readonly atMs: number }): Promise<Result<{ readonly restoredCount: number }, Problem>> {
  const archive = readArchive(restore.archivePath);
  if (!archive.ok) return archive;
  const bodies: ArchivedBody[] = [];
  for (const body of archive.value.bodies) {
    const [entry] = store.entries({ stream: null, fromSeq: body.seq, limit: 1 });
    if (entry?.record.seq !== body.seq || entry.record.body !== body.body) return fail(problem("E_ARCHIVE", `/records/${body.seq}`, `the archive's body of record ${body.seq} is not the one that was recorded`));
    if (entry.bodyText === null) bodies.push(body);
  }
  if (bodies.length === 0) return ok({ restoredCount: 0 });
  const marker: BodyRestored = { kind: "body_restored", runId: null, ranges: toRanges(bodies.map(({ seq }) => seq)), by: restore.by, reason: restore.reason, archive: archive.value.digest };
  const changed = await changeBodies(store, { atMs: restore.atMs, marker }, bodies.map(({ seq, text }) => ({ kind: "restore", seq, bodyText: text })));
  return changed.ok ? ok({ restoredCount: bodies.length }) : changed;
}

function changeBodies(store: SqliteStore, { atMs, marker }: { readonly atMs: number; readonly marker: BodyRemoved | BodyRestored }, bodies: readonly BodyChange[]) {
  // Both markers are plain data; the sealing asserts it.
  const record: RecordDraft = { stream: storeStream, atMs, kind: marker.kind, body: marker as unknown as JsonValue };
  return store.changeBodies({ durability: "synced", records: [record], documents: [] }, bodies);
}

function removableBodies(store: SqliteStore, runId: string): readonly ArchivedBody[] {
  const bodies: ArchivedBody[] = [];
  for (let fromSeq = 0; ; ) {
    const page = store.entries({ stream: runId, fromSeq, limit: 1_000 });
    for (const { record, bodyText } of page) {
      if (bodyText !== null && !isKept(record.kind, bodyText)) bodies.push({ seq: record.seq, body: record.body, text: bodyText });
      fromSeq = record.seq + 1;
    }
    if (page.length < 1_000) return bodies;
  }
}

function isKept(kind: string, bodyText: string): boolean {
  if (kind !== "step_intent") return indexedKinds.has(kind);
  // Canonical text of our own event: its digest was checked when it was read.
  return (JSON.parse(bodyText) as { readonly pace?: unknown }).pace !== null;
}

/** JSON Lines: `{format}`, then `{seq, body, text}`; synced before anything is removed. */
function writeArchive(path: string, bodies: readonly ArchivedBody[]): Result<Digest, Problem> {
  const text = [{ format: "interlock.body-archive/1" }, ...bodies].map((line) => `${JSON.stringify(line)}\n`).join("");
  try {
    const file = openSync(path, "wx", 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return ok(archiveDigest(text));
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return fail(storeProblem(error));
  }
}

function readArchive(path: string): Result<{ readonly digest: Digest; readonly bodies: readonly ArchivedBody[] }, Problem> {
  try {
    const text = readFileSync(path, "utf8");
    const [header, ...lines] = text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as ArchivedBody & { readonly format?: string });
    if (header?.format !== "interlock.body-archive/1") return fail(problem("E_ARCHIVE", "", "the first line is no header of `interlock.body-archive/1`"));
    const changed = lines.find(({ text: bodyText, body }) => textDigest(bodyDomain, bodyText) !== body);
    return changed === undefined ? ok({ digest: archiveDigest(text), bodies: lines }) : fail(problem("E_ARCHIVE", `/records/${changed.seq}`, `the archive's body of record ${changed.seq} was changed`));
  } catch (error) {
    if (error instanceof SyntaxError) return fail(problem("E_ARCHIVE", "", "the archive is not JSON Lines"));
    if (!isStorageError(error)) throw error;
    return fail(storeProblem(error));
  }
}

function archiveDigest(text: string): Digest {
  return textDigest("interlock.body-archive/1", text);
}
