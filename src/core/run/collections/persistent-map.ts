import { invariant } from "../../value/invariant.ts";

/**
 * A map from strings whose copies share structure, so that an event costs the same on a site that remembers 100,000
 * used approvals as on an empty one. It is a hash trie (Bagwell 2001) with four bits a level. The order of insertion
 * never shows: lookups do not depend on it, and `mapEntries` sorts.
 */
export interface PersistentMap<V> {
  readonly size: number;
  readonly root: Branch<V>;
}

type Branch<V> = readonly (Slot<V> | undefined)[];
type Slot<V> = { readonly kind: "branch"; readonly branch: Branch<V> } | Leaf<V>;

/** The entries under one hash: one entry, or several whose keys collide in all 32 bits. */
interface Leaf<V> {
  readonly kind: "leaf";
  readonly hash: number;
  readonly entries: readonly (readonly [string, V])[];
}

const bitsPerLevel = 4;
const fanOut = 1 << bitsPerLevel;

/** A map without entries. */
export function emptyMap<V>(): PersistentMap<V> {
  return { size: 0, root: [] };
}

/** The value of a key, or `undefined`. */
export function mapGet<V>(map: PersistentMap<V>, key: string): V | undefined {
  const hash = hashOf(key);
  let branch = map.root;
  for (let shift = 0; ; shift += bitsPerLevel) {
    const slot = branch[(hash >>> shift) & (fanOut - 1)];
    if (slot === undefined) return undefined;
    if (slot.kind === "leaf") return slot.entries.find(([known]) => known === key)?.[1];
    branch = slot.branch;
  }
}

/** A copy of the map with `value` under `key`. */
export function mapWith<V>(map: PersistentMap<V>, key: string, value: V): PersistentMap<V> {
  const grown = mapGet(map, key) === undefined ? 1 : 0;
  return {
    size: map.size + grown,
    root: branchWith(map.root, 0, { kind: "leaf", hash: hashOf(key), entries: [[key, value]] }),
  };
}

/** A copy of the map without `key`; the map itself when it has no such key. */
export function mapWithout<V>(map: PersistentMap<V>, key: string): PersistentMap<V> {
  if (mapGet(map, key) === undefined) return map;
  return { size: map.size - 1, root: branchWithout(map.root, 0, hashOf(key), key) };
}

/** All entries, sorted by key. Cost: O(n log n). */
export function mapEntries<V>(map: PersistentMap<V>): readonly (readonly [string, V])[] {
  const found: (readonly [string, V])[] = [];
  collect(map.root, found);
  return found.sort(([left], [right]) => (left < right ? -1 : 1));
}

function collect<V>(branch: Branch<V>, found: (readonly [string, V])[]): void {
  for (const slot of branch) {
    if (slot === undefined) continue;
    if (slot.kind === "leaf") found.push(...slot.entries);
    else collect(slot.branch, found);
  }
}

function branchWith<V>(branch: Branch<V>, shift: number, added: Leaf<V>): Branch<V> {
  const copy = branch.length === 0 ? new Array<Slot<V> | undefined>(fanOut).fill(undefined) : branch.slice();
  const index = (added.hash >>> shift) & (fanOut - 1);
  copy[index] = slotWith(copy[index], shift + bitsPerLevel, added);
  return copy;
}

function slotWith<V>(slot: Slot<V> | undefined, shift: number, added: Leaf<V>): Slot<V> {
  if (slot === undefined) return added;
  if (slot.kind === "branch") return { kind: "branch", branch: branchWith(slot.branch, shift, added) };
  // Only equal hashes share a leaf. Different ones part ways before their bits are used up.
  if (slot.hash === added.hash) {
    const others = slot.entries.filter(([key]) => !added.entries.some(([addedKey]) => addedKey === key));
    return { kind: "leaf", hash: slot.hash, entries: [...others, ...added.entries] };
  }
  return { kind: "branch", branch: branchWith(branchWith([], shift, slot), shift, added) };
}

function branchWithout<V>(branch: Branch<V>, shift: number, hash: number, key: string): Branch<V> {
  const index = (hash >>> shift) & (fanOut - 1);
  const slot = branch[index];
  invariant(slot !== undefined, "a key that is removed is in the map");
  const copy = branch.slice();
  if (slot.kind === "branch") {
    copy[index] = { kind: "branch", branch: branchWithout(slot.branch, shift + bitsPerLevel, hash, key) };
  } else {
    const entries = slot.entries.filter(([known]) => known !== key);
    copy[index] = entries.length === 0 ? undefined : { kind: "leaf", hash: slot.hash, entries };
  }
  return copy;
}

/**
 * FNV-1a over UTF-16 code units, 32 bits. It spreads ids well enough, and needs no secret because the keys are our own.
 */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
