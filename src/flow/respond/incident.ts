import { randomUUID } from "node:crypto";
import type { DecisionAfter } from "../../core/belief/explain/after.ts";
import { drawBelief } from "../../core/belief/explain/draw-belief.ts";
import { renderAlternatives } from "../../core/belief/explain/render.ts";
import { firstMoveOf, type PolicySolution } from "../../core/belief/policy.ts";
import { evaluatePolicy } from "../../core/belief/solve/evaluate-policy.ts";
import { policyToProposal } from "../../core/plan/policy/from-policy.ts";
import { riskTableOf } from "../../core/plan/policy/risk-table.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { Authorization } from "../../core/run/words/input.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { storedDocument } from "../../core/value/stored-document.ts";
import { entitlementOf } from "../apply/prepare-approved.ts";
import { approve } from "../approve/approve.ts";
import { tellNotifiers } from "../tell/notify.ts";
import { approverOf } from "./approver.ts";
import { type End, escalated } from "./end.ts";
import { Evidence } from "./evidence.ts";
import { handoverOfPlan, handoverOfRun, prepareHandover } from "./handover.ts";
import { IncidentRuns } from "./incident-runs.ts";
import { chosenOf, endOfLook, Looking, type Seen } from "./looking.ts";
import { believed, endOfRun, type Handover, type ResponseReport, type RunEnd, reportFormat } from "./report.ts";
import type { IncidentOptions } from "./run-response.ts";
import { type ScoredProposal, scoreProposal } from "./score-proposal.ts";
import { evidenceChanged, isStillDecided } from "./still-decided.ts";
import { alertItself, describeAgainst, type Testimony } from "./testimony.ts";
import { weigh } from "./weigh.ts";
import { awaitWitness, findForeign, readWitnesses, unheard } from "./witness.ts";

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

  /** Plans what remains, has it approved, and runs it. Believes only what was read back. */
  async act(after: DecisionAfter, chosen: PolicySolution): Promise<Result<ResponseReport, readonly Problem[]>> {
    const { site, asker } = this.#options;
    const close = (end: Omit<End, "after">) => this.close({ ...end, after });
    const escalate = (refused: Result<unknown, readonly Problem[]>, reason: string) =>
      close(escalated(firstOf(refused)?.message ?? reason, firstOf(refused)));
    const proposal = policyToProposal(after.situation, chosen.policy, site.pack.domain);
    if (!proposal.ok) return escalate(proposal, "the response cannot be carried out");
    // Kept beside the plan, not in it: the risk spent after each history, so that a successor never gets a fresh limit.
    const risks = riskTableOf(after.situation, chosen.policy, proposal.value);
    const table = storedDocument("interlock.risk-table/1", risks);
    this.#riskTable = table.digest;
    const planned = await this.#runs.plan(proposal.value.proposal, this.#evidence.observations, [table]);
    if (!planned.ok) return escalate(planned, "the response does not compile");
    if (planned.value.kind === "nothing_to_do") return close(escalated("the response has nothing to do here", null));
    const { planHash } = planned.value;
    const idle = await this.#findIdleNow();
    if (idle !== null) return close(idle);
    asker.tell({ kind: "planned", change: planned.value });
    this.#planHash = planHash;
    const noted = await this.#noteDraft(planHash, after);
    if (!noted.ok) return fail([noted.error]);
    const entitled = await this.#entitle(planHash);
    const calledOff = this.calledOff();
    if (calledOff !== null) return close(calledOff);
    if (entitled.ok) this.#approvedBy = approverOf(entitled.value);
    else {
      const refusal = firstOf(entitled);
      return close({ ...escalated(refusal?.message ?? "nobody approved", refusal), outcome: "not_approved" });
    }
    const again = await this.#decideAgain(after, proposal.value.proposal);
    if (again.end !== null) return this.close({ ...again.end, after: again.after });
    const late = await this.#findIdleNow();
    if (late !== null) return this.close({ ...late, after: again.after });
    const ran = await this.#runs.start(planned.value);
    if (!ran.ok) {
      const stopped = this.calledOff();
      return stopped === null ? escalate(ran, "the run did not start") : close(stopped);
    }
    return this.close({ ...(await this.#confirm(endOfRun(ran.value.run))), code: null, after: again.after });
  }

  /**
   * Reads again what is out of date, right before the first write, and decides again within the same limit. A plan that
   * would no longer be decided for is out of date too.
   */
  async #decideAgain(
    after: DecisionAfter,
    proposal: Proposal,
  ): Promise<{ readonly end: Omit<End, "after"> | null; readonly after: DecisionAfter }> {
    const { site } = this.#options;
    const before = this.#evidence.observations;
    const seen = await this.#looking.lookAgain(after);
    const calledOff = this.calledOff();
    if (calledOff !== null) return { end: calledOff, after };
    if (seen === null) return { end: null, after };
    const now = seen.after ?? after;
    if (seen.problem !== null) return { end: endOfLook(seen), after: now };
    if (endOfLook(seen) === null && isStillDecided(now, proposal, site.pack.domain)) return { end: null, after: now };
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
  async close(end: End): Promise<Result<ResponseReport, readonly Problem[]>> {
    const { alert, place, lease, situation, asker } = this.#options;
    const report = this.#report(end, await this.#handover(end));
    const stored = storedDocument(reportFormat, report);
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
      ],
      [stored],
    );
    if (!recorded.ok) return fail([recorded.error]);
    const outcome = end.outcome.replaceAll("_", " ");
    await tellNotifiers(place, {
      kind: "incident_closed",
      subject: this.#incidentId,
      owner: null,
      summary: `${this.#incidentId} closed ${outcome}${end.reason === "" ? "" : `: ${end.reason}`}`,
      next: report.handover?.steps ?? [],
    });
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
      { outcome: "waiting", world: "unknown", reason: "under way", wrote: [], waitingFor: [], code: null, after },
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
    const { site, lease } = this.#options;
    const runId = this.#runs.runIds.at(-1);
    if (end.world !== "untouched" && end.outcome !== "restored")
      return runId === undefined ? null : handoverOfRun(runId, lease.owner.engine.run(runId));
    if (end.after === null) return null;
    if (end.outcome === "not_approved" && this.#planHash !== null)
      return handoverOfPlan(end.after, this.#planHash, end.code);
    if (end.outcome !== "escalated") return null;
    const known = { domain: site.pack.domain, lookRunId: runId ?? null };
    return prepareHandover(end.after, known, async (proposal) => {
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
    const average = evaluatePolicy(after?.situation ?? situation, { kind: "commit", response: situation.averagePlan });
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
      averagePlan: { response: situation.averagePlan, value: average.value, risk: average.risk },
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

function firstOf(refused: Result<unknown, readonly Problem[]>): Problem | null {
  return refused.ok ? null : (refused.error[0] ?? null);
}
