import { resolve } from "node:path";
import type { Command } from "commander";
import { problem } from "../../../../core/value/codes.ts";
import { duration } from "../../../../core/value/duration.ts";
import { screen } from "../../../../core/value/screen.ts";
import { parseWith } from "../../../../core/value/shape.ts";
import type { Archived } from "../../../../interlock.ts";
import type { GlobalOptions, RunCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { withInterlock } from "../../door.ts";
import { printDocument, refuse } from "../../report.ts";
import { wordNext } from "../../word-next.ts";

interface ArchiveOptions {
  readonly olderThan?: string;
  readonly run?: readonly string[];
  readonly archive?: string;
  readonly destroy?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `interlock store archive`: takes what ended runs did out of the store. */
export function registerArchive(store: Command, run: RunCommand): void {
  store
    .command("archive")
    .option(
      "--older-than <age>",
      "take runs that ended longer ago than this (default: `retention.bodies` in interlock.yaml)",
    )
    .option("--run <run...>", "take these runs, at any age")
    .option("--archive <folder>", "where the copies go (default: `retention.archive` in interlock.yaml)")
    .option("--destroy", "keep no copy; needs a `--reason`")
    .option("--reason <text>", "why; the log keeps it")
    .option("--dry-run", "say what would be taken out, and change nothing")
    .option("--json", "one JSON document")
    .description(
      "move the bodies of ended runs from the store to an archive; " +
        "whatever a running or approved plan needs stays",
    )
    .action((options: ArchiveOptions) => run((context, globals) => archiveCommand(context, globals, options)));
}

function archiveCommand(context: CliContext, globals: GlobalOptions, options: ArchiveOptions): Promise<number> {
  const { run: runs = [], reason = null, destroy = false, dryRun: isDryRun = false, json = false } = options;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const age = options.olderThan === undefined ? null : parseWith(duration(), options.olderThan);
    if (age !== null && !age.ok)
      return refuse(context, [problem("E_USAGE", "", "`--older-than` is a duration such as `90d` or `12h`")], { json });
    const archived = await interlock.archive({
      olderThanMs: age?.value ?? null,
      runs,
      folder: options.archive === undefined ? null : resolve(context.cwd, options.archive),
      destroy,
      reason,
      isDryRun,
      onProgress: ({ bodyCount, runCount }) => context.err(screen`${bodyCount} bodies of ${runCount} runs so far\n`),
    });
    if (!archived.ok) return refuse(context, archived.error, { json });
    if (json) printArchived(context, archived.value, { isDryRun });
    else tellArchived(context, archived.value, { isDryRun });
    // A run that was named should be gone, so a kept one is a refusal. With an age, runs that are too young are no
    // surprise.
    return runs.length > 0 && archived.value.kept.length > 0 ? 13 : 0;
  });
}

/** At most this many kept runs are named. */
const namedCountMax = 100;

function printArchived(context: CliContext, archived: Archived, { isDryRun }: { readonly isDryRun: boolean }): void {
  const { olderThanMs, folder, reason, runCount, bodyCount, sizeBytes, kept, archives } = archived;
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
    archives,
  });
}

function tellArchived(context: CliContext, archived: Archived, { isDryRun }: { readonly isDryRun: boolean }): void {
  const { folder, runCount, bodyCount, sizeBytes, kept } = archived;
  const verb = isDryRun ? "would be" : "were";
  const fate = folder === null ? "destroyed" : `archived in ${folder}`;
  context.out(
    bodyCount === 0
      ? screen`nothing to archive\n`
      : screen`${bodyCount} bodies of ${runCount} runs (${sizeBytes} bytes) ${verb} ${fate}\n`,
  );
  for (const { runId, reason } of kept.slice(0, namedCountMax)) context.out(screen`kept: ${runId} ${reason}\n`);
  if (bodyCount > 0 && !isDryRun) context.err(screen`next: ${wordNext(context, { do: "verify_log" })}\n`);
}
