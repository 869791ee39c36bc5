import { resolve } from "node:path";
import type { Command } from "commander";
import { assertNever } from "../../../../core/value/invariant.ts";
import { screen } from "../../../../core/value/screen.ts";
import type { Upgraded, UpgradeStep } from "../../../../interlock.ts";
import type { GlobalOptions, RunCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { withInterlock } from "../../door.ts";
import { printDocument, refuse } from "../../report.ts";
import { wordNext } from "../../word-next.ts";

interface UpgradeOptions {
  /** `--backup FOLDER` gives a folder, `--no-backup` gives `false`, and neither gives `true`. */
  readonly backup: string | boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `interlock store upgrade`: bring a store of an older release up to this one. */
export function registerUpgrade(store: Command, run: RunCommand): void {
  store
    .command("upgrade")
    .option("--backup <folder>", "where the copy goes (default: beside the store, named after its version)")
    .option("--no-backup", "make no copy")
    .option("--dry-run", "say what would be done, and change nothing")
    .option("--json", "one JSON document")
    .description(
      "upgrade a store that an older release wrote, after making a verified copy of it; " +
        "older releases cannot open it afterwards",
    )
    .action((options: UpgradeOptions) => run((context, globals) => upgradeCommand(context, globals, options)));
}

function upgradeCommand(context: CliContext, globals: GlobalOptions, options: UpgradeOptions): Promise<number> {
  const { backup, dryRun: isDryRun = false, json = false } = options;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const upgraded = await interlock.upgrade({
      backup: typeof backup === "string" ? resolve(context.cwd, backup) : null,
      withoutBackup: backup === false,
      isDryRun,
      onProgress: (step) => {
        if (!json) context.out(screen`${wordStep(step, { isDryRun })}\n`);
      },
    });
    if (!upgraded.ok) return refuse(context, upgraded.error, { json });
    if (json) printUpgraded(context, upgraded.value, { isDryRun });
    else tellUpgraded(context, upgraded.value, { isDryRun });
    return 0;
  });
}

function printUpgraded(context: CliContext, upgraded: Upgraded, { isDryRun }: { readonly isDryRun: boolean }): void {
  const { fromVersion, toVersion, storeId, steps } = upgraded;
  printDocument(context, {
    format: "interlock.store-upgrade/1",
    dryRun: isDryRun,
    fromVersion,
    toVersion,
    storeId,
    steps,
  });
}

function tellUpgraded(context: CliContext, upgraded: Upgraded, { isDryRun }: { readonly isDryRun: boolean }): void {
  const { fromVersion, toVersion, storeId, steps } = upgraded;
  if (steps.length === 0) {
    context.out(screen`nothing to do: the store has version ${toVersion} already, and the id ${storeId ?? ""}\n`);
    return;
  }
  // Without `--dry-run`, each step was printed when it was done.
  if (isDryRun) for (const step of steps) context.out(screen`${wordStep(step, { isDryRun })}\n`);
  if (fromVersion !== toVersion) context.out(screen`${wordVersions(upgraded, { isDryRun })}\n`);
  if (!isDryRun) context.err(screen`next: ${wordNext(context, { do: "verify_log" })}\n`);
}

function wordVersions({ fromVersion, toVersion }: Upgraded, { isDryRun }: { readonly isDryRun: boolean }): string {
  return isDryRun
    ? `the store has version ${fromVersion}, and would have version ${toVersion}`
    : `the store had version ${fromVersion}, and has version ${toVersion} now`;
}

function wordStep(step: UpgradeStep, { isDryRun }: { readonly isDryRun: boolean }): string {
  switch (step.kind) {
    case "backed_up":
      return `${isDryRun ? "would copy and verify" : "copied and verified"}: ${step.folder}`;
    case "version_reached":
      return `${isDryRun ? "would reach" : "reached"} version ${step.version}: ${step.what}`;
    case "id_given":
      return isDryRun ? "would give the store an id" : `gave the store its id: ${step.storeId ?? ""}`;
    default:
      return assertNever(step);
  }
}
