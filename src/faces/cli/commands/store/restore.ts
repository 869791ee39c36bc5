import { resolve } from "node:path";
import type { Command } from "commander";
import { screen } from "../../../../core/value/screen.ts";
import type { GlobalOptions, RunCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { withInterlock } from "../../door.ts";
import { printDocument, refuse } from "../../report.ts";

interface RestoreOptions {
  readonly run?: readonly string[];
  readonly archive?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `interlock store restore`: put archived bodies back. */
export function registerRestore(store: Command, run: RunCommand): void {
  store
    .command("restore")
    .argument("[archive...]", "archives to put back, as `interlock store archives` lists them")
    .option("--run <run...>", "put back everything that these runs lack")
    .option("--archive <folder>", "the folder of the archives (default: `retention.archive` in interlock.yaml)")
    .option("--reason <text>", "why; the log keeps it")
    .option("--json", "one JSON document")
    .description("put archived bodies back where the log has their digests")
    .action((paths: readonly string[], options: RestoreOptions) =>
      run((context, globals) => restoreCommand(context, globals, paths, options)),
    );
}

function restoreCommand(
  context: CliContext,
  globals: GlobalOptions,
  paths: readonly string[],
  options: RestoreOptions,
): Promise<number> {
  const { run: runs = [], reason = "", json = false } = options;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const restored = await interlock.restore({
      archives: paths.map((path) => resolve(context.cwd, path)),
      runs,
      folder: options.archive === undefined ? null : resolve(context.cwd, options.archive),
      reason,
      onRestored: ({ archive, restoredCount }) => {
        if (!json) context.out(screen`${restoredCount} bodies put back from ${archive}\n`);
      },
    });
    if (!restored.ok) return refuse(context, restored.error, { json });
    if (json) printDocument(context, { format: "interlock.store-restore/1", restored: restored.value });
    else if (restored.value.length === 0) context.out(screen`nothing to put back\n`);
    return 0;
  });
}
