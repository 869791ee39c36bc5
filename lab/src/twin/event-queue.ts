/**
 * The twin's future: a binary heap of timed handlers, earliest first, ties in the order they were scheduled (so that a run
 * never depends on how the heap happens to be laid out). Times and ranks live in typed arrays; scheduling allocates nothing.
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
  let times = new Float64Array(256);
  let ranks = new Float64Array(256);
  // A handler and the subject beside it came from one call of `schedule`, so they fit; the array cannot say so.
  const handlers: EventHandler<World, never>[] = [];
  const subjects: unknown[] = [];
  let count = 0;
  let rankNext = 0;
  let now = 0;

  function schedule<Subject>(atMs: number, handler: EventHandler<World, Subject>, subject: Subject): void {
    if (!(atMs >= now)) throw new Error(`broken invariant: an event at ${atMs} ms lies before now, ${now} ms`);
    if (count === times.length) grow();
    let hole = count++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (times[parent]! <= atMs) break; // An equal time was scheduled earlier, so it stays in front.
      move(parent, hole);
      hole = parent;
    }
    place(hole, atMs, rankNext++);
    handlers[hole] = handler;
    subjects[hole] = subject;
  }

  function runUntil(world: World, untilMs: number): void {
    while (count > 0 && times[0]! <= untilMs) {
      const handler = handlers[0]!;
      const subject = subjects[0]!;
      now = times[0]!;
      removeFirst();
      handler(world, subject as never);
    }
    now = untilMs;
  }

  function removeFirst(): void {
    const last = --count;
    const time = times[last]!;
    const rank = ranks[last]!;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= last) break;
      if (child + 1 < last && isBefore(child + 1, child)) child++;
      const gap = times[child]! - time;
      if (gap > 0 || (gap === 0 && ranks[child]! > rank)) break;
      move(child, hole);
      hole = child;
    }
    place(hole, time, rank);
    handlers[hole] = handlers[last]!;
    subjects[hole] = subjects[last];
    subjects[last] = undefined; // Lets the subject go.
  }

  function isBefore(left: number, right: number): boolean {
    const gap = times[left]! - times[right]!;
    return gap < 0 || (gap === 0 && ranks[left]! < ranks[right]!);
  }

  function move(from: number, to: number): void {
    place(to, times[from]!, ranks[from]!);
    handlers[to] = handlers[from]!;
    subjects[to] = subjects[from];
  }

  function place(at: number, time: number, rank: number): void {
    times[at] = time;
    ranks[at] = rank;
  }

  function grow(): void {
    const timesNew = new Float64Array(times.length * 2);
    timesNew.set(times);
    times = timesNew;
    const ranksNew = new Float64Array(ranks.length * 2);
    ranksNew.set(ranks);
    ranks = ranksNew;
  }

  return { schedule, runUntil, nowMs: () => now, ranCount: () => rankNext - count };
}
