import type { Principal } from "../../core/approval/approval.ts";
import type { AskedIntent } from "../../core/plan/compile/compilation.ts";
import { draftPlan } from "../../core/plan/compile/compile.ts";
import { isGoalReached } from "../../core/plan/compile/goal-reached.ts";
import { pinPlan } from "../../core/plan/compile/pin-plan.ts";
import type { ObservedObject } from "../../core/plan/compile/read-object.ts";
import type { Plan, PlanPreparer, Proposer } from "../../core/plan/plan.ts";
import { planHash } from "../../core/plan/plan-hash.ts";
import { type ChangeGroup, groupChanges } from "../../core/plan/show/group-changes.ts";
import { parseProposal } from "../../core/plan/wire/parse-proposal.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { foldersOf, pinFolders } from "../../engine/effects/folders.ts";
import { observeObjects } from "../../engine/effects/perform-observe.ts";
import { callsOf, pinPrograms, programsOf } from "../../engine/effects/programs.ts";
import { findWrittenPins } from "../../engine/effects/written-pins.ts";
import { bytesDigest, dataDigest } from "../../log/seal.ts";
import { stopOn } from "../../ports/stop.ts";
import { findFenceProblems } from "../site/check-fence.ts";
import { findUntrusted } from "../site/find-untrusted.ts";
import type { Site } from "../site/site.ts";
import type { SiteRecords } from "../site/site-records.ts";
import type { Workplace } from "../site/workplace.ts";
import { followEffects } from "./check-effects.ts";
import { rememberForesight } from "./known-foresight.ts";

/** What an operator asks for beside the proposal. */
export interface PlanProposalRequest extends PlanOrigin {
  readonly proposal: Uint8Array;
}

/** A plan request without the proposal itself. */
export interface PlanOrigin {
  readonly proposer: Proposer;
  readonly goal: string;
  /** What was asked for, to be kept in the plan; absent where nobody said. */
  readonly intent?: AskedIntent;
  readonly inputs: readonly { readonly name: string; readonly value: JsonValue }[];
  readonly parent: Plan["parent"];
}

/** The result of compiling a proposal: a plan, or that the goal holds already. */
export type Compiled = PlannedChange | NothingToDo;

/** The goal holds already, so that nothing is planned. */
export interface NothingToDo {
  readonly kind: "nothing_to_do";
  readonly proposalDigest: Digest;
  /** Writes of the proposal that would change something, and that the goal does not ask for. */
  readonly leftOut: readonly ChangeGroup[];
}

/** A compiled plan with its hash, and where it came from. */
export interface PlannedChange {
  readonly kind: "planned";
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly proposalDigest: Digest;
}

/**
 * Proposal → plan: reads the proposal strictly, compiles it, and pins the world as it is now. Observes only with a pack
 * that a person trusts.
 *
 * @returns the plan, or every problem of the stage that refused
 */
export async function planProposal(
  place: Pick<Workplace, "ports" | "actor">,
  site: Site,
  records: SiteRecords,
  request: PlanProposalRequest,
): Promise<Result<Compiled, readonly Problem[]>> {
  const proposal = parseProposal(request.proposal);
  if (!proposal.ok) return proposal;
  return planParsed(place, site, records, {
    ...request,
    proposal: proposal.value,
    proposalDigest: bytesDigest("interlock.proposal-file/1", request.proposal),
    situation: null,
    evidence: null,
  });
}

/**
 * A proposal that our own decision wrote, so that it needs no strict reading. `situation` and `evidence` are what was
 * decided from.
 */
export interface ParsedPlanRequest extends PlanOrigin {
  readonly proposal: Proposal;
  readonly proposalDigest: Digest;
  readonly situation: Digest | null;
  readonly evidence: Digest | null;
}

/** Does the same as `planProposal` for a proposal that has been read. */
export async function planParsed(
  place: Pick<Workplace, "ports" | "actor">,
  site: Site,
  records: SiteRecords,
  request: ParsedPlanRequest,
): Promise<Result<Compiled, readonly Problem[]>> {
  const { domain: _, ...pins } = site.pins;
  const draft = draftPlan({
    proposal: request.proposal,
    domain: site.pack.domain,
    proposer: request.proposer,
    goal: request.goal,
    ...(request.intent === undefined ? {} : { intent: request.intent }),
    inputs: request.inputs,
    pins: { ...pins, situation: request.situation, evidence: request.evidence },
    roundTrips: records.roundTrips,
    parent: request.parent,
    ...preparerOf(place.actor, request),
  });
  if (!draft.ok) return draft;
  const untrusted = findUntrusted(site, records);
  if (untrusted !== null) return fail([untrusted]);
  const observed = await observe(place, site, draft.value.plan.observations);
  if (!observed.ok) return fail([observed.error]);
  const pinned = pinPlan(draft.value, observed.value);
  if (!pinned.ok) return pinned;
  const withFiles = pinFiles(pinned.value, site);
  if (!withFiles.ok) return withFiles;
  const pinnedPlan = withFiles.value;
  const { proposalDigest } = request;
  if (isGoalReached(pinnedPlan)) return ok({ kind: "nothing_to_do", proposalDigest, leftOut: changesIn(pinnedPlan) });
  const unfit = findFenceProblems(pinnedPlan, observed.value, site.connections);
  if (unfit.length > 0) return fail(unfit);
  const followed = followEffects(pinnedPlan, { domain: site.pack.domain, proposal: request.proposal });
  if (!followed.ok) return followed;
  const { plan, foresight } = followed.value;
  const hash = planHash(plan, dataDigest);
  if (foresight !== null) rememberForesight(hash, foresight);
  return ok({ kind: "planned", plan, planHash: hash, proposalDigest });
}

/** The writes of a plan that would change something as the world is now, or of which nobody knows. */
function changesIn(plan: Plan): readonly ChangeGroup[] {
  return groupChanges(plan).filter(
    ({ changes }) =>
      changes.length === 0 || changes.some(({ before, after }) => before.length !== 1 || before[0] !== after),
  );
}

/**
 * Who gave the command, where that is not simply the person on whose behalf it was proposed. An agent or a service is
 * always named. A plan that a situation's arithmetic chose names no person, and is nobody's own proposal.
 */
function preparerOf(
  { kind, id }: Principal,
  { proposer, situation }: ParsedPlanRequest,
): { readonly preparedBy?: PlanPreparer } {
  const isThePersonNamed = kind === "person" && id === proposer.onBehalfOf;
  return situation !== null || isThePersonNamed ? {} : { preparedBy: { kind, id } };
}

/** The plan with the programs and folders of this machine that it depends on, as they are now. */
function pinFiles(plan: Plan, { connections }: Site): Result<Plan, readonly Problem[]> {
  const programs = pinPrograms(programsOf(plan, connections));
  if (!programs.ok) return programs;
  const written = findWrittenPins(plan, programs.value, connections);
  if (written.length > 0) return fail(written);
  const folders = pinFolders(foldersOf(callsOf(plan), connections));
  const pins = {
    ...plan.pins,
    ...(programs.value.length === 0 ? {} : { programs: programs.value }),
    ...(folders.length === 0 ? {} : { folders }),
  };
  return ok({ ...plan, pins });
}

/** Reads the objects of a plan as they are now, for its start. */
export function observePins(
  place: Pick<Workplace, "ports">,
  site: Site,
  plan: Plan,
): Promise<Result<readonly ObservedObject[], Problem>> {
  return observe(place, site, plan.observations);
}

function observe(
  { ports }: Pick<Workplace, "ports">,
  { connections }: Site,
  observations: Plan["observations"],
): Promise<Result<readonly ObservedObject[], Problem>> {
  // Never aborted: a read that was cut off would look like a target that does not answer.
  const { signal } = new AbortController();
  const { resolveSecret, clock, onLook } = ports;
  return observeObjects(observations, { connections, resolveSecret, clock, stop: stopOn(signal) }, { onLook });
}
