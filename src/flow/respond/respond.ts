/**
 * Alert → verified recovery: the one caller that walks every arrow of `flow.ts`. Reads before writes: the read-only beginning of
 * the decided policy is a run of its own, its posterior decides what remains, and only then is a person asked. Nothing here
 * decides by itself: belief and utility do, the gate refuses, the kernel executes.
 */

import type { Principal } from "../../core/approval/approval.ts";
import type { DecisionAfter } from "../../core/belief/explain/after.ts";
import type { Observation, Policy } from "../../core/belief/policy.ts";
import type { Situation } from "../../core/belief/situation/situation.ts";
import type { Plan } from "../../core/plan/plan.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { Authorization } from "../../core/run/words/input.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, type Result } from "../../core/value/result.ts";
import type { Owner } from "../../owner/owner.ts";
import type { Clock } from "../../ports.ts";
import type { PlannedChange } from "../plan/plan-proposal.ts";
import type { Site } from "../site/site.ts";
import { chosenOf, escalated, Incident } from "./incident.ts";
import type { Alert } from "./parse-alert.ts";
import type { ResponseReport } from "./report.ts";
import type { ScoredProposal } from "./score-proposal.ts";

/** Why an incident is called off before anything was written. */
export type CallOff = "resolved" | "interrupted";

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
  /** Aborted with a `CallOff`: what has not started is not started. A run under way is stopped by its own input. */
  readonly signal: AbortSignal;
  /** Asks a person, or finds a grant that covers it; a refusal or nobody there is a problem. */
  readonly approve: (plan: Plan, planHash: Digest) => Promise<Result<Authorization, Problem>>;
  readonly tell: (progress: RespondProgress) => void;
}

/** What happens, for whoever watches. */
export type RespondProgress =
  | {
      readonly kind: "opened";
      readonly incidentId: string;
      readonly alert: Alert;
      readonly situation: Situation;
      readonly proposed: ScoredProposal | null;
    }
  | { readonly kind: "looking"; readonly steps: readonly string[] }
  | {
      readonly kind: "believed";
      readonly situation: Situation;
      readonly before: readonly number[];
      readonly after: readonly number[];
      readonly observations: readonly Observation[];
    }
  | { readonly kind: "decided"; readonly after: DecisionAfter; readonly paragraph: string }
  | { readonly kind: "planned"; readonly change: PlannedChange }
  | { readonly kind: "running"; readonly runId: string; readonly plan: Plan }
  | { readonly kind: "closed"; readonly situation: Situation; readonly report: ResponseReport };

/** Responds to one alert and closes its incident with a report. Fails only where nothing was taken up. */
export async function respond(options: RespondOptions): Promise<Result<ResponseReport, readonly Problem[]>> {
  const incident = new Incident(options);
  const opened = await incident.open();
  if (!opened.ok) return fail([opened.error]);
  const seen = await incident.look();
  const { after } = seen;
  const calledOff = incident.calledOff();
  if (calledOff !== null) return incident.close({ ...calledOff, after });
  if (seen.problem !== null) return incident.close({ ...escalated(seen.problem.message, seen.problem), after });
  if (after === null) return incident.close({ ...escalated("what was seen cannot be weighed", null), after });
  if (seen.unforeseen !== null)
    return incident.close({
      ...escalated(
        `\`${seen.unforeseen.step}\` answered \`${seen.unforeseen.outcome}\`, which the situation does not foresee`,
        null,
      ),
      after,
    });
  const chosen = chosenOf(after);
  if (chosen === null)
    return incident.close({ ...escalated("no plan keeps the limit on the risk of catastrophe", null), after });
  if (isEscalation(options.situation, chosen.policy))
    return incident.close({ ...escalated("a person is worth more here than any response", null), after });
  if (options.observeOnly)
    return incident.close({
      outcome: "observed",
      world: "untouched",
      reason: "asked to observe: nothing was done",
      wrote: [],
      waitingFor: [],
      code: null,
      after,
    });
  return incident.act(after, chosen);
}

function isEscalation(situation: Situation, policy: Policy): boolean {
  return policy.kind === "commit" && situation.responses.find(({ id }) => id === policy.response)?.kind === "escalate";
}
