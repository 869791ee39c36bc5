import type { Principal } from "../../core/approval/approval.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { escapeForTerminal } from "../../core/value/text.ts";
import { permitControl } from "../../flow/site/permit.ts";
import { type DueChunk, dueBodies, dueBodiesOf } from "../../log/retention/due-bodies.ts";
import { findNeededRuns } from "../../log/retention/needed-runs.ts";
import type { RunRow } from "../../log/run-index.ts";
import { openReader, type StoreReader } from "../../log/sqlite/reader.ts";
import type { StoreControl } from "../../owner/control/protocol.ts";
import { openBareOwner } from "../../owner/owner.ts";
import { builtInRule } from "../../policies/built-in-rule.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { findRun } from "./find-run.ts";
import { currentPrincipal } from "./open-site.ts";
import { refuseForbidden, refuseRecorded } from "./refuse-recorded.ts";
import { printDocument, refuse } from "./report.ts";
import { archiveFolder, parseAge, readRetention } from "./retention-settings.ts";
import { storeFolder } from "./site.ts";
import { workOnStore } from "./through-owner.ts";

/** `interlock store archive`, as typed. */
export interface ArchiveRequest {
  readonly olderThan: string | null;
  readonly runs: readonly string[];
  readonly archive: string | null;
  readonly destroy: boolean;
  readonly reason: string | null;
  readonly isDryRun: boolean;
  readonly json: boolean;
}

/** What is to go, and where to; `folder` is `null` where no copy is kept. */
interface Settled {
  readonly olderThanMs: number | null;
  readonly folder: string | null;
  readonly reason: string;
}

/** What went, or would. */
interface Archived {
  runCount: number;
  bodyCount: number;
  sizeBytes: number;
  readonly kept: { readonly runId: string; readonly reason: string }[];
  readonly archives: JsonValue[];
}

/** However many are kept, this many are named. */
const namedCountMax = 100;

/** Takes bodies of ended runs out of the store, chunk by chunk: each has its archive on the disk before it goes, and is one commit. */
export async function archiveBodies(
  context: CliContext,
  globals: GlobalOptions,
  request: ArchiveRequest,
): Promise<number> {
  // Who only asks changes nothing, a record of his mistakes included.
  const no = async (problems: readonly Problem[]): Promise<number> =>
    request.isDryRun
      ? refuse(context, problems, request)
      : refuseRecorded(context, globals, "store archive", problems, request);
  const settled = settle(context, globals, request);
  if (!settled.ok) return no(settled.error);
  const capability = request.isDryRun ? "read" : settled.value.folder === null ? "destroy" : "archive";
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability, command: "store archive", resource: "store" },
    request,
  );
  if (forbidden !== null) return forbidden;
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return no([reader.error]);
  try {
    const chunks = findDue(reader.value, settled.value, request);
    if (!chunks.ok) return no([chunks.error]);
    const archived: Archived = { runCount: 0, bodyCount: 0, sizeBytes: 0, kept: [], archives: [] };
    for (const chunk of chunks.value) {
      archived.kept.push(...chunk.kept);
      const done =
        request.isDryRun || chunk.runIds.length === 0 ? ok(null) : await give(context, globals, chunk, settled.value);
      // What went before stays gone, and is on record: the same command goes on from here.
      if (!done.ok) return no([done.error]);
      add(archived, chunk, done.value);
      if (!request.isDryRun && chunk.runIds.length > 0)
        context.err(`${archived.bodyCount} bodies of ${archived.runCount} runs so far\n`);
    }
    return tell(context, archived, settled.value, request);
  } finally {
    reader.value.close();
  }
}

function settle(
  context: CliContext,
  globals: GlobalOptions,
  request: ArchiveRequest,
): Result<Settled, readonly Problem[]> {
  const usage = (message: string, hint: string): Result<never, readonly Problem[]> =>
    fail([problem("E_USAGE", "", message, hint)]);
  if (request.destroy && request.archive !== null)
    return usage("`--archive` and `--destroy` are both given", "keep a copy or keep none");
  if (request.olderThan !== null && request.runs.length > 0)
    return usage("`--older-than` and `--run` are both given", "name the runs or their age");
  const retention = readRetention(context, globals);
  if (!retention.ok) return retention;
  const typed = request.olderThan === null ? ok(null) : parseAge(request.olderThan);
  if (!typed.ok) return fail([typed.error]);
  const olderThanMs = request.runs.length > 0 ? null : (typed.value ?? retention.value?.bodiesMs ?? null);
  if (request.runs.length === 0 && olderThanMs === null)
    return usage(
      "how long bodies are kept is not said",
      "give `--older-than 90d`, or `retention: { bodies: 90d, archive: archive }` in interlock.yaml",
    );
  const isDestroyed =
    request.destroy || (request.archive === null && retention.value !== null && retention.value.archive === null);
  const folder = isDestroyed ? null : archiveFolder(context, request.archive, retention.value);
  if (folder === null && !isDestroyed)
    return usage(
      "where the copies go is not said",
      "give `--archive FOLDER`, or `retention: { bodies: 90d, archive: archive }` in interlock.yaml",
    );
  if (request.destroy && (request.reason ?? "") === "")
    return usage("`--destroy` needs a reason", "say why with `--reason`: nothing brings back what goes");
  return ok({
    olderThanMs,
    folder,
    reason: request.reason ?? (olderThanMs === null ? "" : `kept for ${ageText(olderThanMs)}`),
  });
}

function findDue(
  reader: StoreReader,
  { olderThanMs }: Settled,
  { runs }: ArchiveRequest,
): Result<Iterable<DueChunk>, Problem> {
  const nowMs = Date.now();
  const needed = findNeededRuns(reader, nowMs);
  if (olderThanMs !== null) return ok(dueBodies(reader, nowMs - olderThanMs, needed));
  const rows: RunRow[] = [];
  for (const wanted of runs) {
    const found = findRun(reader, wanted);
    if (!found.ok) return found;
    rows.push(found.value);
  }
  return ok(dueBodiesOf(reader, rows, needed));
}

function give(
  context: CliContext,
  globals: GlobalOptions,
  { runIds }: DueChunk,
  { folder, reason }: Settled,
): Promise<Result<JsonValue, Problem>> {
  const by: Principal = currentPrincipal(context);
  const input: StoreControl =
    folder === null
      ? { kind: "destroy_bodies", runIds, by, reason }
      : { kind: "archive_bodies", runIds, archiveFolder: folder, by, reason };
  const store = storeFolder(context, globals);
  return workOnStore(store, input, () => openBareOwner(store, permitControl(builtInRule), by));
}

function add(archived: Archived, chunk: DueChunk, done: JsonValue): void {
  archived.runCount += chunk.runIds.length;
  archived.bodyCount += chunk.bodyCount;
  archived.sizeBytes += chunk.sizeBytes;
  // What `maintainStore` gives.
  if (done !== null) archived.archives.push((done as { readonly archive: JsonValue }).archive);
}

function tell(
  context: CliContext,
  archived: Archived,
  { folder, olderThanMs, reason }: Settled,
  { isDryRun, json, runs }: ArchiveRequest,
): number {
  const { runCount, bodyCount, sizeBytes, kept } = archived;
  if (json) {
    printDocument(context, {
      format: "interlock.store-archive/1",
      dryRun: isDryRun,
      olderThanMs,
      folder,
      reason,
      runs: runCount,
      bodies: bodyCount,
      sizeBytes,
      keptCount: kept.length,
      kept: kept.slice(0, namedCountMax),
      archives: archived.archives.filter((archive) => archive !== null),
    });
  } else {
    const verb = isDryRun ? "would be" : "were";
    const fate = folder === null ? "destroyed" : `archived in ${escapeForTerminal(folder)}`;
    context.out(
      bodyCount === 0
        ? "nothing to archive\n"
        : `${bodyCount} bodies of ${runCount} runs (${sizeBytes} bytes) ${verb} ${fate}\n`,
    );
    for (const { runId, reason: why } of kept.slice(0, namedCountMax)) context.out(`kept: ${runId} ${why}\n`);
    if (bodyCount > 0 && !isDryRun) context.err("next: interlock log verify\n");
  }
  // Who named a run wanted it gone; an age is a rule that some do not meet yet.
  return runs.length > 0 && kept.length > 0 ? 13 : 0;
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
