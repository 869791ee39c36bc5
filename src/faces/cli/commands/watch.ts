import { type Command, Option } from "commander";
import { screen } from "../../../core/value/screen.ts";
import type { LoggedEvent, WatchedRun } from "../../../interlock.ts";
import { leaveWithReader } from "../broken-pipe.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { eventPrinter } from "../progress/print-event.ts";
import { printDocument, refuse } from "../report.ts";
import { exitCodeOfRun } from "../run-exit.ts";
import { wordNext } from "../word-next.ts";
import { watchInvariants } from "./watch-invariants.ts";

interface WatchOptions {
  readonly json: boolean;
  readonly jsonl: boolean;
  readonly once: boolean;
  readonly invariants: boolean;
  readonly every: string;
}

/** `interlock watch RUN`: follows a run beside its engine, from its first event to its end. */
export function registerWatch(program: Command, run: RunCommand): void {
  program
    .command("watch")
    .argument("[run]", "a run's id, the beginning of one, or `last`", "last")
    .description("follow a run until it ends; Ctrl-C leaves it running")
    .addOption(new Option("--json", "one JSON document when it has ended, or at once with --once").conflicts("jsonl"))
    .option("--jsonl", "an event stream: one JSON document a line")
    .option("--once", "show what has happened so far and exit")
    .option(
      "--invariants",
      "instead of a run, follow the domain's invariants on the live systems: shows what changes; " +
        "with --once, the exit code is 27 if one is broken",
    )
    .option("--every <seconds>", "with --invariants: the time between two readings", "10")
    .action((wanted: string, given: Partial<WatchOptions>) => {
      const { json = false, jsonl = false, once = false, invariants = false, every = "10" } = given;
      return run((context, globals) =>
        watchCommand(context, globals, wanted, { json, jsonl, once, invariants, every }),
      );
    });
}

function watchCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  options: WatchOptions,
): Promise<number> {
  leaveWithReader(0);
  return withInterlock(context, globals, options, async (interlock) => {
    if (options.invariants) return watchInvariants(context, interlock, options);
    const watched = await interlock.watch({ run: wanted });
    if (!watched.ok) return refuse(context, watched.error, options);
    await show(context, watched.value, options);
    // The view also says whether the log could be read to its end.
    const view = await watched.value.view();
    if (!view.ok) return refuse(context, view.error, options);
    if (options.json)
      printDocument(context, { format: "interlock.run/1", ...view.value, exitCode: exitCodeOfRun(view.value) });
    return 0;
  });
}

/** Shows what has happened, says if no engine works on the run, and then shows what comes. */
async function show(context: CliContext, watched: WatchedRun, { json, jsonl, once }: WatchOptions): Promise<void> {
  const { startedMs } = watched;
  const known = json || jsonl ? null : await watched.steps();
  const steps = known?.ok === true ? known.value : [];
  const printer = json ? null : eventPrinter(context, { jsonl, startMs: startedMs, asData: true, steps });
  let fromSeq = 0;
  const print = ({ event, atMs, seq }: LoggedEvent): void => {
    printer?.print(event, atMs, seq);
    fromSeq = seq + 1;
  };
  for await (const item of watched.events({ follow: false })) print(item);
  const isGone = (await watched.hasEngine()) === false;
  if (isGone) await sayAbandoned(context, watched);
  if (once) return;
  const told = tellEngine(context, watched, isGone);
  for await (const item of watched.events({ fromSeq })) print(item);
  watched.detach();
  await told;
}

/** Without this, a run whose engine is gone would be watched for ever without a word. */
async function tellEngine(context: CliContext, watched: WatchedRun, isGoneAtFirst: boolean): Promise<void> {
  let isGone = isGoneAtFirst;
  for await (const isThere of watched.engineChanges()) {
    if (!isThere && !isGone) await sayAbandoned(context, watched);
    if (isThere && isGone) context.err(screen`an engine works on it again\n`);
    isGone = !isThere;
  }
}

async function sayAbandoned(context: CliContext, watched: WatchedRun): Promise<void> {
  const next = await watched.next();
  const [first] = next.ok ? next.value : [];
  context.err(
    screen`no engine works on it; next: ${wordNext(context, first ?? { do: "explain", run: watched.runId })}\n`,
  );
}
