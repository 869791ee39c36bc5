import type { Observation } from "../../core/belief/policy.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { Problem } from "../../core/value/codes.ts";
import { digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { StoredDocument } from "../../ports.ts";
import { planRollback } from "../apply/rollback-run.ts";
import { type Compiled, type PlannedChange, planParsed } from "../plan/plan-proposal.ts";
import { planRecord } from "../plan/record-plan.ts";
import { readSiteRecords } from "../site/site-records.ts";
import { intentOfAlert } from "./intent-of-alert.ts";
import { type IncidentOptions, runResponse, type StartedRun } from "./run-response.ts";

/** The plans and runs of one incident, in their order. Each plan is the successor of the run before it. */
export class IncidentRuns {
  readonly #options: IncidentOptions;
  readonly #incidentId: string;
  readonly #runIds: string[] = [];

  constructor(options: IncidentOptions, incidentId: string) {
    this.#options = options;
    this.#incidentId = incidentId;
  }

  get runIds(): readonly string[] {
    return this.#runIds;
  }

  /** Compiles and records a plan that was decided from these observations. */
  async plan(
    proposal: Proposal,
    observations: readonly Observation[],
    beside: readonly StoredDocument[] = [],
  ): Promise<Result<Compiled, readonly Problem[]>> {
    const { place, site, lease, situation, situationDigest } = this.#options;
    const parentRunId = this.#runIds.at(-1);
    const request = {
      proposal,
      proposalDigest: digest("interlock.proposal/1", proposal),
      proposer: { kind: "search", id: `decision ${situation.id}`, onBehalfOf: `decision ${situation.id}` },
      goal: "",
      intent: intentOfAlert(this.#options.alert),
      inputs: [],
      // A plan that follows a look is the look's successor: its limit is what the look left of the incident's limit.
      parent: parentRunId === undefined ? null : { runId: parentRunId, incidentId: this.#incidentId },
      situation: situationDigest,
      evidence: digest("interlock.evidence/1", observations),
    } as const;
    const { owner } = lease;
    const planned = await planParsed(place, site, readSiteRecords(owner.store), request);
    if (!planned.ok || planned.value.kind === "nothing_to_do") return planned;
    const { event, document } = planRecord(planned.value, place.actor);
    const recorded = await owner.engine.record([event], [document, ...beside]);
    return recorded.ok ? planned : fail([recorded.error]);
  }

  /** Compiles and records a plan that undoes a run of this incident. */
  async planUndo(runId: string, observations: readonly Observation[]): Promise<Result<Compiled, readonly Problem[]>> {
    const { place, situation, situationDigest, alert } = this.#options;
    const planned = await planRollback(place, runId, {
      onBehalfOf: `decision ${situation.id}`,
      intent: intentOfAlert(alert),
      incidentId: this.#incidentId,
      situation: situationDigest,
      evidence: digest("interlock.evidence/1", observations),
    });
    return planned.ok ? ok(planned.value.planned) : planned;
  }

  /** Starts a plan, and waits until its run rests. */
  start(change: PlannedChange): Promise<Result<StartedRun, readonly Problem[]>> {
    return runResponse(this.#options, change, (runId) => void this.#runIds.push(runId));
  }
}
