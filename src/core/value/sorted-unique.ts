/** Every text once, sorted by code units: the same list whatever the order and the repetitions of the items. */
export function sortedUnique<T extends string>(items: Iterable<T>): readonly T[] {
  return [...new Set(items)].sort();
}
