/**
 * The fold of the site kept as text, so that an owner need not fold the whole log to know which locks are held. It is a
 * derived value: if anything is wrong with it, the log is folded instead.
 */

import type { StoreRecord } from "../core/log/store-records.ts";
import { applySite, emptySite } from "../core/run/apply/site.ts";
import { emptyMap, mapEntries, mapGet, mapWith, type PersistentMap } from "../core/run/collections/persistent-map.ts";
import type { Event } from "../core/run/words/event.ts";
import { principalRecord } from "../core/run/words/read-parts.ts";
import type { Freeze, GrantState, NewestApproval, SiteState } from "../core/run/words/state.ts";
import { canonicalText } from "../core/value/canonical.ts";
import { parseJson } from "../core/value/json.ts";
import { isJsonArray, type JsonObject, type JsonValue } from "../core/value/json-value.ts";
import { type Parser, parseWith, refine, refuseKind } from "../core/value/shape.ts";
import { documentOf, objectOf } from "../core/value/shape-object.ts";
import { anyList, anyNumber, anyText, wholeNumber } from "../core/value/shape-stored.ts";
import type { LogStore } from "./log-store.ts";
import type { LogSource } from "./store.ts";
import { storedRecords } from "./stored-events.ts";

const format = "interlock.site-snapshot/5";

/**
 * How many records an owner folds before it leaves a snapshot for the next one. Folding them takes some tens of
 * milliseconds.
 */
const foldedCountMax = 5_000;

/**
 * How many records an engine appends before it leaves a snapshot, so that a crash costs at most this many, however long
 * the engine lived.
 */
const appendedCountMax = 20_000;

/** The engine, which holds the site in memory. */
export interface SiteHolder {
  readonly site: SiteState;
  /** Replaces this site by a smaller one that decides everything in the same way. */
  trimSite(trim: (site: SiteState) => SiteState): void;
}

/** A site, and until when each used approval counts that it remembers. */
export interface FoldedSite {
  readonly site: SiteState;
  readonly expiries: Map<string, number>;
}

/** What `keepSnapshots` needs of a store. */
type SnapshotStore = Pick<LogStore, "end" | "writeSnapshot">;

/** The site, folded from the last snapshot on. Leaves a new snapshot if that was a lot of work. */
export function openSiteState(store: SnapshotStore & SnapshotSource): FoldedSite {
  const { folded, fromSeq } = foldSite(store);
  // If it cannot be written, the next owner folds more. That is no reason not to open.
  if (store.end().length - fromSeq > foldedCountMax) leaveSnapshot(store, snapshotText(folded));
  return folded;
}

function leaveSnapshot(store: SnapshotStore, text: string): void {
  // A snapshot is derived: without it, more of the log is folded.
  store.writeSnapshot(text).catch(() => undefined);
}

/**
 * Leaves a snapshot from time to time while an engine appends, and removes what has expired from its memory. The
 * returned function must be called with every event.
 */
export function keepSnapshots(
  store: SnapshotStore,
  engine: SiteHolder,
  expiries: Map<string, number>,
): (event: Event) => void {
  let keptLength = store.end().length;
  return (event) => {
    noteExpiry(expiries, event);
    if (store.end().length - keptLength < appendedCountMax) return;
    // The site is never ahead of what was handed to the store, and that is committed before the snapshot.
    engine.trimSite((site) => forgetExpired(site, expiries));
    leaveSnapshot(store, snapshotText({ site: engine.site, expiries }));
    keptLength = store.end().length;
  };
}

/**
 * The site as its log has it now, seen from beside its owner.
 *
 * Cost: the records after the last snapshot.
 */
export function readSiteState(log: SnapshotSource): SiteState {
  return foldSite(log).folded.site;
}

type SnapshotSource = Pick<LogSource, "entries" | "snapshot">;

function foldSite(log: SnapshotSource): { readonly folded: FoldedSite; readonly fromSeq: number } {
  const snapshot = log.snapshot();
  const known = snapshot === null ? null : fromSnapshot(snapshot.text);
  const fromSeq = known === null || snapshot === null ? 0 : snapshot.length;
  const expiries = known?.expiries ?? new Map<string, number>();
  let site = known?.site ?? emptySite();
  let count = 0;
  for (const { what, atMs } of storedRecords(log, fromSeq)) {
    site = applySite(site, what, atMs);
    noteExpiry(expiries, what);
    count += 1;
    if (count % appendedCountMax === 0) site = forgetExpired(site, expiries);
  }
  return { folded: { site: forgetExpired(site, expiries), expiries }, fromSeq };
}

function noteExpiry(expiries: Map<string, number>, event: Event | StoreRecord): void {
  if (event.kind === "run_started" && event.authorization.kind === "approval")
    expiries.set(event.authorization.approvalId, event.authorization.expiresAtMs);
}

/**
 * The site without used approvals that have expired at the latest time ever seen. At any later time, the kernel refuses
 * such an approval for its age before it asks whether it was used (I1). Without this, an owner would carry every
 * approval there ever was.
 */
function forgetExpired(site: SiteState, expiries: Map<string, number>): SiteState {
  let usedApprovals = emptyMap<string>();
  for (const [approvalId, expiresAtMs] of expiries) {
    const runId = mapGet(site.usedApprovals, approvalId);
    if (expiresAtMs <= site.lastSeenMs || runId === undefined) expiries.delete(approvalId);
    else usedApprovals = mapWith(usedApprovals, approvalId, runId);
  }
  return { ...site, usedApprovals };
}

/** The text of a snapshot. Exported so that a test can damage one. */
export function snapshotText({ site, expiries }: FoldedSite): string {
  return canonicalText({
    format,
    expiries: [...expiries].sort(([left], [right]) => (left < right ? -1 : 1)),
    site: siteToJson(site),
  });
}

/** The content of a snapshot's text, or `null` if another release wrote it: then the log is folded instead. */
export function fromSnapshot(text: string): FoldedSite | null {
  const parsed = parseJson(text, { bytesMax: Number.MAX_SAFE_INTEGER, depthLevelsMax: 32 });
  const read = parsed.ok ? parseWith(snapshot, parsed.value) : parsed;
  return read.ok ? { site: read.value.site, expiries: new Map(read.value.expiries) } : null;
}

/** A site as plain data. Maps become sorted lists of their entries. */
export function siteToJson(site: SiteState): JsonObject {
  const fields = Object.entries(site).map(([name, value]) => [name, isMap(value) ? mapEntries(value) : value]);
  // A site holds plain data and maps of plain data, and `snapshotText` asserts it.
  return Object.fromEntries(fields) as JsonObject;
}

/** The site from its plain form, or `null` if a release wrote it whose site has other fields or values. */
export function siteFromJson(stored: JsonValue): SiteState | null {
  const read = parseWith(site, stored);
  return read.ok ? read.value : null;
}

function isMap(value: unknown): value is PersistentMap<JsonValue> {
  return typeof value === "object" && value !== null && "root" in value && "size" in value;
}

function entryOf<V>(item: Parser<V>): Parser<readonly [string, V]> {
  return (value, at) => {
    if (!isJsonArray(value) || value.length !== 2) return refuseKind(at, "a key and a value", value);
    const [key = null, held = null] = value;
    const read = [anyText()(key, at), item(held, at)] as const;
    return read[0] === undefined || read[1] === undefined ? undefined : [read[0], read[1]];
  };
}

function mapOf<V>(item: Parser<V>): Parser<PersistentMap<V>> {
  return refine(anyList(entryOf(item)), (entries) => {
    let map = emptyMap<V>();
    for (const [key, value] of entries) map = mapWith(map, key, value);
    return map;
  });
}

const textOrNull: Parser<string | null> = (value, at) => (value === null ? null : anyText()(value, at));

const isTrue: Parser<true> = (value, at) => (value === true ? true : refuseKind(at, "true", value));

const site = objectOf<SiteState>({
  locks: mapOf(anyText()),
  openRuns: mapOf(isTrue),
  freezes: anyList(
    objectOf<Freeze>({ scope: anyText(), by: principalRecord, reason: anyText(), sinceMs: anyNumber() }),
  ),
  usedApprovals: mapOf(anyText()),
  newestApprovals: mapOf(objectOf<NewestApproval>({ approvalId: anyText(), usedBy: textOrNull })),
  rejectedPlans: mapOf(isTrue),
  grants: mapOf(
    objectOf<GrantState>({ writeCountLeft: anyNumber(), costUsdLeft: anyNumber(), expiresAtMs: anyNumber() }),
  ),
  paces: mapOf(anyList(anyNumber())),
  epoch: wholeNumber(),
  lastSeenMs: anyNumber(),
  clockLeadMs: wholeNumber(),
});

const snapshot = documentOf(format, { expiries: anyList(entryOf(anyNumber())), site });
