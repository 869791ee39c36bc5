import type { Principal } from "../../approval/approval.ts";
import type { Digest } from "../../value/digest.ts";

/** What happened to an incident: an alert that is being answered. Its runs have their own events. */
export type IncidentEvent =
  /** An alert was taken up. `key` says what it is about; the report follows when the incident closes. */
  | {
      readonly kind: "incident_opened";
      readonly runId: null;
      readonly incidentId: string;
      readonly key: string;
      readonly situation: Digest;
      readonly by: Principal;
    }
  /**
   * The plan that answers an incident, before anybody is asked. `draft` is the report so far, for a person who closes
   * it in our place.
   */
  | {
      readonly kind: "incident_planned";
      readonly runId: null;
      readonly incidentId: string;
      readonly planHash: Digest;
      readonly draft: Digest;
      readonly by: Principal;
    }
  /** What counts as evidence in an incident from here on: all of it, in the order in which it came. */
  | {
      readonly kind: "incident_evidence";
      readonly runId: null;
      readonly incidentId: string;
      readonly answers: readonly EvidenceAnswer[];
      readonly by: Principal;
    }
  /** A person says what a probe of an open incident would answer. It counts from the next decision on. */
  | {
      readonly kind: "incident_told";
      readonly runId: null;
      readonly incidentId: string;
      readonly step: string;
      readonly outcome: string;
      readonly by: Principal;
    }
  | {
      readonly kind: "incident_closed";
      readonly runId: null;
      readonly incidentId: string;
      readonly key: string;
      readonly outcome: string;
      readonly report: Digest | null;
      readonly by: Principal;
    };

/** One answer of a probe, as it counts in an incident. */
export interface EvidenceAnswer {
  readonly step: string;
  readonly outcome: string;
  /** When it was asked for, or when a person said it. Its age counts from here. */
  readonly atMs: number;
  /** The person who said it; `null` where the probe was read. */
  readonly toldBy: Principal | null;
}
