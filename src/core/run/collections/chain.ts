/** A linked list of step indexes, newest first. Adding one shares the rest. */
export interface Chain {
  readonly index: number;
  readonly rest: Chain | null;
}

/** The indexes of a chain, newest first. */
export function chainItems(chain: Chain | null): readonly number[] {
  const items: number[] = [];
  for (let link = chain; link !== null; link = link.rest) items.push(link.index);
  return items;
}
