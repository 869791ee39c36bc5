import { resolve } from "node:path";
import type { Command } from "commander";
import { shortDigest } from "../../../../core/value/digest.ts";
import { screen } from "../../../../core/value/screen.ts";
import type { GlobalOptions, RunCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { withInterlock } from "../../door.ts";
import { printDocument, refuse } from "../../report.ts";

/** `interlock store backup|drill`: copies the store, and proves that the copy could take over. */
export function registerBackup(store: Command, run: RunCommand): void {
  store
    .command("backup")
    .argument("<folder>", "an empty folder, or a new one")
    .option("--json", "one JSON document")
    .description("copy the store while its owner works, and verify the copy")
    .action((folder: string, { json = false }: { json?: boolean }) =>
      run((context, globals) => backupCommand(context, globals, { what: "backup", folder, json })),
    );
  store
    .command("drill")
    .argument("<backup>", "a folder that `interlock store backup` wrote")
    .option("--json", "one JSON document")
    .description("prove that a backup can take over: open a copy of it as an owner would, and verify all of it")
    .action((folder: string, { json = false }: { json?: boolean }) =>
      run((context, globals) => backupCommand(context, globals, { what: "drill", folder, json })),
    );
}

function backupCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly what: "backup" | "drill"; readonly folder: string; readonly json: boolean },
): Promise<number> {
  const { what, json } = options;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const request = { folder: resolve(context.cwd, options.folder) };
    const receipt = await (what === "backup" ? interlock.backUp(request) : interlock.drill(request));
    if (!receipt.ok) return refuse(context, receipt.error, { json });
    const { folder, length, head } = receipt.value;
    const verb = what === "backup" ? "copied and verified" : "took over and verified";
    if (json) printDocument(context, { format: `interlock.store-${what}/1`, folder, length, head });
    else context.out(screen`${verb} ${length} records, head ${shortDigest(head)}: ${folder}\n`);
    return 0;
  });
}
