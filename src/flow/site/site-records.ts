import type { Principal } from "../../core/approval/approval.ts";
import type { Event } from "../../core/run/words/event.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { LogSource } from "../../log/store.ts";
import { type StoredEvent, storedEvents } from "../../log/stored-events.ts";

type PackTrusted = Extract<Event, { readonly kind: "pack_trusted" }>;

/** A trust as it was recorded, and who withdrew it; `null` while it counts. */
export interface TrustRecord {
  readonly trusted: PackTrusted;
  readonly atMs: number;
  readonly withdrawn: { readonly by: Principal; readonly reason: string; readonly atMs: number } | null;
}

/**
 * What a site's log holds apart from its runs: trusted packs, round trips, plans, approvals and grants, in the order in
 * which they were recorded.
 */
export interface SiteRecords {
  /** What is trusted: without what was withdrawn later. */
  readonly trusted: readonly PackTrusted[];
  /** Everything that was ever trusted, with what became of it. */
  readonly trusts: readonly TrustRecord[];
  readonly roundTrips: readonly Digest[];
  readonly plans: readonly Extract<Event, { readonly kind: "plan_recorded" }>[];
  readonly approvals: readonly Extract<Event, { readonly kind: "approval_recorded" }>[];
  readonly rejections: readonly Extract<Event, { readonly kind: "approval_rejected" }>[];
  readonly grants: readonly Extract<Event, { readonly kind: "grant_recorded" }>[];
}

/**
 * Reads the site's stream once, as the owner does.
 *
 * Cost: O(its records). Those of runs are in other streams.
 */
export function readSiteRecords(log: LogSource): SiteRecords {
  return siteRecordsOf([...storedEvents(log, "site")]);
}

/** What the events of the site's stream come to. */
export function siteRecordsOf(stored: readonly StoredEvent[]): SiteRecords {
  const events = stored.map(({ event }) => event);
  const trusts = trustsOf(stored);
  return {
    trusted: trusts.flatMap(({ trusted, withdrawn }) => (withdrawn === null ? [trusted] : [])),
    trusts,
    roundTrips: events.flatMap((event) => (event.kind === "round_trip_recorded" ? [event.actionDigest] : [])),
    plans: events.filter((event) => event.kind === "plan_recorded"),
    approvals: events.filter((event) => event.kind === "approval_recorded"),
    rejections: events.filter((event) => event.kind === "approval_rejected"),
    grants: events.filter((event) => event.kind === "grant_recorded"),
  };
}

function trustsOf(stored: readonly StoredEvent[]): readonly TrustRecord[] {
  const trusts: TrustRecord[] = [];
  for (const { event, atMs } of stored) {
    if (event.kind === "pack_trusted") trusts.push({ trusted: event, atMs, withdrawn: null });
    if (event.kind !== "trust_withdrawn") continue;
    const { digest, by, reason } = event;
    for (const [index, trust] of trusts.entries())
      if (trust.withdrawn === null && (trust.trusted.digest === digest || trust.trusted.site === digest))
        trusts[index] = { ...trust, withdrawn: { by, reason, atMs } };
  }
  return trusts;
}

/** The records of a site that nobody has used yet. */
export const noRecords: SiteRecords = {
  trusted: [],
  trusts: [],
  roundTrips: [],
  plans: [],
  approvals: [],
  rejections: [],
  grants: [],
};
