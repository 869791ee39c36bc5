import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import type { Event } from "../../core/run/event.ts";
import { endedStates } from "../../engine/store/run-index.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { refuse } from "../report.ts";

/** `interlock watch RUN`: follow a run from beside its engine, from its first event to its end. */
export function registerWatch(program: Command, run: RunCommand): void {
  program
    .command("watch")
    .argument("[run]", "a run's id, the beginning of one, or `last`", "last")
    .description("follow a run until it ends; Ctrl-C leaves it running")
    .option("--jsonl", "an event stream: one JSON document a line")
    .option("--once", "show what there is and leave")
    .action((wanted: string, options: { jsonl?: boolean; once?: boolean }) =>
      run((context, globals) => watchCommand(context, globals, { wanted, jsonl: options.jsonl === true, isOnce: options.once === true })));
}

const pollMs = 150;

async function watchCommand(context: CliContext, globals: GlobalOptions, options: { readonly wanted: string; readonly jsonl: boolean; readonly isOnce: boolean }): Promise<number> {
  const { openReader } = await import("../../engine/store/sqlite/reader.ts");
  const { missingBodies } = await import("../../engine/removed-bodies.ts");
  const { findRun } = await import("../find-run.ts");
  const { eventPrinter } = await import("../progress/print-event.ts");
  const { storeFolder } = await import("../site.ts");
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return refuse(context, [reader.error], { json: false });
  try {
    const found = findRun(reader.value, options.wanted);
    if (!found.ok) return refuse(context, [found.error], { json: false });
    const { runId, startedMs } = found.value;
    const missing = missingBodies(reader.value, runId);
    if (missing !== null) return refuse(context, [missing], { json: false });
    const printer = eventPrinter(context, { jsonl: options.jsonl, startMs: startedMs });
    for (let fromSeq = 0; ; ) {
      const entries = reader.value.entries({ stream: runId, fromSeq, limit: 500 });
      for (const { record, bodyText } of entries) {
        // Our own engine wrote it; `log verify` is what checks that nobody else did.
        printer.print(JSON.parse(bodyText ?? "{}") as Event, record.atMs);
        fromSeq = record.seq + 1;
      }
      if (entries.length === 500) continue;
      const [now] = reader.value.runsByPrefix(runId);
      if (options.isOnce || now === undefined || endedStates.includes(now.state)) return 0;
      await sleep(pollMs);
    }
  } finally {
    reader.value.close();
  }
}
