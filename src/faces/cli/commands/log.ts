import { resolve } from "node:path";
import type { Command } from "commander";
import { codes } from "../../../core/value/codes.ts";
import { shortDigest } from "../../../core/value/digest.ts";
import { screen } from "../../../core/value/screen.ts";
import { escapeJsonForTerminal } from "../../../core/value/text.ts";
import type { Verified } from "../../../interlock.ts";
import { leaveWithReader } from "../broken-pipe.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";

/**
 * `interlock log verify|export`: checks that the log is what was written, and exports a copy that others can verify.
 */
export function registerLog(program: Command, run: RunCommand): void {
  const log = program.command("log").description("verify the log, or export it for others to verify");
  log
    .command("verify")
    .description("recompute every digest, and name the first record that does not match")
    .option("--archive <folder>", "also check the archived bodies, in the archives of this folder")
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

function verifyCommand(
  context: CliContext,
  globals: GlobalOptions,
  { archive, json }: { readonly archive: string | null; readonly json: boolean },
): Promise<number> {
  return withInterlock(context, globals, { json }, async (interlock) => {
    const verified = await interlock.verify({
      archive: archive === null ? null : resolve(context.cwd, archive),
      onProgress: (count) => {
        if (count >= 100_000 && count % 100_000 === 0) context.err(screen`${count} records hold so far\n`);
      },
    });
    if (!verified.ok) return refuse(context, verified.error, { json });
    if (json) printDocument(context, { format: "interlock.log-verification/1", ok: true, ...verified.value });
    else tellVerified(context, verified.value);
    return 0;
  });
}

function tellVerified(context: CliContext, { length, head, removedCount, archivedCount }: Verified): void {
  const archived = archivedCount === null ? "" : `, ${archivedCount} of them hold in their archives`;
  const removed = removedCount === 0 ? "" : `; ${removedCount} bodies were removed by record${archived}`;
  context.out(screen`${length} records hold, head ${shortDigest(head)}${removed}\n`);
}

function exportCommand(context: CliContext, globals: GlobalOptions): Promise<number> {
  // What was written is not the whole log then.
  leaveWithReader(codes.E_OUTPUT_LOST.exitCode);
  return withInterlock(context, globals, { json: false }, async (interlock) => {
    const exported = await interlock.exportLog({ write: (line) => context.data(`${escapeJsonForTerminal(line)}\n`) });
    return exported.ok ? 0 : refuse(context, exported.error, { json: false });
  });
}
