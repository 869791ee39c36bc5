import type { Principal } from "../../core/approval/approval.ts";
import type { SiteEvent } from "../../core/run/words/event.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import type { Result } from "../../core/value/result.ts";
import type { StoredDocument } from "../../ports.ts";
import { recordEvents } from "../site/record.ts";
import type { Workplace } from "../site/workplace.ts";
import type { Compiled, PlannedChange } from "./plan-proposal.ts";

/** What the log keeps of a plan: that it was made, by whom and from what, with the plan itself beside it. */
export function planRecord(
  { plan, planHash, proposalDigest }: PlannedChange,
  by: Principal,
): { readonly event: SiteEvent; readonly document: StoredDocument } {
  return {
    event: { kind: "plan_recorded", runId: null, planHash, proposalDigest, by },
    // A plan is plain data, because its hash is over its canonical JSON.
    document: { digest: planHash, value: plan as unknown as JsonValue },
  };
}

/**
 * Records what a person who asked for a plan was given. That there was nothing to do is recorded too: a plan that is
 * left out afterwards would otherwise mean an older one (`findLastPlan`).
 */
export function recordCompiled(place: Workplace, compiled: Compiled): Promise<Result<undefined, Problem>> {
  if (compiled.kind === "planned") return recordPlan(place, compiled);
  const { proposalDigest } = compiled;
  return recordEvents(place, [{ kind: "nothing_planned", runId: null, proposalDigest, by: place.actor }], []);
}

/** Records a plan. Every plan is recorded here. */
export async function recordPlan(place: Workplace, change: PlannedChange): Promise<Result<undefined, Problem>> {
  const { event, document } = planRecord(change, place.actor);
  return recordEvents(place, [event], [document]);
}
