import type { Command } from "commander";
import { shortDigest } from "../../../core/value/digest.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { printDocument, refuse } from "../report.ts";

/** `interlock log verify|export`: whether the log is what was written, and a copy that others can verify. */
export function registerLog(program: Command, run: RunCommand): void {
  const log = program.command("log").description("verify the log, or export it for others to verify");
  log
    .command("verify")
    .description("recompute every digest; names the first record that does not hold")
    .option("--archive <folder>", "also hold every body that was archived against the archives here")
    .option("--json", "one JSON document")
    .action((options: { archive?: string; json?: boolean }) =>
      run((context, globals) =>
        verifyCommand(context, globals, { archive: options.archive ?? null, json: options.json === true }),
      ),
    );
  log
    .command("export")
    .description(
      "write the log as JSON Lines to stdout; `interlock-verify FILE` verifies it without this program's code",
    )
    .action(() => run(exportCommand));
}

async function verifyCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly archive: string | null; readonly json: boolean },
): Promise<number> {
  const { resolve } = await import("node:path");
  const { verifyArchives } = await import("../../../log/retention/verify-archives.ts");
  const { openReader } = await import("../../../log/sqlite/reader.ts");
  const { verifyLog } = await import("../../../log/verify-log.ts");
  const { storeFolder } = await import("../site.ts");
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return refuse(context, [reader.error], options);
  try {
    const verified = verifyLog(reader.value, (count) => {
      if (count >= 100_000 && count % 100_000 === 0) context.err(`${count} records hold so far\n`);
    });
    if (!verified.ok) return refuse(context, [verified.error], options);
    const { length, head, removedCount } = verified.value;
    const archived =
      options.archive === null ? null : verifyArchives(reader.value, resolve(context.cwd, options.archive));
    if (archived !== null && !archived.ok) return refuse(context, archived.error, options);
    const archivedCount = archived === null ? null : archived.value.archivedCount;
    if (options.json)
      printDocument(context, {
        format: "interlock.log-verification/1",
        ok: true,
        length,
        head,
        removedCount,
        archivedCount,
      });
    else
      context.out(
        `${length} records hold, head ${shortDigest(head)}${removedCount === 0 ? "" : `; ${removedCount} bodies were removed by record${archivedCount === null ? "" : `, ${archivedCount} of them hold in their archives`}`}\n`,
      );
    return 0;
  } finally {
    reader.value.close();
  }
}

async function exportCommand(context: CliContext, globals: GlobalOptions): Promise<number> {
  const { openReader } = await import("../../../log/sqlite/reader.ts");
  const { exportLog } = await import("../../../log/export-log.ts");
  const { storeFolder } = await import("../site.ts");
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return refuse(context, [reader.error], { json: false });
  for (const line of exportLog(reader.value)) context.out(`${line}\n`);
  reader.value.close();
  return 0;
}
