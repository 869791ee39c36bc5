import type { Event } from "../../core/run/words/event.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { LogSource } from "../../log/store.ts";
import { type StoredEvent, storedEvents } from "../../log/stored-events.ts";

/**
 * What a site's log holds apart from its runs: trusted packs, round trips, plans, approvals and grants, in the order in
 * which they were recorded.
 */
export interface SiteRecords {
  readonly trusted: readonly Extract<Event, { readonly kind: "pack_trusted" }>[];
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
  return {
    trusted: events.filter((event) => event.kind === "pack_trusted"),
    roundTrips: events.flatMap((event) => (event.kind === "round_trip_recorded" ? [event.actionDigest] : [])),
    plans: events.filter((event) => event.kind === "plan_recorded"),
    approvals: events.filter((event) => event.kind === "approval_recorded"),
    rejections: events.filter((event) => event.kind === "approval_rejected"),
    grants: events.filter((event) => event.kind === "grant_recorded"),
  };
}

/** The records of a site that nobody has used yet. */
export const noRecords: SiteRecords = {
  trusted: [],
  roundTrips: [],
  plans: [],
  approvals: [],
  rejections: [],
  grants: [],
};
