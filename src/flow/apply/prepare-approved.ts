import type { Principal } from "../../core/approval/approval.ts";
import type { Plan } from "../../core/plan/plan.ts";
import type { Authorization, StartInput } from "../../core/run/words/input.ts";
import { unusedApprovalOf } from "../../core/run/words/state.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { invariant } from "../../core/value/invariant.ts";
import { fail, type Result } from "../../core/value/result.ts";
import { listIdentities } from "../../identities/identity.ts";
import { loadPlan } from "../../log/load-state.ts";
import type { Owner } from "../../owner/owner.ts";
import { findAuthorization } from "../approve/find-authorization.ts";
import { rejectionOf } from "../approve/rejection.ts";
import { findRefusedRisks } from "../plan/outlook-terms.ts";
import { currentStore } from "../site/current-store.ts";
import { findUntrusted } from "../site/find-untrusted.ts";
import { findFileDrift, type Site } from "../site/site.ts";
import { readSiteRecords } from "../site/site-records.ts";
import type { Workplace } from "../site/workplace.ts";
import { prepareStart } from "./prepare-start.ts";

/** Which plan is to run, and for whom. */
export interface StartRequest {
  readonly planHash: Digest;
  readonly by: Principal;
}

/** What a start needs of the owner. */
export type OwnerParts = Pick<Owner, "engine" | "store">;

/**
 * Approval → run, as the owner of the store. Finds the plan and its authorization in the owner's log, and reads the
 * world as it is now. Only the plan's hash and the asker come from outside. Every run starts here.
 */
export async function prepareApproved(
  place: Workplace,
  site: Site,
  owner: OwnerParts,
  { planHash, by }: StartRequest,
): Promise<Result<StartInput, readonly Problem[]>> {
  const authorization = entitlementOf(place, site, owner, planHash);
  if (!authorization.ok) return authorization;
  const plan = loadPlan(owner.store, planHash);
  const risky = await findRefusedRisks(site, plan);
  if (risky.length > 0) return fail(risky);
  const start = await prepareStart(place, site, { plan, planHash, authorization: authorization.value, actor: by });
  return start.ok ? start : fail([start.error]);
}

/**
 * The authorization by which a plan may run now: an approval, a grant, or that the plan only reads. Otherwise
 * everything that is wrong with the approvals and grants that exist.
 */
export function entitlementOf(
  place: Workplace,
  site: Site,
  { engine, store }: OwnerParts,
  planHash: Digest,
): Result<Authorization, readonly Problem[]> {
  const records = readSiteRecords(store);
  if (!records.plans.some((plan) => plan.planHash === planHash))
    return fail([problem("E_PLAN_UNKNOWN", "", `no plan \`${planHash}\` was compiled here`)]);
  const plan = loadPlan(store, planHash);
  const refused =
    rejectionOf(records, planHash) ??
    findStale(site, plan) ??
    findUntrusted(site, records, plan) ??
    findFileDrift(site, plan);
  if (refused !== null) return fail([refused]);
  const identities = listIdentities(place.identityFolder);
  if (!identities.ok) return fail([identities.error]);
  const current = currentStore(place, store);
  invariant(current !== null, "an owner gives its store an id");
  return findAuthorization({
    site,
    plan,
    planHash,
    records,
    log: store,
    identities: identities.value,
    // The kernel will judge the approval by this time. A log may be ahead of this machine's clock.
    nowMs: engine.nowMs(),
    store: current,
    grants: engine.site.grants,
    unusedApproval: unusedApprovalOf(engine.site, planHash),
  });
}

/**
 * What the kernel would refuse at the start, asked before the targets are read: changed connections lead elsewhere, and
 * would have been sent the secrets by then.
 */
function findStale({ pins }: Site, { pins: pinned }: Plan): Problem | null {
  if (pins.domain !== pinned.domain)
    return problem("E_DOMAIN_DRIFT", "/pins/domain", "the domain is not the one the plan was made for");
  if (pins.pack !== pinned.pack)
    return problem("E_PACK_DRIFT", "/pins/pack", "the pack is not the one the plan was made from");
  return pins.connections === pinned.connections
    ? null
    : problem("E_CONNECTION_CHANGED", "/pins/connections", "the connections are not those the plan was made for");
}
