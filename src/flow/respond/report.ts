import type { Observation } from "../../core/belief/policy.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { Alert } from "./parse-alert.ts";
import type { ScoredProposal } from "./score-proposal.ts";

/** How an incident closed. `restored`: the response's post-conditions were read back and held. */
export type ResponseOutcome = "restored" | "escalated" | "compensated" | "stopped" | "waiting" | "observed" | "not_approved" | "cancelled";

/** The closing record of an incident: what was believed, decided, done and by whom; lies beside the log by its digest. */
export interface ResponseReport {
  readonly format: "interlock.response/1";
  readonly incidentId: string;
  readonly alert: Pick<Alert, "key" | "name" | "summary">;
  readonly situation: { readonly id: string; readonly digest: Digest };
  readonly belief: readonly { readonly context: string; readonly before: number; readonly after: number }[];
  readonly observations: readonly Observation[];
  readonly proposed: ScoredProposal | null;
  readonly chosen: { readonly response: string; readonly value: number; readonly risk: number; readonly why: string } | null;
  readonly averagePlan: { readonly response: string; readonly value: number; readonly risk: number };
  readonly outcome: ResponseOutcome;
  readonly reason: string;
  readonly runIds: readonly string[];
  readonly planHash: Digest | null;
  readonly approvedBy: string | null;
  readonly durationMs: number;
}
