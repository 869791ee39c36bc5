import type { Principal } from "../../core/approval/approval.ts";
import type { StartInput } from "../../core/run/words/input.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, type Result } from "../../core/value/result.ts";
import { listIdentities } from "../../identities/identity.ts";
import { loadPlan } from "../../log/load-state.ts";
import type { Owner } from "../../owner/owner.ts";
import type { Clock } from "../../ports.ts";
import { findAuthorization } from "../approve/approve-plan.ts";
import type { Site } from "../site/site.ts";
import { readSiteRecords } from "../site/site-records.ts";
import { prepareStart } from "./apply-plan.ts";

/**
 * Approval → run, as the owner of the store: plan and authorization are found in its log, and the world is read now. Nothing but
 * the plan's hash and who asks for it comes from outside.
 *
 * @param options.identities - folder of the keys that are believed
 */
export async function prepareApproved(
  site: Site,
  { engine, store }: Pick<Owner, "engine" | "store">,
  asked: { readonly planHash: Digest; readonly by: Principal },
  options: { readonly identities: string; readonly clock: Clock },
): Promise<Result<StartInput, readonly Problem[]>> {
  const { planHash, by } = asked;
  const records = readSiteRecords(store);
  if (!records.plans.some((plan) => plan.planHash === planHash))
    return fail([problem("E_PLAN_UNKNOWN", "", `no plan \`${planHash}\` was compiled here`)]);
  const plan = loadPlan(store, planHash);
  const identities = listIdentities(options.identities);
  if (!identities.ok) return fail([identities.error]);
  const { grants, lastSeenMs } = engine.site;
  const nowMs = Math.max(options.clock.nowMs(), lastSeenMs);
  const authorization = findAuthorization({
    site,
    plan,
    planHash,
    records,
    log: store,
    identities: identities.value,
    nowMs,
    grants,
  });
  if (!authorization.ok) return authorization;
  const start = await prepareStart(site, {
    plan,
    planHash,
    authorization: authorization.value,
    actor: by,
    clock: options.clock,
    signal: new AbortController().signal,
  });
  return start.ok ? start : fail([start.error]);
}
