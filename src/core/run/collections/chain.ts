import type { Batch, Chain, Queue } from "../words/state.ts";

/** A queue without items. */
export const emptyQueue: Queue = { front: null, at: 0, back: null };

/** The queue with indexes put at its end, in this order. */
export function enqueue(queue: Queue, indexes: readonly number[]): Queue {
  return indexes.length === 0 ? queue : { ...queue, back: { indexes, rest: queue.back } };
}

/** The first index and the queue without it, or `null`. Cost: O(1) amortised, each batch is turned round once. */
export function dequeue(queue: Queue): { readonly index: number; readonly queue: Queue } | null {
  const front = queue.front ?? turnRound(queue.back);
  if (front === null) return null;
  const back = queue.front === null ? null : queue.back;
  // A batch has at least one index, and `at` is one of them.
  const index = front.indexes[queue.at] as number;
  const next = queue.at + 1;
  return { index, queue: next < front.indexes.length ? { front, at: next, back } : { front: front.rest, at: 0, back } };
}

/** Whether nothing waits in a queue. */
export function isQueueEmpty(queue: Queue): boolean {
  return queue.front === null && queue.back === null;
}

/** The indexes of a chain, newest first. */
export function chainItems(chain: Chain | null): readonly number[] {
  const items: number[] = [];
  for (let link = chain; link !== null; link = link.rest) items.push(link.index);
  return items;
}

function turnRound(batches: Batch | null): Batch | null {
  let turned: Batch | null = null;
  for (let batch = batches; batch !== null; batch = batch.rest) turned = { indexes: batch.indexes, rest: turned };
  return turned;
}
