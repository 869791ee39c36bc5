import type { Principal } from "../../core/approval/approval.ts";
import { afterFailure } from "../../core/belief/after-failure.ts";
import { changedAnswers, describeChanges, findStale } from "../../core/belief/evidence.ts";
import { type DecisionAfter, decideAfter } from "../../core/belief/explain/after.ts";
import { percentText } from "../../core/belief/figures.ts";
import type { Observation, Policy } from "../../core/belief/policy.ts";
import type { ProbeStep, Situation } from "../../core/belief/situation/situation.ts";
import { limitLeft } from "../../core/belief/solve/solve-limited.ts";
import { keepsLimit } from "../../core/belief/tolerance.ts";
import type { Plan } from "../../core/plan/plan.ts";
import { policyToProposal } from "../../core/plan/policy/from-policy.ts";
import { readAllProposal } from "../../core/plan/policy/read-all.ts";
import type { SiteEvent } from "../../core/run/words/event.ts";
import type { EvidenceAnswer } from "../../core/run/words/incident-event.ts";
import type { StartInput } from "../../core/run/words/input.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, digest } from "../../core/value/digest.ts";
import { invariant } from "../../core/value/invariant.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { storedEvents } from "../../log/stored-events.ts";
import { readSituation } from "../../packs/read-situation.ts";
import type { OwnerParts } from "../apply/prepare-approved.ts";
import { findSituationFile } from "../apply/prepare-start.ts";
import { planParsed } from "../plan/plan-proposal.ts";
import { planRecord } from "../plan/record-plan.ts";
import type { Site } from "../site/site.ts";
import { readSiteRecords } from "../site/site-records.ts";
import type { Workplace } from "../site/workplace.ts";
import { observationsOf } from "./evidence.ts";
import { actsByValue } from "./handover.ts";
import { readAnswers } from "./look.ts";
import { chosenOf } from "./looking.ts";
import { evidenceChanged } from "./still-decided.ts";

/** Who looks, where, and through which owner of the store. */
export interface Looker {
  readonly place: Workplace;
  readonly site: Site;
  readonly owner: OwnerParts;
  readonly by: Principal;
  /** Prepares the run of a look, as that of any plan. */
  readonly prepare: (planHash: Digest) => Promise<Result<StartInput, readonly Problem[]>>;
}

type KeptEvidence = Extract<SiteEvent, { readonly kind: "incident_evidence" }>;

/**
 * Holds a plan that was handed over against the world as it is now. Answers that are out of date are read again, in a
 * run that only reads, and the decision is repeated from all of them under the same limit.
 *
 * @returns `null` where the plan stands; `E_EVIDENCE_CHANGED` where another act would be decided for now; what kept the
 *   probes from being read
 */
export async function findOutdated(looker: Looker, plan: Plan, planHash: Digest): Promise<Problem | null> {
  const { site, owner } = looker;
  const kept = findEvidence(owner, plan);
  const bytes = plan.pins.situation === null ? null : findSituationFile(site, plan.pins.situation);
  // Without them the kernel refuses the plan, or an older release decided it and nobody knows how old its answers are.
  if (kept === null || bytes === null) return null;
  const read = readSituation(bytes);
  if (!read.ok) return read.error[0] ?? null;
  const { situation } = read.value;
  const stale = findStale(situation, kept.answers, owner.engine.nowMs());
  if (stale.length === 0) return null;
  const again = await readAgain(looker, plan, { situation, kept, stale });
  if (!again.ok) return again.error;
  const [before, now] = [observationsOf(kept.answers), observationsOf(again.value)];
  const [then, after] = [before, now].map((seen) => decideAfter(afterFailure(situation, seen), seen));
  invariant(then !== undefined && after !== undefined, "there is a decision for each");
  if (!then.ok || !after.ok) return evidenceProblem(before, now);
  const proposal = readSiteRecords(owner.store).plans.find((one) => one.planHash === planHash)?.proposalDigest ?? null;
  return proposal === null ? null : compare(looker, { proposal, then: then.value, after: after.value, before, now });
}

/** The evidence that the plan was decided from. */
function findEvidence({ store }: OwnerParts, { pins }: Plan): KeptEvidence | null {
  let found: KeptEvidence | null = null;
  for (const { event } of storedEvents(store, "site"))
    if (
      event.kind === "incident_evidence" &&
      digest("interlock.evidence/1", observationsOf(event.answers)) === pins.evidence
    )
      found = event;
  return found;
}

/** All answers that count now: those that still stand, and the others as they were read again. */
async function readAgain(
  { place, site, owner, by, prepare }: Looker,
  plan: Plan,
  {
    situation,
    kept,
    stale,
  }: { readonly situation: Situation; readonly kept: KeptEvidence; readonly stale: readonly EvidenceAnswer[] },
): Promise<Result<readonly EvidenceAnswer[], Problem>> {
  const probes = situation.steps.filter(
    (step): step is ProbeStep => step.kind === "probe" && stale.some((answer) => answer.step === step.id),
  );
  const look = readAllProposal(situation.id, probes);
  const planned = await planParsed(place, site, readSiteRecords(owner.store), {
    proposal: look.proposal,
    proposalDigest: digest("interlock.proposal/1", look.proposal),
    proposer: plan.proposer,
    goal: "",
    ...(plan.intent === undefined ? {} : { intent: plan.intent }),
    inputs: [],
    parent: plan.parent,
    situation: plan.pins.situation,
    evidence: plan.pins.evidence,
  });
  if (!planned.ok) return fail(firstOf(planned.error));
  if (planned.value.kind === "nothing_to_do") return fail(problem("E_INTERNAL", "", "a look has something to read"));
  const { event, document } = planRecord(planned.value, by);
  const recorded = await owner.engine.record([event], [document]);
  if (!recorded.ok) return recorded;
  const start = await prepare(planned.value.planHash);
  if (!start.ok) return fail(firstOf(start.error));
  const submitted = await owner.engine.submit(start.value);
  if (!submitted.ok) return submitted;
  await owner.engine.whenIdle(start.value.runId);
  const { answers, unforeseen } = readAnswers(look, [...storedEvents(owner.store, start.value.runId)]);
  const [stranger] = unforeseen;
  if (stranger !== undefined) return fail(evidenceProblem(observationsOf(stale), [stranger]));
  const counting = [...kept.answers.filter((answer) => !stale.includes(answer)), ...answers];
  const { incidentId } = kept;
  const noted = await owner.engine.record(
    [{ kind: "incident_evidence", runId: null, incidentId, answers: counting, by }],
    [],
  );
  return noted.ok ? ok(counting) : noted;
}

interface Comparison {
  readonly proposal: Digest;
  readonly then: DecisionAfter;
  readonly after: DecisionAfter;
  readonly before: readonly Observation[];
  readonly now: readonly Observation[];
}

/**
 * A plan that was decided for stands while the decision would write it again. One that was only prepared for a person
 * stands while no act is better now that was not better then, and while it does not break the limit anew.
 */
function compare({ site }: Looker, { proposal, then, after, before, now }: Comparison): Problem | null {
  const { domain } = site.pack;
  const written = (decided: DecisionAfter, policy: Policy | undefined): Digest | null => {
    const made = policy === undefined ? null : policyToProposal(decided.situation, policy, domain);
    return made?.ok === true ? digest("interlock.proposal/1", made.value.proposal) : null;
  };
  const changed = evidenceChanged(before, now, after);
  if (written(then, chosenOf(then)?.policy) === proposal)
    return written(after, chosenOf(after)?.policy) === proposal ? null : changed;
  const rank = (decided: DecisionAfter) => {
    const acts = actsByValue(decided);
    const place = acts.findIndex(
      ({ response }) => written(decided, { kind: "commit", response: response.id }) === proposal,
    );
    return { act: acts[place], ahead: acts.slice(0, Math.max(0, place)).map(({ response }) => response.id) };
  };
  const [was, is] = [rank(then), rank(after)];
  if (was.act === undefined || is.act === undefined) return null;
  if (is.ahead.some((id) => !was.ahead.includes(id))) return changed;
  const { risk } = is.act;
  const limit = Math.max(was.act.risk, Math.min(after.situation.limitGivenEvidence, limitLeft(after.situation)));
  if (keepsLimit({ risk, limit })) return null;
  const figures = `${percentText(risk)} now, and ${percentText(was.act.risk)} when it was handed over`;
  return { ...changed, message: `${evidenceProblem(before, now).message}; the act risks ${figures}` };
}

function evidenceProblem(before: readonly Observation[], now: readonly Observation[]): Problem {
  const changes = describeChanges(changedAnswers(before, now));
  return problem("E_EVIDENCE_CHANGED", "", `the plan is out of date: ${changes}`);
}

function firstOf([first]: readonly Problem[]): Problem {
  return first ?? problem("E_INTERNAL", "", "a look was refused without a reason");
}
