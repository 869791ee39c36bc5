/**
 * The twin's future: a binary heap of timed handlers, earliest first, ties in the order they were scheduled (so that a
 * run never depends on how the heap happens to be laid out). Times and ranks live in typed arrays; scheduling allocates
 * nothing.
 *
 * `!` in this file: every index read is a heap position below `count`, hence inside the arrays.
 */

/** What happens at an event's time: a function of the world and of what the scheduler passed along. */
export type EventHandler<World, Subject> = (world: World, subject: Subject) => void;

/** A queue of events on a virtual clock, in milliseconds. */
export interface EventQueue<World> {
  /** Schedules `handler(world, subject)`; `atMs` may not lie in the past. Cost: O(log pending). */
  readonly schedule: <Subject>(atMs: number, handler: EventHandler<World, Subject>, subject: Subject) => void;
  /** Runs every event up to and including `untilMs`, in order, and leaves the clock there. */
  readonly runUntil: (world: World, untilMs: number) => void;
  /** The virtual time now. */
  readonly nowMs: () => number;
  /** Events run so far. */
  readonly ranCount: () => number;
}

/** An empty queue at time 0. */
export function openEventQueue<World>(): EventQueue<World> {
  const heap: Heap<World> = {
    times: new Float64Array(256),
    ranks: new Float64Array(256),
    handlers: [],
    subjects: [],
    count: 0,
  };
  let rankNext = 0;
  let now = 0;

  function schedule<Subject>(atMs: number, handler: EventHandler<World, Subject>, subject: Subject): void {
    if (!(atMs >= now)) throw new Error(`broken invariant: an event at ${atMs} ms lies before now, ${now} ms`);
    // A handler is only ever called with the subject scheduled beside it, which has the type it takes.
    insert(heap, { atMs, rank: rankNext++ }, handler as EventHandler<World, unknown>, subject);
  }

  function runUntil(world: World, untilMs: number): void {
    while (heap.count > 0 && heap.times[0]! <= untilMs) {
      const handler = heap.handlers[0]!;
      const subject = heap.subjects[0];
      now = heap.times[0]!;
      removeFirst(heap);
      handler(world, subject);
    }
    now = untilMs;
  }

  return { schedule, runUntil, nowMs: () => now, ranCount: () => rankNext - heap.count };
}

/** Parallel arrays, the first `count` places a heap. */
interface Heap<World> {
  times: Float64Array;
  ranks: Float64Array;
  readonly handlers: EventHandler<World, unknown>[];
  readonly subjects: unknown[];
  count: number;
}

function insert<World>(
  heap: Heap<World>,
  key: { readonly atMs: number; readonly rank: number },
  handler: EventHandler<World, unknown>,
  subject: unknown,
): void {
  if (heap.count === heap.times.length) grow(heap);
  let hole = heap.count++;
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    if (heap.times[parent]! <= key.atMs) break; // An equal time was scheduled earlier, so it stays in front.
    move(heap, parent, hole);
    hole = parent;
  }
  heap.times[hole] = key.atMs;
  heap.ranks[hole] = key.rank;
  heap.handlers[hole] = handler;
  heap.subjects[hole] = subject;
}

function removeFirst<World>(heap: Heap<World>): void {
  const last = --heap.count;
  let hole = 0;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= last) break;
    if (child + 1 < last && isBefore(heap, child + 1, child)) child++;
    if (isBefore(heap, last, child)) break;
    move(heap, child, hole);
    hole = child;
  }
  move(heap, last, hole);
  heap.subjects[last] = undefined; // Lets the subject go.
}

function isBefore<World>(heap: Heap<World>, left: number, right: number): boolean {
  const gap = heap.times[left]! - heap.times[right]!;
  return gap < 0 || (gap === 0 && heap.ranks[left]! < heap.ranks[right]!);
}

function move<World>(heap: Heap<World>, from: number, to: number): void {
  heap.times[to] = heap.times[from]!;
  heap.ranks[to] = heap.ranks[from]!;
  heap.handlers[to] = heap.handlers[from]!;
  heap.subjects[to] = heap.subjects[from];
}

function grow<World>(heap: Heap<World>): void {
  const times = new Float64Array(heap.times.length * 2);
  times.set(heap.times);
  heap.times = times;
  const ranks = new Float64Array(heap.ranks.length * 2);
  ranks.set(heap.ranks);
  heap.ranks = ranks;
}
