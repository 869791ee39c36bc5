import { type Command, Option } from "commander";
import { screen } from "../../../core/value/screen.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { tellCredits } from "../credit-lines.ts";
import { withInterlock } from "../door.ts";
import { dryRunExit, dryRunLines } from "../dry-run-lines.ts";
import { followRun } from "../follow-run.ts";
import { printDocument, refuse } from "../report.ts";
import { planArgument } from "../site.ts";

/** `interlock apply`: runs an approved plan, with live progress. */
export function registerApply(program: Command, run: RunCommand): void {
  program
    .command("apply")
    .argument(
      "[plan]",
      "a plan's id, the beginning of its hash, its file, or `last`, the one you planned or approved last",
      "last",
    )
    .description("run an approved plan; Ctrl-C stops it after what is in flight")
    .addOption(
      new Option(
        "--dry-run",
        "read what each step needs and say whether it would hold; nothing is written, and no approval is needed",
      ).conflicts("jsonl"),
    )
    .option("--json", "one JSON document when it has come to rest")
    .option("--jsonl", "an event stream: one JSON document a line")
    .action((wanted: string, options: ApplyOptions) =>
      run((context, globals) =>
        options.dryRun === true
          ? dryRunCommand(context, globals, wanted, options)
          : applyCommand(context, globals, wanted, options),
      ),
    );
}

interface ApplyOptions {
  readonly json?: boolean;
  readonly jsonl?: boolean;
  readonly dryRun?: boolean;
}

function applyCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  { json = false, jsonl = false }: ApplyOptions,
): Promise<number> {
  return withInterlock(context, globals, { json }, async (interlock) => {
    const begun = await interlock.apply({ plan: planArgument(context, wanted) });
    if (!begun.ok) return refuse(context, begun.error, { json });
    const { view, exitCode } = await followRun(context, begun.value, { json, jsonl });
    if (view !== null && !json && !jsonl) await tellCredits(context, interlock, view.runId);
    return exitCode;
  });
}

function dryRunCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  { json = false }: ApplyOptions,
): Promise<number> {
  return withInterlock(context, globals, { json }, async (interlock) => {
    const walked = await interlock.dryRun({ plan: planArgument(context, wanted) });
    if (!walked.ok) return refuse(context, walked.error, { json });
    if (json) printDocument(context, { format: "interlock.dry-run/1", ...walked.value });
    else for (const line of dryRunLines(walked.value)) context.out(screen`${line}\n`);
    return dryRunExit(walked.value);
  });
}
