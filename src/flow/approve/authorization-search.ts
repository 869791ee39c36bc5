import type { CurrentStore } from "../../core/approval/check-store.ts";
import type { Plan } from "../../core/plan/plan.ts";
import type { SiteState } from "../../core/run/words/state.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { Identity } from "../../identities/identity.ts";
import type { Site } from "../site/site.ts";
import type { SiteRecords } from "../site/site-records.ts";
import type { SignedDocuments } from "./open-signed.ts";

/** Where to look for an authorization. `grants` is what is left of each grant, from the state of the site. */
export interface AuthorizationSearch {
  readonly site: Site;
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly records: SiteRecords;
  readonly log: SignedDocuments;
  readonly identities: readonly Identity[];
  readonly nowMs: number;
  /** The store in which it is to count. */
  readonly store: CurrentStore;
  readonly grants: SiteState["grants"];
  /** The approval by which the plan may still start (`unusedApprovalOf`). */
  readonly unusedApproval: string | null;
}
