/**
 * Alert → verified recovery: the one caller that walks every arrow of `flow.ts`. Reads before writes: the read-only beginning of
 * the decided policy is a run of its own, its posterior decides what remains, and only then is a person asked. Nothing here
 * decides by itself: belief and utility do, the gate refuses, the kernel executes.
 */
import { randomUUID } from "node:crypto";
import { type DecisionAfter, decideAfter, explainDecision } from "../../core/belief/explain/index.ts";
import { evaluatePolicy } from "../../core/belief/evaluate-policy.ts";
import { type Observation, type Policy, type PolicySolution, firstMoveOf } from "../../core/belief/policy.ts";
import type { Situation } from "../../core/belief/situation.ts";
import type { Principal } from "../../core/approval/approval.ts";
import { policyToProposal } from "../../core/plan/from-policy.ts";
import type { Plan } from "../../core/plan/plan.ts";
import type { Proposal } from "../../core/plan/proposal.ts";
import type { Event } from "../../core/run/event.ts";
import type { Authorization } from "../../core/run/input.ts";
import type { RunState } from "../../core/run/state.ts";
import { isEnded, viewRun } from "../../core/run/view.ts";
import type { Problem } from "../../core/value/codes.ts";
import { type Digest, digest } from "../../core/value/digest.ts";
import { type Result, fail, ok } from "../../core/value/result.ts";
import type { Clock } from "../../engine/clock.ts";
import { storedEvents } from "../../engine/load-state.ts";
import type { Owner } from "../../engine/owner.ts";
import { prepareStart } from "../apply-plan.ts";
import { type PlannedChange, planParsed } from "../plan-proposal.ts";
import type { Site } from "../site.ts";
import { readSiteRecords } from "../site-records.ts";
import { planLook, readObservations } from "./look.ts";
import type { Alert } from "./parse-alert.ts";
import type { ResponseOutcome, ResponseReport } from "./report.ts";
import { type ScoredProposal, scoreProposal } from "./score-proposal.ts";

/** What the respond command gives: where, what, with whom, and how to tell. */
export interface RespondOptions {
  readonly site: Site;
  readonly owner: Owner;
  readonly clock: Clock;
  readonly actor: Principal;
  readonly alert: Alert;
  readonly situation: Situation;
  readonly situationDigest: Digest;
  /** A proposal from outside, shown and scored beside the decision; never chosen because someone made it. */
  readonly proposal: Proposal | null;
  /** Decide and record, and never act. */
  readonly observeOnly: boolean;
  readonly signal: AbortSignal;
  /** Asks a person; a refusal or nobody there is a problem. */
  readonly approve: (plan: Plan, planHash: Digest) => Promise<Result<Authorization, Problem>>;
  readonly tell: (progress: RespondProgress) => void;
}

/** What happens, for whoever watches. */
export type RespondProgress =
  | { readonly kind: "opened"; readonly incidentId: string; readonly alert: Alert; readonly situation: Situation; readonly proposed: ScoredProposal | null }
  | { readonly kind: "looking"; readonly steps: readonly string[] }
  | { readonly kind: "believed"; readonly situation: Situation; readonly before: readonly number[]; readonly after: readonly number[]; readonly observations: readonly Observation[] }
  | { readonly kind: "decided"; readonly after: DecisionAfter; readonly paragraph: string }
  | { readonly kind: "planned"; readonly change: PlannedChange }
  | { readonly kind: "closed"; readonly report: ResponseReport };

/** Responds to one alert and closes its incident with a report. Fails only where nothing was taken up. */
export async function respond(options: RespondOptions): Promise<Result<ResponseReport, readonly Problem[]>> {
  const incident = new Incident(options);
  const opened = await incident.open();
  if (!opened.ok) return fail([opened.error]);
  const seen = await incident.look();
  if (!seen.ok) return incident.close({ outcome: "escalated", reason: seen.error[0]?.message ?? "what had to be seen cannot be seen", after: null });
  const { after, unforeseen } = seen.value;
  if (unforeseen !== null) return incident.close({ outcome: "escalated", reason: `\`${unforeseen.step}\` answered \`${unforeseen.outcome}\`, which the situation does not foresee`, after });
  const chosen = after.decision.kind === "decided" ? after.decision.chosen : null;
  if (chosen === null) return incident.close({ outcome: "escalated", reason: "no plan keeps the limit on the risk of catastrophe", after });
  if (isEscalation(options.situation, chosen.policy)) return incident.close({ outcome: "escalated", reason: "a person is worth more here than any response", after });
  if (options.observeOnly) return incident.close({ outcome: "observed", reason: "asked to observe: nothing was done", after });
  return incident.act(after, chosen);
}

/** One incident while it is answered: what has happened so far, for the report. */
class Incident {
  readonly #options: RespondOptions;
  readonly #incidentId = `inc_${randomUUID()}`;
  readonly #startedMs: number;
  readonly #proposed: ScoredProposal | null;
  readonly #runIds: string[] = [];
  #observations: readonly Observation[] = [];
  #planHash: Digest | null = null;
  #approvedBy: string | null = null;

  constructor(options: RespondOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    this.#proposed = options.proposal === null ? null : scoreProposal(options.situation, options.proposal);
  }

  open(): Promise<Result<undefined, Problem>> {
    const { alert, situation, situationDigest, actor, owner, tell } = this.#options;
    tell({ kind: "opened", incidentId: this.#incidentId, alert, situation, proposed: this.#proposed });
    return owner.engine.record([{ kind: "incident_opened", runId: null, incidentId: this.#incidentId, key: alert.key, situation: situationDigest, by: actor }], []);
  }

  /** Looks as long as the decided policy begins with reads; a run of its own each time. */
  async look(): Promise<Result<{ readonly after: DecisionAfter; readonly unforeseen: Observation | null }, readonly Problem[]>> {
    const { situation, site, tell } = this.#options;
    for (let round = 0; ; round += 1) {
      const after = decideAfter(situation, this.#observations);
      if (!after.ok) return after;
      this.#tellDecision(after.value);
      const chosen = after.value.decision.kind === "decided" ? after.value.decision.chosen : null;
      const look = chosen === null || round >= situation.horizon ? ok(null) : planLook(after.value.situation, chosen.policy, site.pack.domain);
      if (!look.ok) return look;
      if (look.value === null) return ok({ after: after.value, unforeseen: null });
      tell({ kind: "looking", steps: [...new Set(look.value.stepOf.values())] });
      const ran = await this.#run(look.value.proposal, { kind: "read_only", policies: site.pins.policies });
      if (!ran.ok) return ran;
      const { observations, unforeseen } = readObservations(look.value, ran.value.events);
      const before = after.value.beliefs.at(-1) ?? [];
      this.#observations = [...this.#observations, ...observations];
      const now = decideAfter(situation, this.#observations);
      if (now.ok) tell({ kind: "believed", situation, before, after: now.value.beliefs.at(-1) ?? before, observations });
      const [first] = unforeseen;
      if (first !== undefined || observations.length === 0) return now.ok ? ok({ after: now.value, unforeseen: first ?? { step: "look", outcome: "no_answer" } }) : now;
    }
  }

  /** Plans what remains, has it approved, runs it, and believes nothing but what was read back. */
  async act(after: DecisionAfter, chosen: PolicySolution): Promise<Result<ResponseReport, readonly Problem[]>> {
    const { site, approve, tell, signal } = this.#options;
    const proposal = policyToProposal(after.situation, chosen.policy, site.pack.domain);
    if (!proposal.ok) return this.close({ outcome: "escalated", reason: proposal.error[0]?.message ?? "the response cannot be carried out", after });
    const planned = await this.#plan(proposal.value.proposal);
    if (!planned.ok) return this.close({ outcome: "escalated", reason: planned.error[0]?.message ?? "the response does not compile", after });
    if (planned.value === "nothing_to_do") return this.close({ outcome: "escalated", reason: "the response has nothing to do here", after });
    tell({ kind: "planned", change: planned.value });
    this.#planHash = planned.value.planHash;
    const authorization = await approve(planned.value.plan, planned.value.planHash);
    if (!authorization.ok) return this.close({ outcome: "not_approved", reason: authorization.error.message, after });
    this.#approvedBy = authorization.value.kind === "approval" ? authorization.value.principal.id : authorization.value.kind;
    if (signal.aborted) return this.close({ outcome: "cancelled", reason: "the alert was resolved before anything was done", after });
    const ran = await this.#start(planned.value, authorization.value);
    if (!ran.ok) return this.close({ outcome: "escalated", reason: ran.error[0]?.message ?? "the run did not start", after });
    const { outcome, reason } = outcomeOf(ran.value.run);
    return this.close({ outcome, reason, after });
  }

  /** Writes the closing record: the report lies beside the log, and the log says by which digest. */
  async close(end: { readonly outcome: ResponseOutcome; readonly reason: string; readonly after: DecisionAfter | null }): Promise<Result<ResponseReport, readonly Problem[]>> {
    const { alert, actor, owner, tell } = this.#options;
    const report = this.#report(end);
    const reportDigest = digest("interlock.response/1", report);
    // A report is plain data by construction; its digest asserted it.
    const recorded = await owner.engine.record([{ kind: "incident_closed", runId: null, incidentId: this.#incidentId, key: alert.key, outcome: end.outcome, report: reportDigest, by: actor }], [{ digest: reportDigest, value: report as never }]);
    if (!recorded.ok) return fail([recorded.error]);
    tell({ kind: "closed", report });
    return ok(report);
  }

  #tellDecision(after: DecisionAfter): void {
    const { paragraph } = explainDecision(after.situation, after.decision, { flipSolves: 0, withoutOpinion: null, withoutJudges: null });
    this.#options.tell({ kind: "decided", after, paragraph });
  }

  async #run(proposal: Proposal, authorization: Authorization): Promise<Result<{ readonly run: RunState; readonly events: readonly Event[] }, readonly Problem[]>> {
    const planned = await this.#plan(proposal);
    if (!planned.ok) return planned;
    if (planned.value === "nothing_to_do") return fail([]);
    return this.#start(planned.value, authorization);
  }

  async #plan(proposal: Proposal): Promise<Result<PlannedChange | "nothing_to_do", readonly Problem[]>> {
    const { site, owner, actor, situation, situationDigest, signal } = this.#options;
    const request = {
      proposal, proposalDigest: digest("interlock.proposal/1", proposal), proposer: { kind: "search", id: `decision ${situation.id}`, onBehalfOf: `decision ${situation.id}` }, goal: "", inputs: [], parent: null,
      situation: situationDigest, evidence: digest("interlock.evidence/1", this.#observations),
    } as const;
    const planned = await planParsed(site, readSiteRecords(owner.store), request, signal);
    if (!planned.ok || planned.value === "nothing_to_do") return planned;
    const { plan, planHash, proposalDigest } = planned.value;
    const recorded = await owner.engine.record([{ kind: "plan_recorded", runId: null, planHash, proposalDigest, by: actor }], [{ digest: planHash, value: plan as never }]);
    return recorded.ok ? planned : fail([recorded.error]);
  }

  async #start(change: PlannedChange, authorization: Authorization): Promise<Result<{ readonly run: RunState; readonly events: readonly Event[] }, readonly Problem[]>> {
    const { site, owner, actor, clock, signal } = this.#options;
    const start = await prepareStart(site, { ...change, authorization, actor, clock, signal });
    if (!start.ok) return fail([start.error]);
    const submission = await owner.engine.submit(start.value);
    if (!submission.ok) return fail([submission.error]);
    this.#runIds.push(start.value.runId);
    const run = await owner.engine.whenIdle(start.value.runId);
    return ok({ run, events: [...storedEvents(owner.store, start.value.runId)].map(({ event }) => event) });
  }

  #report(end: { readonly outcome: ResponseOutcome; readonly reason: string; readonly after: DecisionAfter | null }): ResponseReport {
    const { situation, situationDigest, alert, clock } = this.#options;
    const posterior = end.after?.beliefs.at(-1) ?? situation.contexts.map((context) => context.prior);
    const chosen = end.after?.decision.kind === "decided" ? end.after.decision.chosen : null;
    // What the average plan is worth now, under everything seen: the price of the fluent answer.
    const average = evaluatePolicy(end.after?.situation ?? situation, { kind: "commit", response: situation.averagePlan });
    return {
      format: "interlock.response/1", incidentId: this.#incidentId, alert: { key: alert.key, name: alert.name, summary: alert.summary },
      situation: { id: situation.id, digest: situationDigest },
      belief: situation.contexts.map((context, index) => ({ context: context.id, before: context.prior, after: posterior[index] ?? 0 })),
      observations: this.#observations,
      proposed: this.#options.proposal === null || end.after === null ? this.#proposed : scoreProposal(end.after.situation, this.#options.proposal),
      chosen: chosen === null ? null : { response: firstMoveOf(chosen.policy), value: chosen.value, risk: chosen.risk, why: end.reason },
      averagePlan: { response: situation.averagePlan, value: average.value, risk: average.risk },
      outcome: end.outcome, reason: end.reason, runIds: this.#runIds, planHash: this.#planHash, approvedBy: this.#approvedBy,
      durationMs: Math.round(clock.monotonicMs() - this.#startedMs),
    };
  }
}

function isEscalation(situation: Situation, policy: Policy): boolean {
  return policy.kind === "commit" && situation.responses.find(({ id }) => id === policy.response)?.kind === "escalate";
}

function outcomeOf(run: RunState): { readonly outcome: ResponseOutcome; readonly reason: string } {
  const view = viewRun(run);
  if (!isEnded(run)) return { outcome: "waiting", reason: view.waitingFor.map(({ reason }) => reason).join("; ") || "the run waits" };
  const reason = view.reason ?? "";
  switch (view.outcome) {
    case "succeeded": return { outcome: "restored", reason };
    case "compensated": return { outcome: "compensated", reason };
    case "stopped": return { outcome: "stopped", reason };
    default: return { outcome: "escalated", reason };
  }
}
