import type { StartInput } from "../../core/run/words/input.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, type Result } from "../../core/value/result.ts";
import { loadPlan } from "../../log/load-state.ts";
import type { OpenOwner } from "../../owner/owner-hold.ts";
import { hearAnswer } from "../approve/hear-answer.ts";
import type { Site } from "../site/site.ts";
import { runnerOf, type Workplace } from "../site/workplace.ts";
import { entitlementOf, type OwnerParts, prepareApproved, type StartRequest } from "./prepare-approved.ts";

/**
 * Approval → run, for a plan that somebody applies. One that a situation's decision chose is held against the world
 * first: answers that are out of date are read again, and the decision is repeated.
 */
export async function prepareToApply(
  place: Workplace,
  site: Site,
  owner: OwnerParts,
  request: StartRequest,
): Promise<Result<StartInput, readonly Problem[]>> {
  const entitled = entitlementOf(place, site, owner, request.planHash);
  if (!entitled.ok) return entitled;
  const plan = loadPlan(owner.store, request.planHash);
  if (plan.pins.situation !== null && entitled.value.kind !== "read_only") {
    // Deciding takes code that no other plan needs.
    const { findOutdated } = await import("../respond/find-outdated.ts");
    const { by } = request;
    const prepare = (planHash: Digest) => prepareApproved(place, site, owner, { planHash, by });
    const outdated = await findOutdated({ place, site, owner, by, prepare }, plan, request.planHash);
    if (outdated !== null) return fail([outdated]);
  }
  return prepareApproved(place, site, owner, request);
}

/**
 * Opens the store as an owner that carries out runs on this site: its own, and those that other processes start here.
 */
export function openRunner(place: Workplace, site: Site): OpenOwner {
  return runnerOf(place, site, {
    prepare: async (owner, input) => {
      const start = await prepareToApply(place, site, owner, input);
      return start.ok
        ? start
        : fail(start.error[0] ?? problem("E_APPROVAL_MISSING", "", "nobody has approved this plan"));
    },
    hear: async (owner, input) => hearAnswer(place, site, owner, input),
  });
}
