import { draftPlan } from "../../core/plan/compile/compile.ts";
import { isGoalReached } from "../../core/plan/compile/goal-reached.ts";
import { pinPlan } from "../../core/plan/compile/pin-plan.ts";
import type { ObservedObject } from "../../core/plan/compile/read-object.ts";
import type { Plan, Proposer } from "../../core/plan/plan.ts";
import { planHash } from "../../core/plan/plan-hash.ts";
import { parseProposal } from "../../core/plan/wire/parse-proposal.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, digestBytes } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { observeObjects } from "../../engine/effects/perform-observe.ts";
import { resolveSecret } from "../../engine/effects/secrets.ts";
import type { Site } from "../site/site.ts";
import type { SiteRecords } from "../site/site-records.ts";

/** What an operator asks for beside the proposal. */
export interface PlanRequest extends PlanOrigin {
  readonly proposal: Uint8Array;
}

/** Everything of a plan request but the proposal itself. */
export interface PlanOrigin {
  readonly proposer: Proposer;
  readonly goal: string;
  readonly inputs: readonly { readonly name: string; readonly value: JsonValue }[];
  readonly parent: Plan["parent"];
}

/** A compiled plan with its name, and where it came from. */
export interface PlannedChange {
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly proposalDigest: Digest;
}

/**
 * Proposal → plan: strict intake, compilation, and the world as it is now. Observes only with a pack that a person trusted.
 *
 * @returns the plan, or every problem of the stage that refused
 */
export async function planProposal(
  site: Site,
  records: SiteRecords,
  request: PlanRequest,
  signal: AbortSignal,
): Promise<Result<PlannedChange | "nothing_to_do", readonly Problem[]>> {
  const proposal = parseProposal(request.proposal);
  if (!proposal.ok) return proposal;
  return planParsed(
    site,
    records,
    {
      ...request,
      proposal: proposal.value,
      proposalDigest: digestBytes("interlock.proposal-file/1", request.proposal),
      situation: null,
      evidence: null,
    },
    signal,
  );
}

/** A proposal that needs no intake, because our own decision wrote it: `situation` and `evidence` are what was decided from. */
export interface ParsedPlanRequest extends PlanOrigin {
  readonly proposal: Proposal;
  readonly proposalDigest: Digest;
  readonly situation: Digest | null;
  readonly evidence: Digest | null;
}

/** As `planProposal`, behind the strict intake. */
export async function planParsed(
  site: Site,
  records: SiteRecords,
  request: ParsedPlanRequest,
  signal: AbortSignal,
): Promise<Result<PlannedChange | "nothing_to_do", readonly Problem[]>> {
  const { domain: _, ...pins } = site.pins;
  const draft = draftPlan({
    proposal: request.proposal,
    domain: site.pack.domain,
    proposer: request.proposer,
    goal: request.goal,
    inputs: request.inputs,
    pins: { ...pins, situation: request.situation, evidence: request.evidence },
    roundTrips: records.roundTrips,
    parent: request.parent,
  });
  if (!draft.ok) return draft;
  if (!records.trustedPacks.has(site.pack.digest))
    return fail([
      problem("E_PACK_UNTRUSTED", "", `nobody has trusted the pack \`${site.pack.domain.name}\` as it is now`),
    ]);
  const { observations } = draft.value.plan;
  const observed = await observeObjects(observations, { connections: site.connections, resolveSecret, signal });
  if (!observed.ok) return fail([observed.error]);
  const pinned = pinPlan(draft.value, observed.value);
  if (!pinned.ok) return pinned;
  const plan = pinned.value;
  if (isGoalReached(plan)) return ok("nothing_to_do");
  return ok({ plan, planHash: planHash(plan), proposalDigest: request.proposalDigest });
}

/** The plan's objects as they are now, for its start. */
export async function observePins(
  site: Site,
  plan: Plan,
  signal: AbortSignal,
): Promise<Result<readonly ObservedObject[], Problem>> {
  return observeObjects(plan.observations, { connections: site.connections, resolveSecret, signal });
}
