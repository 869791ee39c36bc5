import { type Command, Option } from "commander";
import { actorName } from "../../../core/value/actor-name.ts";
import { problem } from "../../../core/value/codes.ts";
import { shortDigest } from "../../../core/value/digest.ts";
import { quoteForShell } from "../../../core/value/quote-for-shell.ts";
import { column, type ScreenText, screen, sentence } from "../../../core/value/screen.ts";
import type { ListedRun, RunListState, RunsPage } from "../../../interlock.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { findMissingStore, withInterlock } from "../door.ts";
import { reasonText } from "../end-reason.ts";
import { brokenLines, failedLines, leftLines, unacknowledgedLines } from "../failed-lines.ts";
import { printDocument, refuse } from "../report.ts";
import { showTime } from "../show-time.ts";
import { planArgument } from "../site.ts";
import { wordCommand } from "../word-next.ts";
import { wordState } from "../word-state.ts";

const states: readonly RunListState[] = [
  "running",
  "draining",
  "compensating",
  "in_doubt",
  "dirty",
  "killed",
  "succeeded",
  "succeeded_in_part",
  "compensated",
  "escalated",
  "stopped",
  "closed",
];

interface RunsOptions {
  readonly state?: RunListState;
  readonly plan?: string;
  readonly prefix?: string;
  readonly limit: string;
  readonly before?: string;
  readonly json?: boolean;
}

/** `interlock runs`: what ran and what is running, newest first. */
export function registerRuns(program: Command, run: RunCommand): void {
  program
    .command("runs")
    .description("list runs, newest first")
    .addOption(new Option("--state <state>", "only runs in this state").choices(states))
    .option(
      "--plan <plan>",
      "only runs of this plan: its id, the beginning of its hash, or `last`, the one you planned last",
    )
    .option("--prefix <prefix>", "only runs whose ids begin with this; later runs have greater ids")
    .option("--limit <count>", "how many runs to list", "50")
    .option("--before <seq>", "list runs older than this record (the number that `more:` shows)")
    .option("--json", "one JSON document")
    .action((options: RunsOptions) => run((context, globals) => runsCommand(context, globals, options)));
}

function runsCommand(context: CliContext, globals: GlobalOptions, options: RunsOptions): Promise<number> {
  const { state = null, plan, prefix = null, json = false } = options;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const missing = await findMissingStore(globals, interlock);
    if (missing !== null) return refuse(context, [missing], { json });
    const limit = Number(options.limit);
    const beforeSeq = options.before === undefined ? null : Number(options.before);
    if (!Number.isInteger(limit) || (beforeSeq !== null && !Number.isInteger(beforeSeq))) {
      const wrong = problem("E_USAGE", "", "`--limit` is 1 to 1000, `--before` a number");
      return refuse(context, [wrong], { json });
    }
    const named = plan === undefined ? null : planArgument(context, plan);
    const page = await interlock.runs({ state, plan: named, prefix, beforeSeq, limit });
    if (!page.ok) return refuse(context, page.error, { json });
    if (json) printDocument(context, { format: "interlock.runs/1", runs: page.value.runs, next: page.value.next });
    else tellRuns(context, page.value, options);
    return 0;
  });
}

function tellRuns(context: CliContext, { runs, next, noStore }: RunsPage, options: RunsOptions): void {
  if (noStore !== null) context.err(screen`${sentence(noStore.message)}\n`);
  if (runs.length === 0) context.out(screen`no runs\n`);
  for (const run of runs) {
    const { runId, state, planHash, startedMs, by, hasEngine } = run;
    const actor = by === null ? run.actor : actorName(by);
    const since = showTime(startedMs);
    context.out(
      screen`${runId}  ${paintState(context, state, hasEngine)}  plan ${shortDigest(planHash)}  ${since}  ${actor}\n`,
    );
    for (const line of toldLines(run)) context.out(screen`  ${line}\n`);
  }
  if (next === null) return;
  const filters = (["state", "plan", "prefix"] as const).flatMap((name) =>
    options[name] === undefined ? [] : [`--${name}`, quoteForShell(options[name])],
  );
  context.err(screen`more: ${wordCommand(context, "runs", ...filters, "--before", String(next))}\n`);
}

/** What a run says of itself, unless all of it was done as planned, and verified. */
function toldLines({
  state,
  reason,
  wrote,
  failed,
  unacknowledged,
  overwrote,
  broken,
}: ListedRun): readonly ScreenText[] {
  if (state === "succeeded" && unacknowledged.length + overwrote.length === 0) return [];
  return [
    ...(reason === null || reason === "" ? [] : [reasonText(reason)]),
    ...leftLines({ outcome: state, wrote, failed }),
    ...failedLines(failed, undefined, () => "unknown"),
    ...unacknowledgedLines({ outcome: state, unacknowledged }),
    ...brokenLines(broken),
  ];
}

function paintState(context: CliContext, state: RunListState, hasEngine: boolean | null): ScreenText {
  const padded = column(wordState(state, hasEngine), 12);
  const { colors } = context;
  if (hasEngine === false) return colors.red(padded);
  if (state === "succeeded") return colors.green(padded);
  if (state === "dirty" || state === "in_doubt" || state === "killed") return colors.red(padded);
  return state === "running" ? padded : colors.yellow(padded);
}
