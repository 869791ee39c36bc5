import { resolve } from "node:path";
import type { BodyRemoved } from "../../core/log/removal.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, shortDigest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { escapeForTerminal } from "../../core/value/text.ts";
import { permitControl } from "../../flow/site/permit.ts";
import { findArchive, readArchive } from "../../log/retention/archive-file.ts";
import { bodyRecords, removalsOf } from "../../log/retention/removed-bodies.ts";
import { openReader, type StoreReader } from "../../log/sqlite/reader.ts";
import { openBareOwner } from "../../owner/owner.ts";
import { builtInRule } from "../../policies/built-in-rule.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { findRun } from "./find-run.ts";
import { currentPrincipal } from "./open-site.ts";
import { refuseForbidden, refuseRecorded } from "./refuse-recorded.ts";
import { printDocument, refuse } from "./report.ts";
import { archiveFolder, readRetention } from "./retention-settings.ts";
import { storeFolder } from "./site.ts";
import { workOnStore } from "./through-owner.ts";

/** `interlock store restore`, as typed. */
export interface RestoreRequest {
  readonly paths: readonly string[];
  readonly runs: readonly string[];
  readonly archive: string | null;
  readonly reason: string;
  readonly json: boolean;
}

/** Puts archives back, one commit each; one that was changed, or is another log's, puts nothing back. */
export async function restoreArchives(
  context: CliContext,
  globals: GlobalOptions,
  request: RestoreRequest,
): Promise<number> {
  const no = (problems: readonly Problem[]): Promise<number> =>
    refuseRecorded(context, globals, "store restore", problems, request);
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: "archive", command: "store restore", resource: "store" },
    request,
  );
  if (forbidden !== null) return forbidden;
  if (request.paths.length === 0 && request.runs.length === 0)
    return no([
      problem(
        "E_USAGE",
        "",
        "what to put back is not said",
        "name archives, or runs with `--run`; see `interlock store archives`",
      ),
    ]);
  const paths = findPaths(context, globals, request);
  if (!paths.ok) return no(paths.error);
  const store = storeFolder(context, globals);
  const restored: { readonly archive: string; readonly restoredCount: number }[] = [];
  for (const archivePath of paths.value) {
    const done = await workOnStore(
      store,
      { kind: "restore_bodies", archivePath, by: currentPrincipal(context), reason: request.reason },
      () => openBareOwner(store, permitControl(builtInRule), currentPrincipal(context)),
    );
    if (!done.ok) return no([done.error]);
    // What `maintainStore` gives.
    const { restoredCount } = done.value as { readonly restoredCount: number };
    restored.push({ archive: archivePath, restoredCount });
    if (!request.json) context.out(`${restoredCount} bodies put back from ${escapeForTerminal(archivePath)}\n`);
  }
  if (request.json) printDocument(context, { format: "interlock.store-restore/1", restored });
  else if (restored.length === 0) context.out("nothing to put back\n");
  return 0;
}

function findPaths(
  context: CliContext,
  globals: GlobalOptions,
  request: RestoreRequest,
): Result<readonly string[], readonly Problem[]> {
  const named = request.paths.map((path) => resolve(context.cwd, path));
  if (request.runs.length === 0) return ok(named);
  const folder = findFolder(context, globals, request.archive);
  if (!folder.ok) return folder;
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return fail([reader.error]);
  try {
    const found = request.runs.map((wanted) => archivesOf(reader.value, wanted, folder.value));
    const problems = found.flatMap((one) => (one.ok ? [] : [one.error]));
    return problems.length > 0
      ? fail(problems)
      : ok([...new Set([...named, ...found.flatMap((one) => (one.ok ? one.value : []))])]);
  } finally {
    reader.value.close();
  }
}

function findFolder(
  context: CliContext,
  globals: GlobalOptions,
  typed: string | null,
): Result<string, readonly Problem[]> {
  const retention = readRetention(context, globals);
  if (!retention.ok) return retention;
  const folder = archiveFolder(context, typed, retention.value);
  return folder === null
    ? fail([
        problem(
          "E_USAGE",
          "",
          "where archives lie is not said",
          "give `--archive FOLDER`, or `retention.archive` in interlock.yaml",
        ),
      ])
    : ok(folder);
}

/** The archives that hold what this run lacks. */
function archivesOf(reader: StoreReader, wanted: string, folder: string): Result<readonly string[], Problem> {
  const run = findRun(reader, wanted);
  if (!run.ok) return run;
  const paths: string[] = [];
  for (const { what } of removalsOf(reader, run.value.runId)) {
    if (what.archive === null)
      return fail(problem("E_BODY_REMOVED", "", `what \`${run.value.runId}\` did was removed for good by ${what.by}`));
    const path = findArchive(folder, what.archive);
    if (path === null)
      return fail(
        problem(
          "E_INPUT_MISSING",
          "",
          `the archive ${shortDigest(what.archive)}, which holds what \`${run.value.runId}\` did, is not in \`${folder}\``,
          "bring it there, or name its folder with `--archive`",
        ),
      );
    paths.push(path);
  }
  return ok(paths);
}

/** How an archive stands: `destroyed` has none, `restored` was put back. */
type ArchiveState = "intact" | "changed" | "missing" | "restored" | "destroyed";

/** Lists every removal with its archive; reads each archive once. */
export async function listArchives(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly archive: string | null; readonly json: boolean },
): Promise<number> {
  const retention = readRetention(context, globals);
  if (!retention.ok) return refuse(context, retention.error, options);
  const folder = archiveFolder(context, options.archive, retention.value);
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return refuse(context, [reader.error], options);
  try {
    const records = bodyRecords(reader.value);
    const restored = new Set(
      records.flatMap(({ what, seq }) =>
        what.kind === "body_restored" ? [`${what.archive} ${lastRemoval(records, what.archive, seq)}`] : [],
      ),
    );
    const archives = records.flatMap(({ seq, atMs, what }) => {
      if (what.kind !== "body_removed") return [];
      const { by, reason, archive } = what;
      const path = archive === null || folder === null ? null : findArchive(folder, archive);
      const state: ArchiveState =
        archive === null ? "destroyed" : restored.has(`${archive} ${seq}`) ? "restored" : stateOf(path, archive);
      return [{ seq, atMs, by, reason, bodies: countOf(what), archive, path, state }];
    });
    if (options.json)
      printDocument(context, {
        format: "interlock.store-archives/1",
        folder,
        archives: archives as unknown as JsonValue,
      });
    else if (archives.length === 0) context.out("nothing was taken out of this store\n");
    else
      for (const one of archives)
        context.out(
          `${new Date(one.atMs).toISOString().slice(0, 19)}Z  ${one.state.padEnd(9)}  ${one.archive === null ? "-".padEnd(12) : shortDigest(one.archive)}  ${one.bodies} bodies  ${escapeForTerminal(one.by)}${one.reason === "" ? "" : `: ${escapeForTerminal(one.reason)}`}\n`,
        );
    return archives.some(({ state }) => state === "changed" || state === "missing") ? 15 : 0;
  } finally {
    reader.value.close();
  }
}

function lastRemoval(records: ReturnType<typeof bodyRecords>, archive: Digest, beforeSeq: number): number {
  return (
    records.findLast(({ seq, what }) => seq < beforeSeq && what.kind === "body_removed" && what.archive === archive)
      ?.seq ?? -1
  );
}

function stateOf(path: string | null, archive: Digest): ArchiveState {
  if (path === null) return "missing";
  const read = readArchive(path);
  return read.ok && read.value.digest === archive ? "intact" : "changed";
}

function countOf({ ranges }: BodyRemoved): number {
  return ranges.reduce((sum, { count }) => sum + count, 0);
}
