import { randomUUID } from "node:crypto";
import { notRestored } from "../../core/belief/after-failure.ts";
import type { DecisionAfter } from "../../core/belief/explain/after.ts";
import { drawBelief } from "../../core/belief/explain/draw-belief.ts";
import { renderAlternatives } from "../../core/belief/explain/render.ts";
import { firstMoveOf, type PolicySolution } from "../../core/belief/policy.ts";
import { evaluatePolicy } from "../../core/belief/solve/evaluate-policy.ts";
import { policyToProposal } from "../../core/plan/policy/from-policy.ts";
import { riskTableOf } from "../../core/plan/policy/risk-table.ts";
import type { Authorization } from "../../core/run/words/input.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { storedDocument } from "../../core/value/stored-document.ts";
import { entitlementOf } from "../apply/prepare-approved.ts";
import { approve } from "../approve/approve.ts";
import { namesToTell } from "../notify/queue.ts";
import { queueOfIncident } from "../notify/queue-incident.ts";
import type { Compiled } from "../plan/plan-proposal.ts";
import { approverOf } from "./approver.ts";
import { afterWrites, type End, escalated, type FailedResponse, wroteInVain } from "./end.ts";
import { Evidence } from "./evidence.ts";
import { handoverOfPlan, handoverOfRun, prepareHandover } from "./handover.ts";
import { IncidentRuns } from "./incident-runs.ts";
import { chosenOf, endOfLook, Looking, type Seen } from "./looking.ts";
import { believed, endOfRun, type Handover, type ResponseReport, type RunEnd, reportFormat } from "./report.ts";
import type { IncidentOptions, StartedRun } from "./run-response.ts";
import { type ScoredProposal, scoreProposal } from "./score-proposal.ts";
import { evidenceChanged, isStillDecided } from "./still-decided.ts";
import { alertItself, describeAgainst, type Testimony } from "./testimony.ts";
import { weigh } from "./weigh.ts";
import { awaitWitness, findForeign, readWitnesses, unheard } from "./witness.ts";

/** What came of acting once: the end of the incident, or another decision. */
type Acted =
  | { readonly kind: "end"; readonly end: End }
  | { readonly kind: "again"; readonly after: DecisionAfter; readonly chosen: PolicySolution };

/** One incident while it is answered. Keeps what has happened so far, for the report. */
export class Incident {
  readonly #options: IncidentOptions;
  readonly #incidentId = `inc_${randomUUID()}`;
  readonly #startedMs: number;
  readonly #proposed: ScoredProposal | null;
  readonly #runs: IncidentRuns;
  readonly #evidence: Evidence;
  readonly #looking: Looking;
  #planHash: Digest | null = null;
  #riskTable: Digest | null = null;
  #approvedBy: string | null = null;
  #testimony: readonly Testimony[] = [];
  /** Responses that were written and not read back, in their order. */
  #failed: readonly FailedResponse[] = [];

  constructor(options: IncidentOptions) {
    this.#options = options;
    this.#startedMs = options.place.ports.clock.monotonicMs();
    this.#proposed = options.proposal === null ? null : scoreProposal(options.situation, options.proposal);
    const { situation, lease, place } = options;
    this.#runs = new IncidentRuns(options, this.#incidentId);
    this.#evidence = new Evidence(this.#incidentId, situation, lease.owner, place.actor);
    this.#looking = new Looking(options, this.#runs, this.#evidence);
  }

  open(): Promise<Result<undefined, Problem>> {
    const { alert, situation, situationDigest, place, lease, asker } = this.#options;
    const { id, title } = situation;
    asker.tell({
      kind: "opened",
      incidentId: this.#incidentId,
      alert,
      situation: { id, title },
      proposed: this.#proposed,
    });
    return lease.owner.engine.record(
      [
        {
          kind: "incident_opened",
          runId: null,
          incidentId: this.#incidentId,
          key: alert.key,
          situation: situationDigest,
          by: place.actor,
        },
      ],
      [],
    );
  }

  /** The end of an incident whose alert the situation does not answer: it goes to a person as it is. */
  foreign(): Omit<End, "after"> | null {
    const { situation, alert, terms } = this.#options;
    const found = terms === null ? null : findForeign(situation, alert);
    return found === null ? null : escalated(found.message, found);
  }

  /**
   * Reads the objective that every response is to bring about. Where it holds, nothing is written: there is nothing to
   * do if the second witness says the same, and a person has to look if it does not.
   *
   * @returns the end of the incident; `null` where the objective does not hold, or is not known
   */
  async findIdle(): Promise<Omit<End, "after"> | null> {
    const { place, site, terms } = this.#options;
    if (terms === null) return null;
    this.#hear(await readWitnesses(place, site, terms));
    const [objective, witness] = this.#testimony;
    if (objective?.says !== "holds") return null;
    const untouched = { world: "untouched", wrote: [], waitingFor: [], code: null } as const;
    if (witness?.says === "holds") {
      const reason = "the objective holds already, and the second witness says the same";
      return { ...untouched, outcome: "nothing_to_do", reason };
    }
    const against = witness === undefined ? "the alert fires" : describeAgainst(witness);
    return { ...untouched, outcome: "disputed", reason: `the objective holds already, but ${against}` };
  }

  #hear(testimony: readonly Testimony[]): void {
    const { asker } = this.#options;
    const known = this.#testimony;
    this.#testimony = testimony;
    // Nobody needs to read the same line twice.
    const isNew = (one: Testimony, index: number): boolean =>
      known[index]?.says !== one.says || known[index].about !== one.about || known[index].why !== one.why;
    for (const one of testimony.filter(isNew)) asker.tell({ kind: "heard", testimony: one });
  }

  /** What becomes of a run whose post-conditions were read back: it counts as restored if the second witness agrees. */
  async #confirm(end: RunEnd): Promise<RunEnd> {
    const { place, site, terms, asker, callOff } = this.#options;
    if (end.outcome !== "restored" || terms === null) return end;
    const { witness } = terms;
    const about = witness.kind === "facts" ? witness.condition.text : alertItself;
    asker.tell({ kind: "waiting_for_witness", about, withinMs: witness.withinMs });
    const { clock } = place.ports;
    const monotonicMs = (): number => clock.monotonicMs();
    const said = await awaitWitness(place, site, terms, { callOff, detach: asker.detach, monotonicMs });
    this.#hear([{ by: "objective", about: terms.objective.text, says: "holds", why: "" }, said]);
    return weigh(end, said);
  }

  /** Looks and decides, until the decision is an act or a person. */
  look(): Promise<Seen> {
    return this.#looking.look();
  }

  /**
   * Plans what remains, has it approved, and runs it. Believes only what was read back. Where that fails, it looks
   * anew and decides again: another response, undoing, or a person.
   */
  async act(after: DecisionAfter, chosen: PolicySolution): Promise<Result<ResponseReport, readonly Problem[]>> {
    const acted = await this.#actOnce(after, chosen);
    if (!acted.ok) return acted;
    return acted.value.kind === "end" ? this.close(acted.value.end) : this.act(acted.value.after, acted.value.chosen);
  }

  async #actOnce(after: DecisionAfter, chosen: PolicySolution): Promise<Result<Acted, readonly Problem[]>> {
    const { asker } = this.#options;
    const end = (given: Omit<End, "after">, believed = after): Result<Acted, never> =>
      ok({ kind: "end", end: { ...given, after: believed } });
    const escalate = (refused: Result<unknown, readonly Problem[]>, reason: string) =>
      end(escalated(firstOf(refused)?.message ?? reason, firstOf(refused)));
    const planned = await this.#planFor(after, chosen);
    if (!planned.ok) return escalate(planned, "the response cannot be carried out");
    const { compiled, isStill } = planned.value;
    if (compiled.kind === "nothing_to_do") return end(escalated("the response has nothing to do here", null));
    const idle = await this.#findIdleNow();
    if (idle !== null) return end(idle);
    asker.tell({ kind: "planned", change: compiled });
    this.#planHash = compiled.planHash;
    const noted = await this.#noteDraft(compiled.planHash, after);
    if (!noted.ok) return fail([noted.error]);
    const entitled = await this.#entitle(compiled.planHash);
    const calledOff = this.calledOff();
    if (calledOff !== null) return end(calledOff);
    if (entitled.ok) this.#approvedBy = approverOf(entitled.value);
    else {
      const refusal = firstOf(entitled);
      return end({ ...escalated(refusal?.message ?? "nobody approved", refusal), outcome: "not_approved" });
    }
    const again = await this.#decideAgain(after, isStill);
    if (again.end !== null) return end(again.end, again.after);
    const late = await this.#findIdleNow();
    if (late !== null) return end(late, again.after);
    const ran = await this.#runs.start(compiled);
    if (!ran.ok) {
      const stopped = this.calledOff();
      return stopped === null ? escalate(ran, "the run did not start") : end(stopped);
    }
    this.#noteUndone(again.after, chosen, ran.value);
    const failed = this.#failedReadBack(chosen, ran.value);
    if (failed !== null) return this.#decideAfterFailure(again.after, failed);
    return end({ ...(await this.#confirm(endOfRun(ran.value.run))), code: null }, again.after);
  }

  /** The plan of a decision, and how to tell whether another decision would make it too. */
  async #planFor(
    after: DecisionAfter,
    { policy }: PolicySolution,
  ): Promise<
    Result<{ readonly compiled: Compiled; readonly isStill: (now: DecisionAfter) => boolean }, readonly Problem[]>
  > {
    const { domain } = this.#options.site.pack;
    const { observations } = this.#evidence;
    const { undoes } = after.situation.responses.find(({ id }) => id === firstMoveOf(policy)) ?? {};
    const undone = undoes === undefined ? undefined : this.#failed.find(({ response }) => response === undoes);
    if (undone !== undefined) {
      const compiled = await this.#runs.planUndo(undone.runId, observations);
      const isStill = (now: DecisionAfter): boolean => {
        const chosen = chosenOf(now);
        return chosen !== null && firstMoveOf(chosen.policy) === firstMoveOf(policy);
      };
      return compiled.ok ? ok({ compiled: compiled.value, isStill }) : compiled;
    }
    const proposal = policyToProposal(after.situation, policy, domain);
    if (!proposal.ok) return proposal;
    // Kept beside the plan, not in it: the risk spent after each history, so that a successor never gets a fresh limit.
    const risks = riskTableOf(after.situation, policy, proposal.value);
    const table = storedDocument("interlock.risk-table/1", risks);
    this.#riskTable = table.digest;
    const compiled = await this.#runs.plan(proposal.value.proposal, observations, [table]);
    const isStill = (now: DecisionAfter): boolean => isStillDecided(now, proposal.value.proposal, domain);
    return compiled.ok ? ok({ compiled: compiled.value, isStill }) : compiled;
  }

  /** A response that was undone, and whose undoing was read back, is no longer in the world. */
  #noteUndone({ situation }: DecisionAfter, { policy }: PolicySolution, { run }: StartedRun): void {
    const { undoes } = situation.responses.find(({ id }) => id === firstMoveOf(policy)) ?? {};
    if (endOfRun(run).outcome === "compensated")
      this.#failed = this.#failed.filter(({ response }) => response !== undoes);
  }

  /** The response that was written and whose read-back failed, where the situation says what that means. */
  #failedReadBack({ policy }: PolicySolution, { run, events }: StartedRun): FailedResponse | null {
    const { situation, callOff } = this.#options;
    const response = firstMoveOf(policy);
    const restores = situation.responses.find(({ id }) => id === response)?.restoresByContext;
    const end = endOfRun(run);
    const isLeft = end.outcome === "escalated" && end.world === "listed";
    if (restores === undefined || !isLeft || callOff.aborted) return null;
    for (const { event, atMs } of events)
      if (event.kind === "step_failed" && event.touched && event.problem.code === "E_POST_FAILED")
        return { response, runId: run.prepared.runId, wrote: end.wrote, why: event.problem.message, atMs };
    return null;
  }

  async #decideAfterFailure(after: DecisionAfter, failed: FailedResponse): Promise<Result<Acted, never>> {
    const { asker } = this.#options;
    const { response, why, atMs } = failed;
    this.#failed = [...this.#failed, failed];
    asker.tell({ kind: "note", text: `${response} was not read back: ${why}` });
    const answer = { step: response, outcome: notRestored, atMs, toldBy: null };
    const seen = await this.#looking.lookAfterWrite(after, answer);
    const now = seen.after ?? after;
    const end = this.calledOff() ?? endOfLook(seen);
    const chosen = chosenOf(now);
    return end === null && chosen !== null
      ? ok({ kind: "again", after: now, chosen })
      : ok({ kind: "end", end: { ...(end ?? escalated("nothing is left to do", null)), after: now } });
  }

  /**
   * Reads again what is out of date, right before the first write, and decides again within the same limit. A plan that
   * would no longer be decided for is out of date too.
   */
  async #decideAgain(
    after: DecisionAfter,
    isStill: (now: DecisionAfter) => boolean,
  ): Promise<{ readonly end: Omit<End, "after"> | null; readonly after: DecisionAfter }> {
    const before = this.#evidence.observations;
    const seen = await this.#looking.lookAgain(after);
    const calledOff = this.calledOff();
    if (calledOff !== null) return { end: calledOff, after };
    if (seen === null) return { end: null, after };
    const now = seen.after ?? after;
    if (seen.problem !== null) return { end: endOfLook(seen), after: now };
    if (endOfLook(seen) === null && isStill(now)) return { end: null, after: now };
    const changed = evidenceChanged(before, this.#evidence.observations, now);
    return { end: escalated(changed.message, changed), after: now };
  }

  /** As `findIdle`, right before something is asked or done: an objective that cannot be read is a person's matter. */
  async #findIdleNow(): Promise<Omit<End, "after"> | null> {
    const idle = await this.findIdle();
    const [objective] = this.#testimony;
    if (idle !== null || objective?.says !== "unknown") return idle;
    return escalated(`whether the objective holds already cannot be read: ${objective.why}`, null);
  }

  /** Asks a person, unless a grant covers the plan or the plan only reads. */
  async #entitle(planHash: Digest): Promise<Result<Authorization, readonly Problem[]>> {
    const { place, site, lease, asker } = this.#options;
    const standing = entitlementOf(place, site, lease.owner, planHash);
    if (standing.ok) return standing;
    const approved = await approve(place, { plan: planHash, typedTargets: [], validForMs: null }, asker.by);
    return approved.ok ? entitlementOf(place, site, lease.owner, planHash) : approved;
  }

  /** The end of an incident that was called off, or `null`. */
  calledOff(): Omit<End, "after"> | null {
    const { callOff } = this.#options;
    if (!callOff.aborted) return null;
    // The abort's reason says why. Anything but a resolved alert is an interruption.
    const isResolved = callOff.reason === "resolved";
    const reason = isResolved
      ? "the alert was resolved before anything was done"
      : "interrupted before anything was done";
    return {
      outcome: "cancelled",
      world: "untouched",
      reason,
      wrote: [],
      waitingFor: [],
      code: isResolved ? null : "E_INTERRUPTED",
    };
  }

  /** Writes the closing record. The report is stored beside the log, and the log has its digest. */
  async close(given: End): Promise<Result<ResponseReport, readonly Problem[]>> {
    const { alert, place, site, lease, situation, asker } = this.#options;
    const end = afterWrites(given, this.#failed);
    const report = this.#report(end, await this.#handover(end));
    const stored = storedDocument(reportFormat, report);
    const beside = { to: namesToTell(place, site.config), operator: place.actor.id };
    const told = queueOfIncident(this.#incidentId, report, beside);
    const recorded = await lease.owner.engine.record(
      [
        {
          kind: "incident_closed",
          runId: null,
          incidentId: this.#incidentId,
          key: alert.key,
          outcome: end.outcome,
          report: stored.digest,
          by: place.actor,
        },
        ...told.events,
      ],
      [stored, ...told.documents],
    );
    if (!recorded.ok) return fail([recorded.error]);
    place.courier.wake();
    const shown = end.after?.situation ?? situation;
    const before = report.belief.map((belief) => belief.before);
    const after = report.belief.map((belief) => belief.after);
    asker.tell({
      kind: "closed",
      report,
      picture: drawBelief(shown, { before, after }),
      table: renderAlternatives(report.handover?.alternatives ?? []),
    });
    return ok(report);
  }

  /**
   * Records the report as it would be if this process ended now. A process that resumes the run closes the incident
   * with it.
   */
  #noteDraft(planHash: Digest, after: DecisionAfter): Promise<Result<undefined, Problem>> {
    const { lease, place, terms } = this.#options;
    const report = this.#report(
      {
        outcome: "waiting",
        world: "unknown",
        reason: "under way",
        wrote: wroteInVain(this.#failed),
        waitingFor: [],
        code: null,
        after,
      },
      null,
    );
    const draft = terms === null ? report : { ...report, testimony: unheard(terms) };
    const stored = storedDocument(reportFormat, draft);
    const by = place.actor;
    const incidentId = this.#incidentId;
    return lease.owner.engine.record(
      [{ kind: "incident_planned", runId: null, incidentId, planHash, draft: stored.digest, by }],
      [stored],
    );
  }

  async #handover(end: End): Promise<Handover | null> {
    const { lease } = this.#options;
    const runId = this.#runs.runIds.at(-1);
    const failed = this.#failed.at(-1);
    if (failed !== undefined && end.outcome === "escalated") return this.#handoverAfter(failed, end.after);
    if (end.world !== "untouched" && end.outcome !== "restored")
      return runId === undefined ? null : handoverOfRun(runId, lease.owner.engine.run(runId));
    if (end.after === null) return null;
    if (end.outcome === "not_approved" && this.#planHash !== null)
      return handoverOfPlan(end.after, this.#planHash, end.code);
    if (end.outcome !== "escalated") return null;
    return this.#prepareHandover(end.after, runId ?? null);
  }

  /** What a person needs once a response was written in vain: what is best now, and how to undo it. */
  async #handoverAfter({ runId }: FailedResponse, after: DecisionAfter | null): Promise<Handover> {
    const ofRun = handoverOfRun(runId, this.#options.lease.owner.engine.run(runId));
    if (after === null) return ofRun;
    const prepared = await this.#prepareHandover(after, runId);
    const others = ofRun.steps.filter((step) => step.do !== "explain");
    return { ...prepared, steps: [{ do: "explain", run: runId }, ...prepared.steps.filter(isNoExplain), ...others] };
  }

  #prepareHandover(after: DecisionAfter, lookRunId: string | null): Promise<Handover> {
    const known = { domain: this.#options.site.pack.domain, lookRunId };
    return prepareHandover(after, known, async (proposal) => {
      const planned = await this.#runs.plan(proposal, this.#evidence.observations);
      if (!planned.ok) return planned;
      return planned.value.kind === "nothing_to_do" ? fail([]) : ok(planned.value.planHash);
    });
  }

  #report(end: End, handover: Handover | null): ResponseReport {
    const { situation, situationDigest, alert, place } = this.#options;
    const { after, ...ended } = end;
    const posterior = after?.beliefs.at(-1) ?? situation.contexts.map((context) => context.prior);
    const chosen = after === null ? null : chosenOf(after);
    // The average plan's worth under everything seen by now: the price of the fluent answer.
    const known = after?.situation ?? situation;
    const average = evaluatePolicy(known, { kind: "commit", response: known.averagePlan });
    return {
      format: reportFormat,
      incidentId: this.#incidentId,
      alert: { key: alert.key, name: alert.name, summary: alert.summary },
      situation: { id: situation.id, digest: situationDigest },
      belief: believed(
        situation,
        situation.contexts.map(({ prior }) => prior),
        posterior,
      ),
      observations: this.#evidence.observations,
      proposed:
        this.#options.proposal === null || after === null
          ? this.#proposed
          : scoreProposal(after.situation, this.#options.proposal),
      chosen: chosen === null ? null : { response: firstMoveOf(chosen.policy), value: chosen.value, risk: chosen.risk },
      averagePlan: { response: known.averagePlan, value: average.value, risk: average.risk },
      ...ended,
      runIds: this.#runs.runIds,
      planHash: this.#planHash,
      riskTable: this.#riskTable,
      approvedBy: this.#approvedBy,
      handover,
      durationMs: Math.round(place.ports.clock.monotonicMs() - this.#startedMs),
      ...(this.#testimony.length === 0 ? {} : { testimony: this.#testimony }),
    };
  }
}

function isNoExplain(step: NextStep): boolean {
  return step.do !== "explain";
}

function firstOf(refused: Result<unknown, readonly Problem[]>): Problem | null {
  return refused.ok ? null : (refused.error[0] ?? null);
}
