import { invariant } from "../value/invariant.ts";

/**
 * A list of fixed length whose copies share all but one path: replacing an item of a plan of 10,000 steps copies four
 * small nodes. A bit-partitioned trie as in Bagwell 2001 and Clojure's vectors, without growth, which a plan never needs.
 */
export interface PersistentVector<T> {
  readonly length: number;
  /** Bits of the index that the root decides, above the lowest `bitsPerLevel`; 0 when the root is a leaf. */
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

/** The item at an index. Cost: one hop per factor of 16. */
export function vectorAt<T>(vector: PersistentVector<T>, index: number): T {
  invariant(index >= 0 && index < vector.length, "a vector is read within its length");
  let node = vector.root;
  // The trie's shape is fixed by length: above shift 0 every slot is a node, at shift 0 every slot an item.
  for (let shift = vector.shift; shift > 0; shift -= bitsPerLevel) node = node[(index >>> shift) & mask] as Node<T>;
  return node[index & mask] as T;
}

/** The same vector with another item at an index; the one given stays as it was. */
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

/** All items in order. Cost: O(n); for views and hashes, never on the path of an event. */
export function vectorItems<T>(vector: PersistentVector<T>): readonly T[] {
  return Array.from({ length: vector.length }, (_, index) => vectorAt(vector, index));
}
