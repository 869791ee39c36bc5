import type { Command } from "commander";
import type { RunView } from "../../../core/run/tell/view.ts";
import { problem } from "../../../core/value/codes.ts";
import type { JsonValue } from "../../../core/value/json-value.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { Difference } from "../diff-views.ts";
import { printDocument, refuse } from "../report.ts";

/** `interlock replay RUN`: the run as it stood at any record, rebuilt from the log alone, beside the run as it is now. */
export function registerReplay(program: Command, run: RunCommand): void {
  program
    .command("replay")
    .argument("[run]", "a run's id, the beginning of one, or `last`", "last")
    .description("rebuild a run from the log as it stood at a record, and show what has changed since")
    .option("--at <seq>", "the record's number, as `interlock watch --jsonl` and the log give it (default: the last)")
    .option("--json", "one JSON document")
    .action((wanted: string, options: { at?: string; json?: boolean }) =>
      run((context, globals) =>
        replayCommand(context, globals, { wanted, at: options.at ?? null, json: options.json === true }),
      ),
    );
}

async function replayCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly wanted: string; readonly at: string | null; readonly json: boolean },
): Promise<number> {
  const { loadRun, storedEvents } = await import("../../../log/load-state.ts");
  const { openReader } = await import("../../../log/sqlite/reader.ts");
  const { missingBodies } = await import("../../../log/retention/removed-bodies.ts");
  const { viewRun } = await import("../../../core/run/tell/view.ts");
  const { diffViews } = await import("../diff-views.ts");
  const { findRun } = await import("../find-run.ts");
  const { storeFolder } = await import("../site.ts");
  if (options.at !== null && !/^\d{1,15}$/.test(options.at))
    return refuse(context, [problem("E_USAGE", "", "`--at` is the number of a record")], options);
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return refuse(context, [reader.error], options);
  try {
    const found = findRun(reader.value, options.wanted);
    if (!found.ok) return refuse(context, [found.error], options);
    const { runId } = found.value;
    const missing = missingBodies(reader.value, runId);
    if (missing !== null) return refuse(context, [missing], options);
    const records = [...storedEvents(reader.value, runId)].map(({ seq, event }) => ({ seq, kind: event.kind }));
    const start = records.find(({ kind }) => kind === "run_started");
    const last = records.at(-1);
    const at = options.at === null ? (last?.seq ?? 0) : Number(options.at);
    const seen = records.findLast(({ seq }) => seq <= at);
    if (start === undefined || seen === undefined || at < start.seq)
      return refuse(
        context,
        [
          problem(
            "E_INPUT_MISSING",
            "",
            `\`${runId}\` begins at record ${start?.seq ?? "?"}`,
            "name that record or a later one",
          ),
        ],
        options,
      );
    const then = viewRun(loadRun(reader.value, runId, at));
    const now = viewRun(loadRun(reader.value, runId));
    // A view is plain data by construction.
    const differences = diffViews(then as unknown as JsonValue, now as unknown as JsonValue);
    if (options.json)
      printDocument(context, {
        format: "interlock.replay/1",
        runId,
        at: seen,
        last: last ?? seen,
        state: then,
        differences,
      });
    else await tell(context, { runId, seen, then, differences });
    return 0;
  } finally {
    reader.value.close();
  }
}

async function tell(
  context: CliContext,
  told: {
    readonly runId: string;
    readonly seen: { readonly seq: number; readonly kind: string };
    readonly then: RunView;
    readonly differences: readonly Difference[];
  },
): Promise<void> {
  const { escapeForTerminal } = await import("../../../core/value/text.ts");
  const { runId, seen, then, differences } = told;
  context.out(
    `${runId} after record ${seen.seq} (${seen.kind.replaceAll("_", " ")}): ${then.phase}${then.outcome === null ? "" : `, ${then.outcome}`}, ${then.doneCount} of ${then.stepCount} steps done\n`,
  );
  for (const step of then.steps) context.out(`  ${step.status.padEnd(11)} ${escapeForTerminal(step.id)}\n`);
  context.out(differences.length === 0 ? "nothing has changed since\n" : "since then\n");
  for (const { pointer, then: before, now } of differences)
    context.out(
      `  ${escapeForTerminal(pointer)}: ${escapeForTerminal(JSON.stringify(before))} → ${escapeForTerminal(JSON.stringify(now))}\n`,
    );
}
