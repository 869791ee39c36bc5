import type { Observation } from "../../core/belief/policy.ts";
import type { Plan } from "../../core/plan/plan.ts";
import type { StepBrief } from "../../core/plan/show/brief-steps.ts";
import type { Event } from "../../core/run/words/event.ts";
import type { StepReading } from "../../engine/engine.ts";
import type { Signer } from "../../ports.ts";
import type { Reviewer } from "../approve/approve.ts";
import type { PlannedChange } from "../plan/plan-proposal.ts";
import type { Source } from "../site/source.ts";
import type { Alert } from "./parse-alert.ts";
import type { BelievedContext, ResponseReport } from "./report.ts";
import type { ScoredProposal } from "./score-proposal.ts";
import type { Testimony } from "./testimony.ts";

/** Where the alert comes from: bytes in Alertmanager's form, or the next alert that is sent to a port on 127.0.0.1. */
export type AlertSource =
  | { readonly kind: "bytes"; readonly bytes: Source }
  /** `port` 0 takes any free port. `tokenFile` holds the bearer token that the sender must show. */
  | { readonly kind: "webhook"; readonly port: number; readonly tokenFile: string | null };

/** What to answer, and with what. */
export interface RespondRequest {
  readonly alert: AlertSource;
  /** The bytes of the situation's file; `null` for the only situation of the pack. */
  readonly situation: Source | null;
  /**
   * A proposal from outside. It is scored and shown beside the decision, and never chosen merely because it is there.
   */
  readonly proposal: Source | null;
  /** The proposer of interlock.yaml to ask for a proposal, or `null`. */
  readonly proposer: string | null;
  /** Decide and record, but never act. */
  readonly observeOnly: boolean;
}

/** Why an incident is called off before anything was written. */
export type CallOff = "resolved" | "interrupted";

/** The person's side: how to ask for an approval, how to report what happens, and how the person calls it off. */
export interface Asker {
  readonly by: Signer | Reviewer;
  readonly tell: (progress: RespondProgress) => void;
  /**
   * Abort it to call the response off: nothing new is started, and a run under way is stopped after what is in flight.
   */
  readonly callOff: AbortSignal;
  /** Abort it to let go of the incident as it is. Somebody has to resume it then. */
  readonly detach: AbortSignal;
}

/** The result: the closing report, or that the incident was let go. */
export type Responded =
  | { readonly kind: "closed"; readonly report: ResponseReport }
  | { readonly kind: "detached" }
  /** The alert itself says that it is resolved, so nothing was opened. */
  | { readonly kind: "resolved_already" };

/** What happens, for a person who watches. */
export type RespondProgress =
  | { readonly kind: "waiting_for_alert"; readonly port: number }
  /** A message that belongs to no phase. */
  | { readonly kind: "note"; readonly text: string }
  | {
      readonly kind: "opened";
      readonly incidentId: string;
      readonly alert: Alert;
      readonly situation: { readonly id: string; readonly title: string };
      readonly proposed: ScoredProposal | null;
    }
  /** What a witness of the result says: before anything is done, and after a response. */
  | { readonly kind: "heard"; readonly testimony: Testimony }
  /** The response was read back, and the second witness is asked until it says the same. */
  | { readonly kind: "waiting_for_witness"; readonly about: string; readonly withinMs: number }
  | { readonly kind: "looking"; readonly steps: readonly string[] }
  | {
      readonly kind: "believed";
      /** The probabilities of the contexts, before and after. */
      readonly belief: readonly BelievedContext[];
      readonly observations: readonly Observation[];
      /** The belief drawn as bars, one line for each context. */
      readonly picture: readonly string[];
    }
  | {
      readonly kind: "decided";
      /** The first step of the decided policy, or `null` if nothing keeps the limit. */
      readonly first: string | null;
      readonly paragraph: string;
      /** The table of alternatives, line by line. */
      readonly table: readonly string[];
    }
  | { readonly kind: "planned"; readonly change: PlannedChange }
  | { readonly kind: "running"; readonly runId: string; readonly plan: Plan; readonly steps: readonly StepBrief[] }
  /** An event of a run under way, once it is durable. */
  | { readonly kind: "event"; readonly event: Event; readonly atMs: number }
  /** The state of a post-condition while it is read back. Nothing of it is recorded. */
  | { readonly kind: "reading"; readonly reading: StepReading }
  | {
      readonly kind: "closed";
      readonly report: ResponseReport;
      /** The belief before and after, drawn; and the alternatives, if a person takes over. */
      readonly picture: readonly string[];
      readonly table: readonly string[];
    };
