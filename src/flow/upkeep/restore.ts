import { resolve } from "node:path";
import { type Problem, problem } from "../../core/value/codes.ts";
import { shortDigest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { readStream } from "../../log/read-run.ts";
import { findArchive } from "../../log/retention/archive-file.ts";
import { removalsOf } from "../../log/retention/removed-bodies.ts";
import { findRun } from "../site/find-run.ts";
import { refuse, refuseForbidden } from "../site/record.ts";
import { type SiteLog, withLog } from "../site/site-log.ts";
import { workOnStore } from "../site/work-on-store.ts";
import type { Workplace } from "../site/workplace.ts";
import { archiveFolder, readRetention } from "./retention.ts";

/** What to put back: archives, or everything that these runs lack. */
export interface RestoreRequest {
  /** Paths of archives. */
  readonly archives: readonly string[];
  readonly runs: readonly string[];
  /** The folder of the archives; `null` for the one that interlock.yaml names. Only `runs` needs it. */
  readonly folder: string | null;
  /** Why; the log keeps it. */
  readonly reason: string;
  /** Called for each archive as soon as it is back. */
  readonly onRestored: (restored: RestoredArchive) => void;
}

/** An archive that was put back. `restoredCount`: how many bodies were missing until then. */
export interface RestoredArchive {
  readonly archive: string;
  readonly restoredCount: number;
}

/**
 * Puts archives back, one commit each. An archive that was changed, or that belongs to another log, is not put back.
 */
export async function restore(
  place: Workplace,
  request: RestoreRequest,
): Promise<Result<readonly RestoredArchive[], readonly Problem[]>> {
  const no = (problems: readonly Problem[]) => refuse(place, "store restore", problems);
  const forbidden = await refuseForbidden(place, {
    capability: "archive",
    asked: "store restore",
    resource: "store",
  });
  if (forbidden !== null) return forbidden;
  if (request.archives.length === 0 && request.runs.length === 0)
    return no([
      problem("E_USAGE", "", "nothing says what to put back", "name archives or runs", { do: "list_archives" }),
    ]);
  const paths = await findPaths(place, request);
  if (!paths.ok) return no(paths.error);
  const restored: RestoredArchive[] = [];
  for (const archive of paths.value) {
    const { reason } = request;
    const done = await workOnStore(place, { kind: "restore_bodies", archivePath: archive, by: place.actor, reason });
    if (!done.ok) return no([done.error]);
    // `maintainStore` answers `restore_bodies` with this.
    const { restoredCount } = done.value as { readonly restoredCount: number };
    restored.push({ archive, restoredCount });
    request.onRestored({ archive, restoredCount });
  }
  return ok(restored);
}

async function findPaths(
  place: Workplace,
  { archives, runs, folder: named }: RestoreRequest,
): Promise<Result<readonly string[], readonly Problem[]>> {
  const paths = archives.map((path) => resolve(path));
  if (runs.length === 0) return ok(paths);
  const retention = readRetention(place);
  if (!retention.ok) return retention;
  const folder = archiveFolder(named, retention.value);
  if (folder === null)
    return fail([
      problem(
        "E_USAGE",
        "",
        "nothing says where the archives are",
        "name their folder, or give `retention.archive` in interlock.yaml",
      ),
    ]);
  return withLog(place, async (log) => {
    const problems: Problem[] = [];
    for (const wanted of runs) {
      const found = await archivesOf(log, wanted, folder);
      if (found.ok) paths.push(...found.value);
      else problems.push(found.error);
    }
    return problems.length > 0 ? fail(problems) : ok([...new Set(paths)]);
  });
}

/** The archives that hold what this run lacks. */
async function archivesOf(log: SiteLog, wanted: string, folder: string): Promise<Result<readonly string[], Problem>> {
  const run = await findRun(log, wanted);
  if (!run.ok) return run;
  const { runId } = run.value;
  const entries = await readStream(log.port, runId);
  const removals = entries.ok ? await removalsOf(log.port, entries.value) : entries;
  if (!removals.ok) return removals;
  const paths: string[] = [];
  for (const { what } of removals.value) {
    if (what.archive === null)
      return fail(problem("E_BODY_REMOVED", "", `what \`${runId}\` did was removed for good by ${what.by}`));
    const path = findArchive(folder, what.archive);
    if (path === null)
      return fail(
        problem(
          "E_INPUT_MISSING",
          "",
          `the archive ${shortDigest(what.archive)}, which holds what \`${runId}\` did, is not in \`${folder}\``,
          "bring it there, or name the folder that holds it",
        ),
      );
    paths.push(path);
  }
  return ok(paths);
}
