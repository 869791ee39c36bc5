import { type Command, Option } from "commander";
import { actorName, askerName } from "../../../core/value/actor-name.ts";
import { problem } from "../../../core/value/codes.ts";
import { shortDigest } from "../../../core/value/digest.ts";
import { column, quoted, type ScreenText, says, screen, sentence } from "../../../core/value/screen.ts";
import type { ListedPlan, PlanListState, PlansPage } from "../../../interlock.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { findMissingStore, withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";
import { showTime } from "../show-time.ts";
import { wordCommand, wordNext } from "../word-next.ts";

const states: readonly PlanListState[] = ["waiting", "approved", "rejected", "used", "expired"];

interface PlansOptions {
  readonly state?: PlanListState;
  readonly limit: string;
  readonly before?: string;
  readonly json?: boolean;
}

/** `interlock plans`: which plans wait for a person, and what became of the others. */
export function registerPlans(program: Command, run: RunCommand): void {
  program
    .command("plans")
    .description(
      "list the plans that were made in this store, newest first, but those that may run before the others: which " +
        "wait for approval, were approved, rejected, used by a run, or expired. A proposal that was only checked or " +
        "that was refused made no plan. A plan's file from another store is in no list here",
    )
    .addOption(new Option("--state <state>", "only plans in this state").choices(states))
    .option("--limit <count>", "how many plans to list", "20")
    .option("--before <seq>", "list plans made before this record (the number that `more:` shows)")
    .option("--json", "one JSON document")
    .action((options: PlansOptions) => run((context, globals) => plansCommand(context, globals, options)));
}

function plansCommand(context: CliContext, globals: GlobalOptions, options: PlansOptions): Promise<number> {
  const { state = null, json = false } = options;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const missing = await findMissingStore(globals, interlock);
    if (missing !== null) return refuse(context, [missing], { json });
    const limit = Number(options.limit);
    const beforeSeq = options.before === undefined ? null : Number(options.before);
    if (!Number.isInteger(limit) || (beforeSeq !== null && !Number.isInteger(beforeSeq))) {
      const wrong = problem("E_USAGE", "", "`--limit` is 1 to 1000, `--before` a number");
      return refuse(context, [wrong], { json });
    }
    const page = await interlock.plans({ state, beforeSeq, limit });
    if (!page.ok) return refuse(context, page.error, { json });
    if (json) printDocument(context, { format: "interlock.plans/1", plans: page.value.plans, next: page.value.next });
    else tell(context, page.value, state);
    return 0;
  });
}

function tell(context: CliContext, { plans, next, noStore }: PlansPage, state: PlanListState | null): void {
  if (noStore !== null) context.err(screen`${sentence(noStore.message)}\n`);
  if (plans.length === 0) {
    const [why, step] =
      state === null ? ["no plans", { do: "plan" } as const] : [`no plan is ${state}`, { do: "list_plans" } as const];
    context.out(screen`${why}; next: ${wordNext(context, step)}\n`);
  }
  // What may run is what a person most needs to know of.
  const [approved, others] = [plans.filter(isApproved), plans.filter((plan) => !isApproved(plan))];
  for (const plan of [...approved, ...others]) tellPlan(context, plan);
  if (next === null) return;
  const filter = state === null ? [] : ["--state", state];
  context.err(screen`more: ${wordCommand(context, "plans", ...filter, "--before", String(next))}\n`);
}

function isApproved({ state }: ListedPlan): boolean {
  return state === "approved";
}

function tellPlan(context: CliContext, plan: ListedPlan): void {
  const { planHash, state, plannedMs } = plan;
  const made = screen`made ${showTime(plannedMs)} by ${wordPlanner(plan)}`;
  context.out(screen`pl_${shortDigest(planHash)}  ${paint(context, state)}  ${made}: ${changesOf(plan)}\n`);
  if (plan.asked !== null && plan.asked.text !== "")
    context.out(screen`  asked: ${says(askerName(plan.asked.by, plan.preparedBy), shown(plan.asked.text))}
`);
  for (const line of standingLines(plan)) context.out(screen`  ${line}\n`);
  if (plan.stale !== null) context.out(screen`  stale: ${sentence(plan.stale.message)}\n`);
  const [first] = plan.next;
  if (state !== "rejected" && first !== undefined) context.out(screen`  next: ${wordNext(context, first)}\n`);
}

/** Who made it, and the person whom they named besides themselves. */
function wordPlanner({ plannedBy, proposer, preparedBy }: ListedPlan): string {
  const name = actorName(plannedBy);
  if (preparedBy === null || proposer === null || proposer.onBehalfOf === preparedBy.id) return name;
  return `${name}, who names ${proposer.onBehalfOf}`;
}

/** An intent may be long; `show` has more of it. */
function shown(text: string): string {
  return text.length > askedCharsMax ? `${text.slice(0, askedCharsMax).toWellFormed()}…` : text;
}

const askedCharsMax = 120;

/** As many changes as a line has room for. */
const changesMax = 3;

function changesOf({ changes }: ListedPlan): ScreenText {
  if (changes === null) return screen`its text is no longer kept`;
  if (changes.length === 0) return screen`only reads`;
  const rest = changes.length - changesMax;
  const more = rest > 0 ? ` and ${rest} more` : "";
  return screen`${changes.slice(0, changesMax).join(", ")}${more}`;
}

/** Who said what about it, when and why, and what it became. */
function standingLines({ state, approval, rejection, run }: ListedPlan): readonly ScreenText[] {
  const lines: ScreenText[] = [];
  if (approval !== null) {
    const { by, atMs, expiresAtMs, problem: found } = approval;
    const until = expiresAtMs === null ? "" : `, until ${showTime(expiresAtMs)}`;
    lines.push(screen`approved by ${actorName(by)} at ${showTime(atMs)}${until}`);
    if (found !== null && state === "waiting")
      lines.push(screen`the approval does not count: ${sentence(found.message)}`);
  }
  if (rejection !== null) {
    const why = rejection.reason === "" ? "" : screen`, who says ${quoted(rejection.reason)}`;
    lines.push(screen`rejected by ${actorName(rejection.by)} at ${showTime(rejection.atMs)}${why}`);
  }
  if (run !== null)
    lines.push(screen`became ${run.runId} at ${showTime(run.startedMs)}: ${run.state.replaceAll("_", " ")}`);
  return lines;
}

function paint({ colors }: CliContext, state: PlanListState): ScreenText {
  const padded = column(state, 8);
  if (state === "approved") return colors.green(padded);
  return state === "waiting" ? colors.yellow(padded) : padded;
}
