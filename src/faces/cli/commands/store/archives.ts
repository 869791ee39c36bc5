import { resolve } from "node:path";
import type { Command } from "commander";
import { shortDigest } from "../../../../core/value/digest.ts";
import { column, quoted, type ScreenText, screen } from "../../../../core/value/screen.ts";
import type { ListedArchive } from "../../../../interlock.ts";
import type { GlobalOptions, RunCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { withInterlock } from "../../door.ts";
import { printDocument, refuse } from "../../report.ts";
import { showTime } from "../../show-time.ts";

interface ArchivesOptions {
  readonly archive?: string;
  readonly json?: boolean;
}

/** `interlock store archives`: what was taken out of the store, and whether it can be restored. */
export function registerArchives(store: Command, run: RunCommand): void {
  store
    .command("archives")
    .option("--archive <folder>", "the folder of the archives (default: `retention.archive` in interlock.yaml)")
    .option("--json", "one JSON document")
    .description("list what was taken out of the store: when, by whom, why, and whether its archive is here and intact")
    .action((options: ArchivesOptions) => run((context, globals) => archivesCommand(context, globals, options)));
}

function archivesCommand(
  context: CliContext,
  globals: GlobalOptions,
  { archive, json = false }: ArchivesOptions,
): Promise<number> {
  return withInterlock(context, globals, { json }, async (interlock) => {
    const named = archive === undefined ? null : resolve(context.cwd, archive);
    const listed = await interlock.archives({ folder: named });
    if (!listed.ok) return refuse(context, listed.error, { json });
    const { folder, archives } = listed.value;
    if (json) printDocument(context, { format: "interlock.store-archives/1", folder, archives });
    else if (archives.length === 0) context.out(screen`nothing was taken out of this store\n`);
    else for (const one of archives) context.out(lineOf(one));
    return archives.some(({ state }) => state === "changed" || state === "missing") ? 15 : 0;
  });
}

function lineOf({ atMs, state, archive, bodies, by, reason }: ListedArchive): ScreenText {
  const when = showTime(atMs);
  const name = column(archive === null ? "-" : shortDigest(archive), 12);
  const why = reason === "" ? "" : screen`: ${quoted(reason)}`;
  return screen`${when}  ${column(state, 9)}  ${name}  ${bodies} bodies  ${by}${why}\n`;
}
