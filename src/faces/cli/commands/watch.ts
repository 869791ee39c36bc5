import { setTimeout as sleep } from "node:timers/promises";
import { type Command, Option } from "commander";
import type { Event } from "../../../core/run/words/event.ts";
import { endedStates } from "../../../log/run-index.ts";
import type { StoreReader } from "../../../log/sqlite/reader.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { EventPrinter } from "../progress/print-event.ts";
import { printDocument, refuse } from "../report.ts";

interface WatchOptions {
  readonly json?: boolean;
  readonly jsonl?: boolean;
  readonly once?: boolean;
}

/** `interlock watch RUN`: follow a run from beside its engine, from its first event to its end. */
export function registerWatch(program: Command, run: RunCommand): void {
  program
    .command("watch")
    .argument("[run]", "a run's id, the beginning of one, or `last`", "last")
    .description("follow a run until it ends; Ctrl-C leaves it running")
    .addOption(new Option("--json", "one JSON document when it has ended, with --once as it stands").conflicts("jsonl"))
    .option("--jsonl", "an event stream: one JSON document a line")
    .option("--once", "show what there is and leave")
    .action((wanted: string, options: WatchOptions) =>
      run((context, globals) => watchCommand(context, globals, wanted, options)),
    );
}

const pollMs = 150;

async function watchCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  options: WatchOptions,
): Promise<number> {
  const { openReader } = await import("../../../log/sqlite/reader.ts");
  const { storePaths } = await import("../../../log/sqlite/open.ts");
  const { missingBodies } = await import("../../../log/retention/removed-bodies.ts");
  const { findRun } = await import("../find-run.ts");
  const { eventPrinter } = await import("../progress/print-event.ts");
  const { storeFolder } = await import("../site.ts");
  const json = options.json === true;
  const asScript = { json };
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return refuse(context, [reader.error], asScript);
  try {
    const found = findRun(reader.value, wanted);
    if (!found.ok) return refuse(context, [found.error], asScript);
    const { runId, startedMs } = found.value;
    const missing = missingBodies(reader.value, runId);
    if (missing !== null) return refuse(context, [missing], asScript);
    const printer = json
      ? null
      : eventPrinter(context, { jsonl: options.jsonl === true, startMs: startedMs, asData: true });
    await followRun(reader.value, runId, {
      printer,
      isOnce: options.once === true,
      onCaughtUp: () => tellUnowned(context, storePaths(storeFolder(context, globals)).socket, runId),
    });
    if (json) await printView(context, reader.value, runId);
    return 0;
  } finally {
    reader.value.close();
  }
}

/** `onCaughtUp` is told once, when all there was has been shown and the run has not ended. */
async function followRun(
  reader: StoreReader,
  runId: string,
  options: {
    readonly printer: EventPrinter | null;
    readonly isOnce: boolean;
    readonly onCaughtUp: () => Promise<void>;
  },
): Promise<void> {
  let isCaughtUp = false;
  for (let fromSeq = 0; ; ) {
    // Asked for before its events are read: what ended in between is told in the next round.
    const [now] = reader.runsByPrefix(runId);
    const entries = reader.entries({ stream: runId, fromSeq, limit: 500 });
    for (const { record, bodyText } of entries) {
      // Our own engine wrote it; `log verify` is what checks that nobody else did.
      if (bodyText !== null) options.printer?.print(JSON.parse(bodyText) as Event, record.atMs, record.seq);
      fromSeq = record.seq + 1;
    }
    if (entries.length === 500) continue;
    const isOver = now === undefined || endedStates.includes(now.state);
    if (!isOver && !isCaughtUp) await options.onCaughtUp();
    isCaughtUp = true;
    if (options.isOnce || isOver) return;
    await sleep(pollMs);
  }
}

/** A run that nobody works on would be watched for ever: whoever watches it has to know. */
async function tellUnowned(context: CliContext, socket: string, runId: string): Promise<void> {
  const { hasOwner } = await import("../../../owner/control/client.ts");
  if (!(await hasOwner(socket))) context.err(`no engine works on it; next: interlock resume ${runId}\n`);
}

async function printView(context: CliContext, reader: StoreReader, runId: string): Promise<void> {
  const { loadRun } = await import("../../../log/load-state.ts");
  const { viewRun } = await import("../../../core/run/tell/view.ts");
  const { exitCodeOfRun } = await import("../run-exit.ts");
  const run = loadRun(reader, runId);
  printDocument(context, { format: "interlock.run/1", ...viewRun(run), exitCode: exitCodeOfRun(run) });
}
