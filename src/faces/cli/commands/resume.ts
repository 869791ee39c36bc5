import type { Command } from "commander";
import { screen } from "../../../core/value/screen.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { findMissingStore, withInterlock } from "../door.ts";
import { type FollowedRun, followRuns } from "../follow-run.ts";
import { printDocument, refuse } from "../report.ts";
import { exitCodeOfReport } from "./respond/exit-code.ts";

/** `interlock resume`: takes over what an engine left, from the log alone. */
export function registerResume(program: Command, run: RunCommand): void {
  program
    .command("resume")
    .argument(
      "[run]",
      "a run's id, the beginning of one, or `last` where no other run can be meant (default: every unfinished run)",
    )
    .description(
      "go on with runs whose engine was stopped or killed; a call that may have worked is repeated only under its key",
    )
    .option("--json", "one JSON document when it has come to rest")
    .option("--jsonl", "an event stream: one JSON document a line")
    .action((wanted: string | undefined, options: { json?: boolean; jsonl?: boolean }) =>
      run((context, globals) =>
        resumeCommand(context, globals, wanted ?? null, { json: options.json === true, jsonl: options.jsonl === true }),
      ),
    );
}

function resumeCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string | null,
  display: { readonly json: boolean; readonly jsonl: boolean },
): Promise<number> {
  return withInterlock(context, globals, display, async (interlock) => {
    const missing = await findMissingStore(globals, interlock);
    if (missing !== null) return refuse(context, [missing], display);
    const resumed = await interlock.resume({ run: wanted });
    if (!resumed.ok) return refuse(context, resumed.error, display);
    const { runs, incidents } = resumed.value;
    if (!display.json) for (const { runId } of runs) context.err(screen`resumes ${runId}\n`);
    // All of them are told together at the end, so that a script gets one document.
    const followed = await followRuns(context, runs, { ...display, quiet: display.json });
    const closed = await incidents;
    if (!closed.ok) return refuse(context, closed.error, display);
    for (const { incidentId, report } of closed.value)
      context.err(screen`${incidentId} closed: ${report?.outcome ?? "abandoned, before anything was planned"}\n`);
    if (display.json) tellAll(context, followed);
    else if (followed.length + closed.value.length === 0) context.out(screen`nothing to resume: every run has ended\n`);
    const ofIncidents = closed.value.map(({ report }) => (report === null ? 14 : exitCodeOfReport(report)));
    // For several runs a script gets the worst exit code.
    return Math.max(0, ...followed.map(({ exitCode }) => exitCode), ...ofIncidents);
  });
}

function tellAll(context: CliContext, followed: readonly FollowedRun[]): void {
  const runs = followed.flatMap(({ view, exitCode }) => (view === null ? [] : [{ ...view, exitCode }]));
  printDocument(context, { format: "interlock.resume/1", runs });
}
