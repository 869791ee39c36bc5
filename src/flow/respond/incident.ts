import { randomUUID } from "node:crypto";
import { type DecisionAfter, decideAfter } from "../../core/belief/explain/after.ts";
import { explainDecision } from "../../core/belief/explain/explain.ts";
import { firstMoveOf, type Observation, type PolicySolution } from "../../core/belief/policy.ts";
import { evaluatePolicy } from "../../core/belief/solve/evaluate-policy.ts";
import type { Plan } from "../../core/plan/plan.ts";
import { policyToProposal } from "../../core/plan/policy/from-policy.ts";
import { riskTableOf } from "../../core/plan/policy/risk-table.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { Event } from "../../core/run/words/event.ts";
import type { Authorization } from "../../core/run/words/input.ts";
import type { RunState } from "../../core/run/words/state.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { storedEvents } from "../../log/load-state.ts";
import type { AppendBatch } from "../../log/store.ts";
import type { Owner } from "../../owner/owner.ts";
import type { Clock } from "../../ports.ts";
import { prepareStart } from "../apply/prepare-start.ts";
import { type PlannedChange, planParsed } from "../plan/plan-proposal.ts";
import { readSiteRecords } from "../site/site-records.ts";
import { handoverOfRun, prepareHandover } from "./handover.ts";
import { approverOf } from "./incidents.ts";
import { type Look, planLook, readObservations } from "./look.ts";
import { endOfRun, type Handover, type ResponseReport, type RunEnd } from "./report.ts";
import type { RespondOptions } from "./respond.ts";
import { type ScoredProposal, scoreProposal } from "./score-proposal.ts";

/** How an incident ends; `after`: what was believed and decided then, if it came to that. */
export type End = RunEnd & Pick<ResponseReport, "code"> & { readonly after: DecisionAfter | null };

/** Handed to a person before anything was written. */
export function escalated(reason: string, problem: Problem | null): Omit<End, "after"> {
  return { outcome: "escalated", world: "untouched", reason, wrote: [], waitingFor: [], code: problem?.code ?? null };
}

/** What a look came to: the decision after it, and what keeps it from being acted on. */
interface Seen {
  readonly after: DecisionAfter | null;
  readonly unforeseen: Observation | null;
  readonly problem: Problem | null;
}

/** One incident while it is answered: what has happened so far, for the report. */
export class Incident {
  readonly #options: RespondOptions;
  readonly #incidentId = `inc_${randomUUID()}`;
  readonly #startedMs: number;
  readonly #proposed: ScoredProposal | null;
  readonly #runIds: string[] = [];
  #observations: readonly Observation[] = [];
  #planHash: Digest | null = null;
  #riskTable: Digest | null = null;
  #approvedBy: string | null = null;

  constructor(options: RespondOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    this.#proposed = options.proposal === null ? null : scoreProposal(options.situation, options.proposal);
  }

  open(): Promise<Result<undefined, Problem>> {
    const { alert, situation, situationDigest, actor, owner, tell } = this.#options;
    tell({ kind: "opened", incidentId: this.#incidentId, alert, situation, proposed: this.#proposed });
    return owner.engine.record(
      [
        {
          kind: "incident_opened",
          runId: null,
          incidentId: this.#incidentId,
          key: alert.key,
          situation: situationDigest,
          by: actor,
        },
      ],
      [],
    );
  }

  /** Looks as long as the decided policy begins with reads; a run of its own each time. */
  async look(): Promise<Seen> {
    const { situation, site, signal } = this.#options;
    let last: DecisionAfter | null = null;
    for (let round = 0; ; round += 1) {
      const decided = decideAfter(situation, this.#observations);
      if (!decided.ok) return { after: last, unforeseen: null, problem: decided.error[0] ?? null };
      const after: DecisionAfter = decided.value;
      last = after;
      this.#tellDecision(after);
      const chosen = chosenOf(after);
      const look =
        chosen === null || round >= situation.horizon || signal.aborted
          ? ok(null)
          : planLook(after.situation, chosen.policy, site.pack.domain);
      if (!look.ok) return { after, unforeseen: null, problem: look.error[0] ?? null };
      if (look.value === null) return { after, unforeseen: null, problem: null };
      const seen = await this.#lookOnce(after, look.value);
      if (seen !== "go on") return seen;
    }
  }

  async #lookOnce(after: DecisionAfter, look: Look): Promise<Seen | "go on"> {
    const { situation, site, tell } = this.#options;
    tell({ kind: "looking", steps: [...new Set(look.stepOf.values())] });
    const planned = await this.#plan(look.proposal);
    const change = planned.ok && planned.value !== "nothing_to_do" ? planned.value : null;
    const ran = change === null ? null : await this.#start(change, { kind: "read_only", policies: site.pins.policies });
    if (ran === null || !ran.ok)
      return {
        after,
        unforeseen: null,
        problem: (ran ?? planned).ok
          ? problem("E_INTERNAL", "", "a look has something to read")
          : firstOf(ran ?? planned),
      };
    const { observations, unforeseen } = readObservations(look, ran.value.events);
    const before = after.beliefs.at(-1) ?? [];
    this.#observations = [...this.#observations, ...observations];
    const now = decideAfter(situation, this.#observations);
    if (!now.ok) return { after, unforeseen: null, problem: now.error[0] ?? null };
    tell({ kind: "believed", situation, before, after: now.value.beliefs.at(-1) ?? before, observations });
    const [first] = unforeseen;
    // A look that saw nothing at all would be repeated for ever.
    return first === undefined && observations.length > 0
      ? "go on"
      : { after: now.value, unforeseen: first ?? { step: "look", outcome: "no_answer" }, problem: null };
  }

  /** Plans what remains, has it approved, runs it, and believes nothing but what was read back. */
  async act(after: DecisionAfter, chosen: PolicySolution): Promise<Result<ResponseReport, readonly Problem[]>> {
    const { site, approve, tell } = this.#options;
    const proposal = policyToProposal(after.situation, chosen.policy, site.pack.domain);
    if (!proposal.ok)
      return this.close({
        ...escalated(proposal.error[0]?.message ?? "the response cannot be carried out", proposal.error[0] ?? null),
        after,
      });
    // Beside the plan, not in it: what is risked after each history, so that a successor never gets a fresh limit.
    const risks = riskTableOf(after.situation, chosen.policy, proposal.value);
    this.#riskTable = digest("interlock.risk-table/1", risks);
    // A table is plain data by construction; its digest asserted it.
    const planned = await this.#plan(proposal.value.proposal, [{ digest: this.#riskTable, value: risks as never }]);
    if (!planned.ok)
      return this.close({
        ...escalated(planned.error[0]?.message ?? "the response does not compile", planned.error[0] ?? null),
        after,
      });
    if (planned.value === "nothing_to_do")
      return this.close({ ...escalated("the response has nothing to do here", null), after });
    const { plan, planHash } = planned.value;
    tell({ kind: "planned", change: planned.value });
    this.#planHash = planHash;
    const noted = await this.#noteDraft(planHash, after);
    if (!noted.ok) return fail([noted.error]);
    const authorization = await approve(plan, planHash);
    const calledOff = this.calledOff();
    if (calledOff !== null) return this.close({ ...calledOff, after });
    if (!authorization.ok)
      return this.close({
        ...escalated(authorization.error.message, authorization.error),
        outcome: "not_approved",
        after,
      });
    this.#approvedBy = approverOf(authorization.value);
    const ran = await this.#start(planned.value, authorization.value);
    if (!ran.ok)
      return this.close({
        ...(this.calledOff() ?? escalated(ran.error[0]?.message ?? "the run did not start", ran.error[0] ?? null)),
        after,
      });
    return this.close({ ...endOfRun(ran.value.run), code: null, after });
  }

  /** The end of an incident that was called off, or `null`. */
  calledOff(): Omit<End, "after"> | null {
    const { signal } = this.#options;
    if (!signal.aborted) return null;
    // Whoever aborts says why; anything else is an interruption.
    const isResolved = signal.reason === "resolved";
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

  /** Writes the closing record: the report lies beside the log, and the log says by which digest. */
  async close(end: End): Promise<Result<ResponseReport, readonly Problem[]>> {
    const { alert, actor, owner, situation, tell } = this.#options;
    const report = this.#report(end, await this.#handover(end));
    const reportDigest = digest("interlock.response/1", report);
    // A report is plain data by construction; its digest asserted it.
    const recorded = await owner.engine.record(
      [
        {
          kind: "incident_closed",
          runId: null,
          incidentId: this.#incidentId,
          key: alert.key,
          outcome: end.outcome,
          report: reportDigest,
          by: actor,
        },
      ],
      [{ digest: reportDigest, value: report as never }],
    );
    if (!recorded.ok) return fail([recorded.error]);
    tell({ kind: "closed", situation: end.after?.situation ?? situation, report });
    return ok(report);
  }

  /** The report as it would be if this process ended now: whoever resumes closes the incident with it. */
  #noteDraft(planHash: Digest, after: DecisionAfter): Promise<Result<undefined, Problem>> {
    const { owner, actor } = this.#options;
    const draft = this.#report(
      { outcome: "waiting", world: "unknown", reason: "under way", wrote: [], waitingFor: [], code: null, after },
      null,
    );
    const draftDigest = digest("interlock.response/1", draft);
    return owner.engine.record(
      [
        {
          kind: "incident_planned",
          runId: null,
          incidentId: this.#incidentId,
          planHash,
          draft: draftDigest,
          by: actor,
        },
      ],
      [{ digest: draftDigest, value: draft as never }],
    );
  }

  async #handover(end: End): Promise<Handover | null> {
    const { site } = this.#options;
    const runId = this.#runIds.at(-1);
    if (end.world !== "untouched" && end.outcome !== "restored")
      return runId === undefined ? null : handoverOfRun(runId, end.waitingFor);
    if (end.outcome !== "escalated" || end.after === null) return null;
    return prepareHandover(end.after, site.pack.domain, async (proposal) => {
      const planned = await this.#plan(proposal);
      if (!planned.ok) return planned;
      return planned.value === "nothing_to_do" ? fail([]) : ok(planned.value.planHash);
    });
  }

  #tellDecision(after: DecisionAfter): void {
    const { paragraph } = explainDecision(after.situation, after.decision, {
      flipSolves: 0,
      withoutOpinion: null,
      withoutJudges: null,
    });
    this.#options.tell({ kind: "decided", after, paragraph });
  }

  async #plan(
    proposal: Proposal,
    beside: AppendBatch["documents"] = [],
  ): Promise<Result<PlannedChange | "nothing_to_do", readonly Problem[]>> {
    const { site, owner, actor, situation, situationDigest } = this.#options;
    const parentRunId = this.#runIds.at(-1);
    const request = {
      proposal,
      proposalDigest: digest("interlock.proposal/1", proposal),
      proposer: { kind: "search", id: `decision ${situation.id}`, onBehalfOf: `decision ${situation.id}` },
      goal: "",
      inputs: [],
      // What follows a look is its successor: its limit is what the look left of the incident's.
      parent: parentRunId === undefined ? null : { runId: parentRunId, incidentId: this.#incidentId },
      situation: situationDigest,
      evidence: digest("interlock.evidence/1", this.#observations),
    } as const;
    // Not called off half-way: an aborted read would look like a target that does not answer.
    const planned = await planParsed(site, readSiteRecords(owner.store), request, new AbortController().signal);
    if (!planned.ok || planned.value === "nothing_to_do") return planned;
    const { plan, planHash, proposalDigest } = planned.value;
    const recorded = await owner.engine.record(
      [{ kind: "plan_recorded", runId: null, planHash, proposalDigest, by: actor }],
      [{ digest: planHash, value: plan as never }, ...beside],
    );
    return recorded.ok ? planned : fail([recorded.error]);
  }

  async #start(
    change: PlannedChange,
    authorization: Authorization,
  ): Promise<Result<{ readonly run: RunState; readonly events: readonly Event[] }, readonly Problem[]>> {
    const { site, owner, actor, clock, signal, tell } = this.#options;
    const start = await prepareStart(site, { ...change, authorization, actor, clock, signal });
    if (!start.ok) return fail([start.error]);
    if (signal.aborted) return fail([problem("E_INTERRUPTED", "", "called off before it started")]);
    const { runId } = start.value;
    const submission = await owner.engine.submit(start.value);
    if (!submission.ok) return fail([submission.error]);
    this.#runIds.push(runId);
    tell({ kind: "running", runId, plan: change.plan });
    const run = await whenAtRest(owner, clock, runId);
    // What memory says of a run whose commit failed is not what the log says.
    const failed = owner.engine.halted ?? owner.engine.brokenBy(runId);
    if (failed !== null) return fail([failed]);
    return ok({ run, events: [...storedEvents(owner.store, runId)].map(({ event }) => event) });
  }

  #report(end: End, handover: Handover | null): ResponseReport {
    const { situation, situationDigest, alert, clock } = this.#options;
    const { after, ...ended } = end;
    const posterior = after?.beliefs.at(-1) ?? situation.contexts.map((context) => context.prior);
    const chosen = after === null ? null : chosenOf(after);
    // What the average plan is worth now, under everything seen: the price of the fluent answer.
    const average = evaluatePolicy(after?.situation ?? situation, { kind: "commit", response: situation.averagePlan });
    return {
      format: "interlock.response/1",
      incidentId: this.#incidentId,
      alert: { key: alert.key, name: alert.name, summary: alert.summary },
      situation: { id: situation.id, digest: situationDigest },
      belief: situation.contexts.map((context, index) => ({
        context: context.id,
        before: context.prior,
        after: posterior[index] ?? 0,
      })),
      observations: this.#observations,
      proposed:
        this.#options.proposal === null || after === null
          ? this.#proposed
          : scoreProposal(after.situation, this.#options.proposal),
      chosen: chosen === null ? null : { response: firstMoveOf(chosen.policy), value: chosen.value, risk: chosen.risk },
      averagePlan: { response: situation.averagePlan, value: average.value, risk: average.risk },
      ...ended,
      runIds: this.#runIds,
      planHash: this.#planHash,
      riskTable: this.#riskTable,
      approvedBy: this.#approvedBy,
      handover,
      durationMs: Math.round(clock.monotonicMs() - this.#startedMs),
    };
  }
}

/** A promise that cannot be read back is asked for this much longer at most; then a person has the word, and the run waits for him. */
const doubtPatienceMsMax = 30_000;

/** The run when it has ended, waits for a person, or has been in doubt for as long as its promise could have taken. */
async function whenAtRest(owner: Owner, clock: Clock, runId: string): Promise<RunState> {
  const patience = new AbortController();
  const idle = owner.engine.whenIdle(runId);
  await Promise.race([idle, whenDoubtLasts(owner, clock, runId, patience.signal)]);
  patience.abort();
  return owner.engine.run(runId) ?? idle;
}

async function whenDoubtLasts(owner: Owner, clock: Clock, runId: string, signal: AbortSignal): Promise<void> {
  let sinceMs: number | null = null;
  while (!signal.aborted) {
    const run = owner.engine.run(runId);
    const nowMs = clock.monotonicMs();
    sinceMs = run === null || run.doubtCount === 0 ? null : (sinceMs ?? nowMs);
    if (run !== null && sinceMs !== null && nowMs - sinceMs >= doubtPatienceMs(run.prepared.plan)) return;
    await clock.sleep(100, signal);
  }
}

function doubtPatienceMs(plan: Plan): number {
  const withinMs = plan.steps.map((step) => (step.kind === "act" ? (step.post?.withinMs ?? 0) : 0));
  return Math.min(doubtPatienceMsMax, Math.max(...withinMs, 1_000));
}

/** What was decided for, or `null` where nothing keeps the limit. */
export function chosenOf(after: DecisionAfter): PolicySolution | null {
  return after.decision.kind === "decided" ? after.decision.chosen : null;
}

function firstOf(refused: Result<unknown, readonly Problem[]>): Problem | null {
  return refused.ok ? null : (refused.error[0] ?? null);
}
