import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { isJsonObject } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { closedProblem } from "../site/arrow.ts";
import { findPlan } from "../site/find.ts";
import { refuse, refuseForbidden, refuseForbiddenFile, refuseUnfound } from "../site/record.ts";
import { withLog } from "../site/site-log.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { adviseOnPlan, adviseOnReady, adviseOnUsed } from "./advise-on-plan.ts";
import { openRunner, prepareToApply } from "./open-runner.ts";
import { followRun, type Run } from "./run.ts";

/** Approval → run: starts an approved plan, in the process that owns the store or in this one. */
export async function apply(
  place: Workplace,
  request: { readonly plan: string },
): Promise<Result<Run, readonly Problem[]>> {
  const asked = { capability: "apply", asked: "apply", resource: request.plan } as const;
  const forbidden = await refuseForbiddenFile(place, asked);
  if (forbidden !== null) return forbidden;
  const found = await withLog(place, async (log) => {
    const plan = await findPlan(log, { plan: request.plan, actor: place.actor, use: "apply" });
    return plan.ok ? plan : fail([plan.error]);
  });
  if (!found.ok) {
    const advised = await adviseOnReady(place, null, await adviseOnUsed(place, found.error));
    return refuseUnfound(place, asked, advised);
  }
  return startApproved(place, found.value.planHash);
}

/** Starts the plan with this hash. This is the only way from an approval to a run that is followed. */
export async function startApproved(place: Workplace, planHash: Digest): Promise<Result<Run, readonly Problem[]>> {
  const forbidden = await refuseForbidden(place, { capability: "apply", asked: "apply", resource: planHash });
  if (forbidden !== null) return forbidden;
  const site = siteOf(place);
  if (!site.ok) return refuse(place, "apply", site.error);
  const open = openRunner(place, site.value);
  const by = place.actor;
  const advised = (problems: readonly Problem[]) => adviseOnPlan(place, planHash, problems);
  const taken = await place.owners.through({ kind: "apply", planHash, by }, "runner", open);
  if (taken.kind === "failed") return refuse(place, "apply", [taken.problem]);
  if (taken.kind === "answered") {
    // The owner has already recorded its refusal.
    if (!taken.answer.ok) return fail(await advised([taken.answer.error]));
    const { value } = taken.answer.value;
    const runId = isJsonObject(value) ? String(value["runId"]) : "";
    return ok(followRun(place, { runId, lease: null, open }));
  }
  const { lease } = taken;
  const start = await prepareToApply(place, site.value, lease.owner, { planHash, by });
  if (place.owners.closing.aborted) {
    // A run that began now would be left at once.
    await lease.release();
    return fail([closedProblem()]);
  }
  // The kernel records its own refusals.
  const submitted = start.ok ? await lease.owner.engine.submit(start.value) : start;
  if (start.ok && submitted.ok) return ok(followRun(place, { runId: start.value.runId, lease, open }));
  const refusal = start.ok ? null : await refuse(place, "apply", start.error);
  await lease.release();
  return fail(await advised(refusal?.error ?? (submitted.ok ? [] : [submitted.error].flat())));
}
