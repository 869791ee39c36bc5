import { type Problem, problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { type DueChunk, dueBodies, dueBodiesOf } from "../../log/retention/due-bodies.ts";
import { findNeededRuns } from "../../log/retention/needed-runs.ts";
import type { RunRow } from "../../log/run-index.ts";
import { findRun } from "../site/find-run.ts";
import { refuse, refuseForbidden } from "../site/record.ts";
import { type StoreLog, withStore } from "../site/site-log.ts";
import { workOnStore } from "../site/work-on-store.ts";
import type { Workplace } from "../site/workplace.ts";
import { archiveFolder, readRetention } from "./retention.ts";

/** Which bodies to take out, and where to put them. What is absent is taken from `retention` in interlock.yaml. */
export interface ArchiveRequest {
  /** Take the bodies of runs that ended longer ago than this, in milliseconds. */
  readonly olderThanMs: number | null;
  /** Or take the bodies of these runs, at any age. */
  readonly runs: readonly string[];
  /** The folder that gets a copy first. */
  readonly folder: string | null;
  /** Keep no copy. Needs a reason. */
  readonly destroy: boolean;
  /** Why; the log keeps it. With `null`, the log says how long the bodies were kept. */
  readonly reason: string | null;
  /** Say what would be taken out, and change nothing. */
  readonly isDryRun: boolean;
  /** Called after each archive with what has been taken out so far. */
  readonly onProgress: (soFar: { readonly runCount: number; readonly bodyCount: number }) => void;
}

/** What was taken out, or would be with `isDryRun`. */
export interface Archived {
  readonly olderThanMs: number | null;
  /** Where the copies are; `null` if none is kept. */
  readonly folder: string | null;
  readonly reason: string;
  readonly runCount: number;
  readonly bodyCount: number;
  /** The size of the bodies' text in UTF-8. */
  readonly sizeBytes: number;
  /** Runs that have to stay, and why. */
  readonly kept: readonly { readonly runId: string; readonly reason: string }[];
  /** For each archive that was written: its path, its digest and how many bodies it holds. */
  readonly archives: readonly JsonValue[];
}

/** The request, with its defaults filled in. */
type Settled = Pick<Archived, "olderThanMs" | "folder" | "reason">;

/**
 * Takes bodies of ended runs out of the store, chunk by chunk. A chunk's archive is on the disk before its bodies go,
 * and each chunk is one commit. After a failure, the chunks that were finished stay out and are on record; the same
 * request goes on from there.
 */
export async function archive(
  place: Workplace,
  request: ArchiveRequest,
): Promise<Result<Archived, readonly Problem[]>> {
  // A dry run changes nothing, not even the log.
  const no = async (problems: readonly Problem[]): Promise<Result<never, readonly Problem[]>> =>
    request.isDryRun ? fail(problems) : refuse(place, "store archive", problems);
  const settled = settle(place, request);
  if (!settled.ok) return no(settled.error);
  const capability = request.isDryRun ? "read" : settled.value.folder === null ? "destroy" : "archive";
  const forbidden = await refuseForbidden(place, { capability, asked: "store archive", resource: "store" });
  if (forbidden !== null) return forbidden;
  const done = await withStore(place, (log) => archiveDue(place, log, settled.value, request));
  return done.ok ? done : no(done.error);
}

async function archiveDue(
  place: Workplace,
  log: StoreLog,
  settled: Settled,
  { runs, isDryRun, onProgress }: ArchiveRequest,
): Promise<Result<Archived, readonly Problem[]>> {
  const chunks = await findDue(place, log, settled, runs);
  if (!chunks.ok) return fail([chunks.error]);
  let [runCount, bodyCount, sizeBytes] = [0, 0, 0];
  const kept: Archived["kept"][number][] = [];
  const archives: JsonValue[] = [];
  for (const chunk of chunks.value) {
    kept.push(...chunk.kept);
    const isGiven = !isDryRun && chunk.runIds.length > 0;
    if (isGiven) {
      const given = await give(place, chunk, settled);
      if (!given.ok) return fail([given.error]);
      if (given.value !== null) archives.push(given.value);
    }
    runCount += chunk.runIds.length;
    bodyCount += chunk.bodyCount;
    sizeBytes += chunk.sizeBytes;
    if (isGiven) onProgress({ runCount, bodyCount });
  }
  return ok({ ...settled, runCount, bodyCount, sizeBytes, kept, archives });
}

function settle(place: Workplace, request: ArchiveRequest): Result<Settled, readonly Problem[]> {
  const { destroy, folder, olderThanMs, runs, reason } = request;
  if (destroy && folder !== null)
    return usage("both archiving and destroying are asked for", "keep a copy or keep none");
  if (olderThanMs !== null && runs.length > 0)
    return usage("an age and runs are both given", "name the runs or their age");
  const retention = readRetention(place);
  if (!retention.ok) return retention;
  const ageMs = runs.length > 0 ? null : (olderThanMs ?? retention.value?.bodiesMs ?? null);
  if (runs.length === 0 && ageMs === null)
    return usage("nothing says how long bodies are kept", `give an age, or ${exampleSetting}`);
  const isDestroyed = destroy || (folder === null && retention.value !== null && retention.value.archive === null);
  const target = isDestroyed ? null : archiveFolder(folder, retention.value);
  if (target === null && !isDestroyed)
    return usage("nothing says where the copies go", `name a folder for them, or ${exampleSetting}`);
  if (destroy && (reason ?? "") === "")
    return usage("destroying without a copy needs a reason", "say why: nothing can bring it back");
  return ok({
    olderThanMs: ageMs,
    folder: target,
    reason: reason ?? (ageMs === null ? "" : `kept for ${ageText(ageMs)}`),
  });
}

const exampleSetting = "`retention: { bodies: 90d, archive: archive }` in interlock.yaml";

function usage(message: string, hint: string): Result<never, readonly Problem[]> {
  return fail([problem("E_USAGE", "", message, hint)]);
}

async function findDue(
  place: Workplace,
  log: StoreLog,
  { olderThanMs }: Settled,
  runs: readonly string[],
): Promise<Result<Iterable<DueChunk>, Problem>> {
  const { reader } = log;
  const nowMs = place.ports.clock.nowMs();
  const needed = findNeededRuns(reader, nowMs);
  if (olderThanMs !== null) return ok(dueBodies(reader, nowMs - olderThanMs, needed));
  const rows: RunRow[] = [];
  for (const wanted of runs) {
    const found = await findRun(log, wanted);
    if (!found.ok) return found;
    rows.push(found.value);
  }
  return ok(dueBodiesOf(reader, rows, needed));
}

/** @returns what is known of the archive; `null` if no copy is kept */
async function give(
  place: Workplace,
  { runIds }: DueChunk,
  { folder, reason }: Settled,
): Promise<Result<JsonValue, Problem>> {
  const by = place.actor;
  const done = await workOnStore(
    place,
    folder === null
      ? { kind: "destroy_bodies", runIds, by, reason }
      : { kind: "archive_bodies", runIds, archiveFolder: folder, by, reason },
  );
  // `maintainStore` answers both with this.
  return done.ok ? ok((done.value as { readonly archive: JsonValue }).archive) : done;
}

function ageText(ms: number): string {
  for (const [unit, size] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1_000],
  ] as const)
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}
