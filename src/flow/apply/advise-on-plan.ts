import { type Code, type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, shortDigest } from "../../core/value/digest.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import { ok } from "../../core/value/result.ts";
import { endedStates, type RunRow } from "../../log/run-index.ts";
import { adviseOnUse, adviseOnWaiting } from "../site/run-standing.ts";
import { type SiteLog, withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";
import { listPlans } from "../tell/plans.ts";

/**
 * Adds to the refusals of a start that the plan has a run already, if it has one since it was made and last approved.
 * Its process may have been killed, or somebody else was quicker: to approve again would then do everything twice.
 *
 * Cost: O(records of the site's stream).
 */
export async function adviseOnPlan(
  place: Workplace,
  planHash: Digest,
  problems: readonly Problem[],
): Promise<readonly Problem[]> {
  const [first, ...rest] = await adviseOnReady(place, planHash, problems);
  if (first === undefined) return problems;
  const found = await withLog<RunRow | null>(place, async (log) => ok(await runOfPlan(log, planHash)));
  const run = found.ok ? found.value : null;
  if (run === null || !isAboutRun(first, run)) return adviseOnWaiting(place, [first, ...rest]);
  return [await adviseOnUse(place, namingRun(first, run.runId), run.runId), ...(await adviseOnWaiting(place, rest))];
}

/** As `adviseOnPlan`, if no plan was found: a refusal may name the run that used the approval. */
export function adviseOnUsed(place: Workplace, problems: readonly Problem[]): Promise<readonly Problem[]> {
  return Promise.all(
    problems.map((found) => {
      const { code, next } = found;
      const run = code === "E_APPROVAL_REPLAY" && next?.do === "explain" ? next.run : undefined;
      return run === undefined ? found : adviseOnUse(place, found, run);
    }),
  );
}

/** Refusals of a plan that cannot run as it stands. Another plan may be meant. */
const unready: readonly Code[] = [
  "E_PLAN_UNKNOWN",
  "E_APPROVAL_MISSING",
  "E_APPROVAL_HASH",
  "E_APPROVAL_EXPIRED",
  "E_APPROVAL_REJECTED",
];

/** Adds to the refusal of a plan that cannot run the plans that are approved and that no run has used. */
export async function adviseOnReady(
  place: Workplace,
  planHash: Digest | null,
  problems: readonly Problem[],
): Promise<readonly Problem[]> {
  const [first, ...rest] = problems;
  if (first === undefined || !unready.includes(first.code)) return problems;
  const page = await listPlans(place, { state: "approved", beforeSeq: null, limit: namedMax + 1 });
  const ready = page.ok ? page.value.plans.filter((plan) => plan.planHash !== planHash) : [];
  const { code, pointer, message, hint } = first;
  // Never another plan: people paste the command, and nobody asked for the changes of that one.
  const own = planHash === null && ready.length === 0 ? first.next : nextOfUnready(planHash, code);
  if (ready.length === 0) return [problem(code, pointer, message, hint, own), ...rest];
  const names = ready.slice(0, namedMax).map((plan) => `\`pl_${shortDigest(plan.planHash)}\``);
  const more = ready.length > namedMax ? " and more" : "";
  const told = `${hint}; other plans that are approved and not used yet: ${names.join(", ")}${more}`;
  return [problem(code, pointer, message, told, own), ...rest];
}

/** A plan has to be approved first, unless it can never be, or there is none. */
function nextOfUnready(planHash: Digest | null, code: Code): NextStep {
  if (code === "E_APPROVAL_REJECTED") return { do: "plan" };
  return planHash === null ? { do: "list_plans" } : { do: "approve", plan: planHash };
}

/** As many as fit on a line. */
const namedMax = 3;

/** A run that has ended explains only why its approval counts no more. One under way explains any refusal. */
function isAboutRun({ code, next }: Problem, { runId, state }: RunRow): boolean {
  if (code === "E_APPROVAL_REPLAY" || code === "E_APPROVAL_EXPIRED") return true;
  if (endedStates.includes(state) || code === "E_NOT_PERMITTED") return false;
  return code !== "E_LOCKED" || (next?.do === "watch" && next.run === runId);
}

function namingRun(found: Problem, runId: string): Problem {
  const { code, pointer, message, hint } = found;
  if (message.includes(runId)) return found;
  return problem(code, pointer, `${message}; \`${runId}\` is a run of this plan`, hint);
}

/** The newest run since the plan was last made or approved, or `null`. */
async function runOfPlan(log: SiteLog, planHash: Digest): Promise<RunRow | null> {
  let sinceSeq = 0;
  for await (const { event, seq } of log.events("site"))
    if ((event.kind === "approval_recorded" || event.kind === "plan_recorded") && event.planHash === planHash)
      sinceSeq = seq;
  const [row] = log.lists.runsOfPlan({ planHash, sinceSeq, beforeSeq: Number.MAX_SAFE_INTEGER, state: null, limit: 1 });
  return row ?? null;
}
