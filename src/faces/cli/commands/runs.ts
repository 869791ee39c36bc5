import { type Command, Option } from "commander";
import { type Problem, problem } from "../../../core/value/codes.ts";
import { ok, type Result } from "../../../core/value/result.ts";
import type { RunListState, RunRow } from "../../../log/run-index.ts";
import type { StoreReader } from "../../../log/sqlite/reader.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { printDocument, refuse } from "../report.ts";

const states: readonly RunListState[] = [
  "running",
  "draining",
  "compensating",
  "in_doubt",
  "dirty",
  "killed",
  "succeeded",
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
    .option("--plan <plan>", "only runs of this plan: its id, the beginning of its hash, or `last`")
    .option("--prefix <prefix>", "only runs whose ids begin so; ids grow with time")
    .option("--limit <count>", "runs on a page", "50")
    .option("--before <seq>", "the page before this number (the last one listed)")
    .option("--json", "one JSON document")
    .action((options: RunsOptions) => run((context, globals) => runsCommand(context, globals, options)));
}

async function runsCommand(context: CliContext, globals: GlobalOptions, options: RunsOptions): Promise<number> {
  const { openReader } = await import("../../../log/sqlite/reader.ts");
  const { storeFolder } = await import("../site.ts");
  const json = options.json === true;
  const limit = Number(options.limit);
  const beforeSeq = options.before === undefined ? Number.MAX_SAFE_INTEGER : Number(options.before);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000 || !Number.isInteger(beforeSeq)) {
    return refuse(
      context,
      [problem("E_USAGE", "", "`--limit` is 1 to 1000, `--before` a number", "see `interlock help runs`")],
      { json },
    );
  }
  if (options.plan !== undefined && options.prefix !== undefined)
    return refuse(
      context,
      [
        problem(
          "E_USAGE",
          "",
          "`--plan` and `--prefix` are both given",
          "a plan has few runs: look for its runs alone",
        ),
      ],
      { json },
    );
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) {
    // A store that does not exist yet holds no runs: an empty list, not an error.
    if (reader.error.code !== "E_INPUT_MISSING") return refuse(context, [reader.error], { json });
    if (!json) context.err(`${reader.error.message}\n`);
    return show(context, [], { json, limit, filters: "" });
  }
  try {
    const found = await findRuns(context, reader.value, options, { state: options.state ?? null, beforeSeq, limit });
    if (!found.ok) return refuse(context, [found.error], { json });
    const filters = (["state", "plan", "prefix"] as const)
      .map((name) => (options[name] === undefined ? "" : ` --${name} ${options[name]}`))
      .join("");
    return show(context, found.value, { json, limit, filters });
  } finally {
    reader.value.close();
  }
}

async function findRuns(
  context: CliContext,
  reader: StoreReader,
  { plan, prefix }: RunsOptions,
  range: Parameters<StoreReader["runs"]>[0],
): Promise<Result<readonly RunRow[], Problem>> {
  if (prefix !== undefined)
    return ok(reader.runsWithPrefix({ ...range, prefix: prefix.startsWith("run_") ? prefix : `run_${prefix}` }));
  if (plan === undefined) return ok(reader.runs(range));
  const { findPlan } = await import("../find-plan.ts");
  const { storedEvents } = await import("../../../log/load-state.ts");
  const { readSiteRecords } = await import("../../../flow/site/site-records.ts");
  const found = await findPlan(context, readSiteRecords(reader), reader, plan);
  if (!found.ok) return found;
  const { planHash } = found.value;
  const recorded = storedEvents(reader, "site").find(
    ({ event }) => event.kind === "plan_recorded" && event.planHash === planHash,
  );
  return ok(reader.runsOfPlan({ ...range, planHash, sinceSeq: recorded?.seq ?? 0 }));
}

function show(
  context: CliContext,
  rows: readonly RunRow[],
  options: { readonly json: boolean; readonly limit: number; readonly filters: string },
): number {
  if (options.json) {
    printDocument(context, {
      format: "interlock.runs/1",
      runs: rows,
      next: rows.length === options.limit ? (rows.at(-1)?.seq ?? null) : null,
    });
    return 0;
  }
  if (rows.length === 0) context.out("no runs\n");
  for (const row of rows) {
    const since = new Date(row.startedMs).toISOString().replace("T", " ").slice(0, 19).concat("Z");
    context.out(
      `${row.runId}  ${paintState(context, row.state)}  plan ${row.planHash.slice(7, 19)}  ${since}  ${row.actor}\n`,
    );
  }
  if (rows.length === options.limit)
    context.err(`more: interlock runs${options.filters} --before ${rows.at(-1)?.seq ?? 0}\n`);
  return 0;
}

function paintState(context: CliContext, state: RunListState): string {
  const padded = state.padEnd(12);
  const { colors } = context;
  if (state === "succeeded") return colors.green(padded);
  if (state === "dirty" || state === "in_doubt" || state === "killed") return colors.red(padded);
  return state === "running" ? padded : colors.yellow(padded);
}
