import type { Principal } from "../../core/approval/approval.ts";
import type { Plan } from "../../core/plan/plan.ts";
import { unusedApprovalOf } from "../../core/run/words/state.ts";
import { actorName } from "../../core/value/actor-name.ts";
import { codes, type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, shortDigest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { type PlanHistory, readHistory, type SiteHistory } from "./plan-history.ts";
import type { SiteLog } from "./site-log.ts";

/** What a plan that is called `last` is needed for. */
export type PlanUse = "review" | "apply";

/** The proposer of the plan of `actions test`. Nobody asked for that plan, so `last` skips it. */
export const roundTripProposer = { kind: "workflow", id: "interlock-actions-test" } as const;

/**
 * The plan that `last` means: the result of this actor's last `plan`, `propose` or `rollback` here. A store is shared,
 * so the newest plan in it may be somebody else's. If that command found nothing to do or was refused, `last` means no
 * plan at all, and the answer names the plans that wait.
 *
 * To apply, a plan that the same person approved later counts too, and a plan that has run since does not.
 *
 * @returns `E_PLAN_UNNAMED`; `E_APPROVAL_REPLAY` for a plan that has used its approval; `E_PLAN_UNKNOWN` if there is no
 *   plan
 *
 * Cost: O(records of the site's stream), and one look at the runs of at most `lookedAtMax` plans.
 */
export async function findLastPlan(log: SiteLog, actor: Principal, use: PlanUse): Promise<Result<Digest, Problem>> {
  const history = await readHistory(log);
  if (history.plans.size === 0)
    return fail(problem("E_PLAN_UNKNOWN", "", "no plan was compiled here yet", "compile a proposal first"));
  const last = await lastWord(log, history, actor, use);
  if (!last.ok) return last;
  switch (last.value.kind) {
    case "none":
      return fail(await unnamed(log, history, "you have planned nothing here yet"));
    case "nothing_to_do":
      return fail(await unnamed(log, history, "your last plan here came to nothing to do"));
    case "refused":
      return fail(await unnamed(log, history, "what you planned last was refused"));
    case "plan":
      return use === "apply" ? unusedOnly(log, history, last.value.plan) : ok(last.value.plan);
  }
}

type LastWord =
  | { readonly kind: "plan"; readonly plan: Digest }
  | { readonly kind: "none" | "nothing_to_do" | "refused" };

/** The commands that make a plan, by the names under which the log records their refusals. */
const planning: readonly string[] = ["plan", "propose", "rollback"];

async function lastWord(
  log: SiteLog,
  { events }: SiteHistory,
  actor: Principal,
  use: PlanUse,
): Promise<Result<LastWord, Problem>> {
  const isActor = (by: Principal | null): boolean => by !== null && by.kind === actor.kind && by.id === actor.id;
  for (const { event } of events.toReversed()) {
    if (!("by" in event) || !isActor(event.by ?? null)) continue;
    if (event.kind === "nothing_planned") return ok({ kind: "nothing_to_do" });
    if (event.kind === "input_refused" && planning.includes(event.input)) return ok({ kind: "refused" });
    if (event.kind !== "plan_recorded" && !(use === "apply" && event.kind === "approval_recorded")) continue;
    const plan = await log.plan(event.planHash);
    if (!plan.ok) return plan;
    if (plan.value === null || isAskedFor(plan.value)) return ok({ kind: "plan", plan: event.planHash });
  }
  return ok({ kind: "none" });
}

/** Whether somebody asked for the plan itself. Incidents and round trips make plans of their own on the way. */
function isAskedFor({ pins, proposer }: Plan): boolean {
  const { kind, id } = roundTripProposer;
  return pins.situation === null && !(proposer.kind === kind && proposer.id === id);
}

/** The plan, unless it has run since it was made and approved. To run it again, a person has to name it. */
async function unusedOnly(log: SiteLog, history: SiteHistory, planHash: Digest): Promise<Result<Digest, Problem>> {
  const plan = history.plans.get(planHash);
  if (unusedApprovalOf(await log.siteState(), planHash) !== null) return ok(planHash);
  const run = plan === undefined ? null : await runSince(log, planHash, plan);
  if (plan === undefined || run === null) return ok(planHash);
  const stored = await log.plan(planHash);
  if (!stored.ok) return stored;
  // A plan that only reads can run as often as anybody likes.
  if (stored.value?.bounds.writeCount === 0) return ok(planHash);
  const name = `your last plan here, \`pl_${shortDigest(planHash)}\``;
  if (plan.approvals.length === 0) return fail(await unnamed(log, history, `${name}, has run already`));
  const { text } = await wordWaiting(log, history);
  const used = `${name}: the approval was used by \`${run}\`; ${text}`;
  return fail(problem("E_APPROVAL_REPLAY", "", used, codes.E_APPROVAL_REPLAY.hint, { do: "explain", run }));
}

/** The newest run that started after the plan was made and approved, or `null`. */
async function runSince(log: SiteLog, planHash: Digest, { seq, approvals }: PlanHistory): Promise<string | null> {
  const sinceSeq = Math.max(seq, approvals.at(-1)?.seq ?? 0);
  const range = { planHash, sinceSeq, beforeSeq: Number.MAX_SAFE_INTEGER, state: null, limit: 1 };
  const [row] = log.lists.runsOfPlan(range);
  return row?.runId ?? null;
}

async function unnamed(log: SiteLog, history: SiteHistory, why: string): Promise<Problem> {
  const { text, newest } = await wordWaiting(log, history);
  const next = newest === null ? undefined : ({ do: "show_plan", plan: newest } as const);
  return problem("E_PLAN_UNNAMED", "", `${why}, so no plan is the last one; ${text}`, "name the plan you mean", next);
}

/** As many as fit on a line. */
const namedMax = 3;
/** Older plans are not looked at: a plan that has waited so long has to be named by its hash. */
const lookedAtMax = 20;

/** Names the newest plans that have neither run nor been rejected. */
async function wordWaiting(
  log: SiteLog,
  { plans }: SiteHistory,
): Promise<{ readonly text: string; readonly newest: Digest | null }> {
  const site = await log.siteState();
  const waiting: string[] = [];
  let newest: Digest | null = null;
  for (const [planHash, plan] of [...plans].reverse().slice(0, lookedAtMax)) {
    if (plan.rejection !== null || (await runSince(log, planHash, plan)) !== null) continue;
    newest ??= planHash;
    const state = unusedApprovalOf(site, planHash) === null ? "not approved" : "approved";
    waiting.push(`\`pl_${shortDigest(planHash)}\` (made by ${quote(actorName(plan.by))}, ${state})`);
  }
  if (waiting.length === 0) return { text: "no plan waits here", newest };
  const more = waiting.length > namedMax ? ` and ${waiting.length - namedMax} more` : "";
  return { text: `waiting: ${waiting.slice(0, namedMax).join(", ")}${more}`, newest };
}
