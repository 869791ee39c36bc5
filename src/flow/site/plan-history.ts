import type { Principal } from "../../core/approval/approval.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { StoredEvent } from "../../log/stored-events.ts";
import type { SiteLog } from "./site-log.ts";

/** What the site's stream says of one plan. */
export interface PlanHistory {
  readonly planHash: Digest;
  /** The record with which it was made. A plan that is made again is the newest again. */
  readonly seq: number;
  readonly atMs: number;
  readonly by: Principal;
  /** Oldest first. */
  readonly approvals: readonly RecordedApproval[];
  readonly rejection: RecordedRejection | null;
}

/** An approval as it was recorded. Until when it counts stands in its envelope. */
export interface RecordedApproval {
  readonly seq: number;
  readonly atMs: number;
  readonly approvalId: string;
  readonly envelope: Digest;
  readonly by: Principal;
}

/** A rejection as it was recorded. */
export interface RecordedRejection {
  readonly atMs: number;
  readonly by: Principal;
  readonly reason: string;
}

/** The site's stream, oldest first, and the plans in it by their hash, in the order in which they were last made. */
export interface SiteHistory {
  readonly events: readonly StoredEvent[];
  readonly plans: ReadonlyMap<Digest, PlanHistory>;
}

/**
 * Reads what was recorded of plans.
 *
 * Cost: O(records of the site's stream). Those of runs are in other streams.
 */
export async function readHistory(log: SiteLog): Promise<SiteHistory> {
  const events: StoredEvent[] = [];
  const plans = new Map<Digest, PlanHistory>();
  for await (const stored of log.events("site")) {
    events.push(stored);
    const { event, seq, atMs } = stored;
    if (event.kind === "plan_recorded") {
      const { planHash, by } = event;
      const { approvals = [], rejection = null } = plans.get(planHash) ?? {};
      plans.delete(planHash);
      plans.set(planHash, { planHash, seq, atMs, by, approvals, rejection });
    }
    if (event.kind !== "approval_recorded" && event.kind !== "approval_rejected") continue;
    const plan = plans.get(event.planHash);
    if (plan === undefined) continue;
    const { by } = event;
    plans.set(
      event.planHash,
      event.kind === "approval_rejected"
        ? { ...plan, rejection: { atMs, by, reason: event.reason } }
        : {
            ...plan,
            approvals: [...plan.approvals, { seq, atMs, approvalId: event.approvalId, envelope: event.envelope, by }],
          },
    );
  }
  return { events, plans };
}
