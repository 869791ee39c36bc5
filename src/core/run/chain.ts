import type { Chain, Queue } from "./state.ts";

/** A queue without items. */
export const emptyQueue: Queue = { front: null, back: null };

/** The queue with an index put at its end. */
export function enqueue(queue: Queue, index: number): Queue {
  return { front: queue.front, back: { index, rest: queue.back } };
}

/** The first index and the queue without it, or `null`. Cost: O(1) amortised, each index is turned round once. */
export function dequeue(queue: Queue): { readonly index: number; readonly queue: Queue } | null {
  const front = queue.front ?? turnRound(queue.back);
  if (front === null) return null;
  return { index: front.index, queue: { front: front.rest, back: queue.front === null ? null : queue.back } };
}

/** The indexes of a chain, newest first. */
export function chainItems(chain: Chain | null): readonly number[] {
  const items: number[] = [];
  for (let link = chain; link !== null; link = link.rest) items.push(link.index);
  return items;
}

function turnRound(chain: Chain | null): Chain | null {
  let turned: Chain | null = null;
  for (let link = chain; link !== null; link = link.rest) turned = { index: link.index, rest: turned };
  return turned;
}
