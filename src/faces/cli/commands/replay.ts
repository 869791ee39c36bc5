import type { Command } from "commander";
import { problem } from "../../../core/value/codes.ts";
import { column, screen } from "../../../core/value/screen.ts";
import type { Replayed } from "../../../interlock.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";

/**
 * `interlock replay RUN`: shows the run as it stood at any record, rebuilt from the log alone, beside the run as it is
 * now.
 */
export function registerReplay(program: Command, run: RunCommand): void {
  program
    .command("replay")
    .argument("[run]", "a run's id, the beginning of one, or `last`", "last")
    .description("rebuild a run from the log as it was at a record, and show what has changed since")
    .option("--at <seq>", "the record's number, as `interlock watch --jsonl` and the log give it (default: the last)")
    .option("--json", "one JSON document")
    .action((wanted: string, options: { at?: string; json?: boolean }) =>
      run((context, globals) =>
        replayCommand(context, globals, { wanted, at: options.at ?? null, json: options.json === true }),
      ),
    );
}

function replayCommand(
  context: CliContext,
  globals: GlobalOptions,
  { wanted, at, json }: { readonly wanted: string; readonly at: string | null; readonly json: boolean },
): Promise<number> {
  return withInterlock(context, globals, { json }, async (interlock) => {
    if (at !== null && !/^\d{1,15}$/.test(at))
      return refuse(context, [problem("E_USAGE", "", "`--at` is the number of a record")], { json });
    const replayed = await interlock.replay({ run: wanted, at: at === null ? null : Number(at) });
    if (!replayed.ok) return refuse(context, replayed.error, { json });
    if (json) printDocument(context, { format: "interlock.replay/1", ...replayed.value });
    else tell(context, replayed.value);
    return 0;
  });
}

function tell(context: CliContext, { runId, at, state, differences }: Replayed): void {
  const { phase, outcome, doneCount, stepCount } = state;
  const end = outcome === null ? "" : `, ${outcome}`;
  const done = `${doneCount} of ${stepCount} steps done or left out`;
  context.out(screen`${runId} after record ${at.seq} (${at.kind.replaceAll("_", " ")}): ${phase}${end}, ${done}\n`);
  for (const step of state.steps) context.out(screen`  ${column(step.status, 11)} ${step.id}\n`);
  context.out(differences.length === 0 ? screen`nothing has changed since\n` : screen`since then\n`);
  for (const { pointer, then, now } of differences)
    context.out(screen`  ${pointer}: ${JSON.stringify(then)} → ${JSON.stringify(now)}\n`);
}
