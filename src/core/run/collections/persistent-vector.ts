import { invariant } from "../../value/invariant.ts";

/**
 * A list of fixed length whose copies share all but one path: replacing one of 10,000 items copies four small nodes. It
 * is a bit-partitioned trie, as in Bagwell 2001 and Clojure's vectors. It cannot grow, because a plan's steps are
 * fixed.
 */
export interface PersistentVector<T> {
  readonly length: number;
  /** How far the index is shifted right to find the slot in the root; 0 when the root is a leaf. */
  readonly shift: number;
  readonly root: Node<T>;
}

type Node<T> = readonly (Node<T> | T)[];

const bitsPerLevel = 4;
const mask = (1 << bitsPerLevel) - 1;

/** A vector of these items. Cost: O(n). */
export function vectorOf<T>(items: readonly T[]): PersistentVector<T> {
  let level: readonly (Node<T> | T)[] = items;
  let shift = 0;
  while (level.length > mask + 1) {
    const parents: Node<T>[] = [];
    for (let start = 0; start < level.length; start += mask + 1) parents.push(level.slice(start, start + mask + 1));
    level = parents;
    shift += bitsPerLevel;
  }
  return { length: items.length, shift, root: [...level] };
}

/** The item at an index. Cost: O(log16 n). */
export function vectorAt<T>(vector: PersistentVector<T>, index: number): T {
  invariant(index >= 0 && index < vector.length, "a vector is read within its length");
  let node = vector.root;
  // The length fixes the trie's shape: above shift 0 every slot is a node, at shift 0 every slot is an item.
  for (let shift = vector.shift; shift > 0; shift -= bitsPerLevel) node = node[(index >>> shift) & mask] as Node<T>;
  return node[index & mask] as T;
}

/** A copy of the vector with another item at `index`. */
export function vectorWith<T>(vector: PersistentVector<T>, index: number, item: T): PersistentVector<T> {
  invariant(index >= 0 && index < vector.length, "a vector is changed within its length");
  return { length: vector.length, shift: vector.shift, root: nodeWith(vector.root, vector.shift, index, item) };
}

function nodeWith<T>(node: Node<T>, shift: number, index: number, item: T): Node<T> {
  const copy = node.slice();
  const slot = (index >>> shift) & mask;
  // As in `vectorAt`.
  copy[slot] = shift === 0 ? item : nodeWith(node[slot] as Node<T>, shift - bitsPerLevel, index, item);
  return copy;
}

/**
 * A copy of the vector with `change` applied to the items at `indexes`.
 *
 * @param indexes - ascending, without repeats
 *
 * Cost: one copy of each node on the paths to them, even where several paths share it.
 */
export function vectorUpdate<T>(
  vector: PersistentVector<T>,
  indexes: readonly number[],
  change: (item: T, index: number) => T,
): PersistentVector<T> {
  if (indexes.length === 0) return vector;
  invariant(
    (indexes[0] as number) >= 0 && (indexes.at(-1) as number) < vector.length,
    "a vector is changed within its length",
  );
  return {
    length: vector.length,
    shift: vector.shift,
    root: updateNode(vector.root, vector.shift, { indexes, change, from: 0, to: indexes.length }),
  };
}

interface Update<T> {
  readonly indexes: readonly number[];
  readonly change: (item: T, index: number) => T;
  /** The part of `indexes` that lies below this node: from `from` up to, but not including, `to`. */
  readonly from: number;
  readonly to: number;
}

function updateNode<T>(node: Node<T>, shift: number, { indexes, change, from, to }: Update<T>): Node<T> {
  const copy = node.slice();
  for (let at = from; at < to; ) {
    // `at` is below `to`, which is at most the number of indexes.
    const index = indexes[at] as number;
    const slot = (index >>> shift) & mask;
    let end = at + 1;
    while (end < to && (indexes[end] as number) >>> shift === index >>> shift) end += 1;
    invariant(shift > 0 || end === at + 1, "an item is changed once");
    // As in `vectorAt`.
    copy[slot] =
      shift === 0
        ? change(node[slot] as T, index)
        : updateNode(node[slot] as Node<T>, shift - bitsPerLevel, { indexes, change, from: at, to: end });
    at = end;
  }
  return copy;
}

/** Indexes at which two versions of one vector differ, ascending. Cost: the nodes the two do not share. */
export function changedIndexes<T>(before: PersistentVector<T>, now: PersistentVector<T>): readonly number[] {
  invariant(before.length === now.length, "two versions of one vector are compared");
  const found: number[] = [];
  if (before.root !== now.root) collectChanges(before.root, now.root, now.shift, 0, found);
  return found;
}

// The parameters are positional for speed: this runs once for every changed node of every event.
function collectChanges<T>(before: Node<T>, now: Node<T>, shift: number, base: number, found: number[]): void {
  for (let slot = 0; slot < now.length; slot += 1) {
    const was = before[slot];
    const is = now[slot];
    if (was === is) continue;
    const index = base + (slot << shift);
    // As in `vectorAt`.
    if (shift === 0) found.push(index);
    else collectChanges(was as Node<T>, is as Node<T>, shift - bitsPerLevel, index, found);
  }
}

/** All items in order. Cost: O(n), so only views and hashes use it, never the path of an event. */
export function vectorItems<T>(vector: PersistentVector<T>): readonly T[] {
  const items: T[] = [];
  addItems(vector.root, vector.shift, items);
  return items;
}

function addItems<T>(node: Node<T>, shift: number, items: T[]): void {
  // As in `vectorAt`.
  if (shift === 0) items.push(...(node as readonly T[]));
  else for (const child of node as readonly Node<T>[]) addItems(child, shift - bitsPerLevel, items);
}
