import type { Command } from "commander";
import { viewRun } from "../../../core/run/tell/view.ts";
import type { Problem } from "../../../core/value/codes.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { printDocument } from "../report.ts";

/** `interlock resume`: take over what an engine left, from the log alone. */
export function registerResume(program: Command, run: RunCommand): void {
  program
    .command("resume")
    .argument("[run]", "a run's id, the beginning of one, or `last` (default: every unfinished run)")
    .description("go on with runs whose engine was stopped or killed; nothing is sent twice without its key")
    .option("--json", "one JSON document when it has come to rest")
    .option("--jsonl", "an event stream: one JSON document a line")
    .action((wanted: string | undefined, options: { json?: boolean; jsonl?: boolean }) =>
      run((context, globals) =>
        resumeCommand(context, globals, wanted ?? null, { json: options.json === true, jsonl: options.jsonl === true }),
      ),
    );
}

async function resumeCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string | null,
  display: { readonly json: boolean; readonly jsonl: boolean },
): Promise<number> {
  const { openCliSite } = await import("../open-site.ts");
  const { openCliOwner, runToRest } = await import("../run-to-rest.ts");
  const { findRunRow } = await import("../find-run.ts");
  const { refuseForbidden, refuseRecorded } = await import("../refuse-recorded.ts");
  const no = (problems: readonly Problem[]): Promise<number> =>
    refuseRecorded(context, globals, "resume", problems, display);
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: "apply", command: "resume", resource: wanted ?? "*" },
    display,
  );
  if (forbidden !== null) return forbidden;
  const site = await openCliSite(context, globals);
  if (!site.ok) return no(site.error);
  const only = wanted === null ? null : findRunRow(context, globals, wanted);
  if (only !== null && !only.ok) return no([only.error]);
  const owner = await openCliOwner(context, globals, site.value, display);
  if (!owner.ok) return no([owner.error]);
  try {
    const { engine } = owner.value;
    const runIds = only === null ? engine.unfinishedRunIds() : [only.value.runId];
    const known = runIds.filter((runId) => engine.run(runId) !== null);
    await engine.takeOver(known);
    const codes: number[] = [];
    // Told together at the end: a script gets one document, however many runs there are.
    for (const runId of known)
      codes.push(await runToRest(context, owner.value, runId, { ...display, json: false, quiet: display.json }));
    // An incident whose process is gone is closed with what its run came to.
    const { closeForGone } = await import("../respond-incident.ts");
    const closed = await closeForGone(context, owner.value);
    if (!closed.ok) return no([closed.error]);
    codes.push(...closed.value);
    if (codes.length === 0) return tellNothing(context, display);
    if (display.json) {
      const runs = known.flatMap((runId, index) => {
        const run = engine.run(runId);
        return run === null ? [] : [{ ...viewRun(run), exitCode: codes[index] ?? 1 }];
      });
      printDocument(context, { format: "interlock.resume/1", runs });
    }
    // The worst of several is what a script has to know.
    return Math.max(...codes);
  } finally {
    await owner.value.close();
  }
}

function tellNothing(context: CliContext, display: { readonly json: boolean }): number {
  if (display.json) printDocument(context, { format: "interlock.resume/1", runs: [] });
  else context.out("nothing to resume: every run has ended\n");
  return 0;
}
