/**
 * First in, first out: a pair of stacks (Okasaki 1998, 5.2). Items leave at `front`, whose first batch is used up to
 * `at`, and enter at `back`. When `front` is empty, `back` is reversed and becomes the new front.
 */
export interface Queue {
  readonly front: Batch | null;
  readonly at: number;
  readonly back: Batch | null;
}

/** Indexes that came in together, at least one, and the batches behind them. */
interface Batch {
  readonly indexes: readonly number[];
  readonly rest: Batch | null;
}

/** A queue without items. */
export const emptyQueue: Queue = { front: null, at: 0, back: null };

/** The queue with `indexes` added at its end, in this order. */
export function enqueue(queue: Queue, indexes: readonly number[]): Queue {
  return indexes.length === 0 ? queue : { ...queue, back: { indexes, rest: queue.back } };
}

/** The first index and the queue without it, or `null`. Cost: O(1) amortised, because each batch is reversed once. */
export function dequeue(queue: Queue): { readonly index: number; readonly queue: Queue } | null {
  const front = queue.front ?? reverse(queue.back);
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

function reverse(batches: Batch | null): Batch | null {
  let reversed: Batch | null = null;
  for (let batch = batches; batch !== null; batch = batch.rest) reversed = { indexes: batch.indexes, rest: reversed };
  return reversed;
}
