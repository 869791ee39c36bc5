/**
 * The site's fold kept as text, so that an owner does not fold the whole log to know which locks are held. A derived value:
 * whatever is wrong with one, the log is folded instead.
 */
import { type PersistentMap, emptyMap, mapEntries, mapWith } from "../core/run/persistent-map.ts";
import { applySite, emptySite } from "../core/run/site.ts";
import type { SiteState } from "../core/run/state.ts";
import { canonicalText } from "../core/value/canonical.ts";
import { type JsonValue, isJsonArray, isJsonObject, parseJson } from "../core/value/json.ts";
import { type LogSource, storedEvents } from "./load-state.ts";
import type { SqliteStore } from "./store/sqlite/sqlite-store.ts";

const format = "interlock.site-snapshot/1";

/**
 * How many records an owner folds before it leaves a snapshot for the next one: some tens of milliseconds' worth. It grows with the log,
 * because the site does too: it remembers every approval that was used.
 */
function foldedCountMax(length: number): number {
  return Math.max(5_000, Math.floor(length / 64));
}

/**
 * How many records an engine appends before it leaves a snapshot, so that whoever opens the store after a crash has at most so many to
 * fold, however long the engine lived. A share of the log: what a snapshot costs, it costs each record the same.
 */
function appendedCountMax(length: number): number {
  return Math.max(20_000, Math.floor(length / 8));
}

/** The site, folded from the last snapshot on; leaves a new one behind where that was much. */
export function openSiteState(store: SqliteStore): SiteState {
  const { site, fromSeq } = foldSite(store);
  // One that cannot be written is no reason not to open: the next owner folds more.
  if (store.length() - fromSeq > foldedCountMax(store.length())) store.writeSnapshot(siteToText(site));
  return site;
}

/** Leaves a snapshot from time to time while an engine appends; to be told after every event. */
export function keepSnapshots(store: SqliteStore, site: () => SiteState): () => void {
  let keptLength = store.length();
  return () => {
    if (store.length() - keptLength < appendedCountMax(keptLength)) return;
    // The site is never ahead of what was handed to the store, which `writeSnapshot` commits first.
    store.writeSnapshot(siteToText(site()));
    keptLength = store.length();
  };
}

/** The site as its log has it now, seen from beside its owner. Cost: what came after the last snapshot. */
export function readSiteState(log: SnapshotSource): SiteState {
  return foldSite(log).site;
}

type SnapshotSource = LogSource & { snapshot(): { readonly length: number; readonly text: string } | null };

function foldSite(log: SnapshotSource): { readonly site: SiteState; readonly fromSeq: number } {
  const snapshot = log.snapshot();
  const known = snapshot === null ? null : siteFromText(snapshot.text);
  const fromSeq = known === null || snapshot === null ? 0 : snapshot.length;
  let site = known ?? emptySite();
  for (const { event, atMs } of storedEvents(log, null, fromSeq)) site = applySite(site, event, atMs);
  return { site, fromSeq };
}

/** Canonical text of a site; maps are lists of their entries, sorted. */
export function siteToText(site: SiteState): string {
  const fields = Object.entries(site).map(([name, value]) => [name, isMap(value) ? mapEntries(value) : value]);
  return canonicalText({ format, site: Object.fromEntries(fields) as JsonValue });
}

/** The site a text stands for, or `null` for that of a release whose site has other fields. */
export function siteFromText(text: string): SiteState | null {
  const parsed = parseJson(text, { bytesMax: Number.MAX_SAFE_INTEGER, depthLevelsMax: 32 });
  if (!parsed.ok || !isJsonObject(parsed.value) || parsed.value["format"] !== format) return null;
  const { site } = parsed.value;
  const empty = Object.entries(emptySite());
  if (site === undefined || !isJsonObject(site) || Object.keys(site).length !== empty.length) return null;
  const fields: [string, unknown][] = [];
  for (const [name, value] of empty) {
    const stored = site[name];
    if (stored === undefined || typeof stored !== typeof value || isMap(value) !== isEntryList(stored, value)) return null;
    fields.push([name, isMap(value) ? toMap(stored) : stored]);
  }
  // Each field is there with its kind of value, and the text was written by `siteToText`: the store checked its digest.
  return Object.fromEntries(fields) as unknown as SiteState;
}

function isMap(value: unknown): value is PersistentMap<JsonValue> {
  return typeof value === "object" && value !== null && "root" in value && "size" in value;
}

function isEntryList(stored: JsonValue, empty: unknown): boolean {
  return isMap(empty) && isJsonArray(stored);
}

function toMap(stored: JsonValue): PersistentMap<JsonValue> {
  let map = emptyMap<JsonValue>();
  // Written by `siteToText`: pairs of a key and a value.
  for (const [key, value] of stored as readonly (readonly [string, JsonValue])[]) map = mapWith(map, key, value);
  return map;
}
