/** What ordering asks of a step. */
export interface GraphStep {
  readonly id: string;
  readonly after: readonly string[];
}

/**
 * Indices of the steps, each behind what it waits for; or the ids of one cycle, beginning with the step that is
 * declared first.
 */
export type StepOrder =
  | { readonly kind: "ordered"; readonly order: readonly number[] }
  | { readonly kind: "cyclic"; readonly cycle: readonly string[] };

/**
 * Orders steps so that each comes behind its `after` (Kahn 1962); ties keep the order given. An `after` that names no
 * step is ignored. Of steps that share an id, the last one counts.
 *
 * @returns indices into `steps`, or a cycle of ids in which each step is waited for by the next, the first repeated at
 * the end
 *
 * Cost: O((steps + edges) log steps).
 */
export function orderSteps(steps: readonly GraphStep[]): StepOrder {
  const indexOf = new Map(steps.map((step, index) => [step.id, index]));
  const before = steps.map((step) => [...new Set(step.after)].flatMap((id) => indexOf.get(id) ?? []));
  const behind: number[][] = steps.map(() => []);
  before.forEach((indices, index) => indices.forEach((earlier) => behind[earlier]?.push(index)));
  const waitCounts = before.map((indices) => indices.length);
  const ready = new SmallestFirst();
  waitCounts.forEach((count, index) => count === 0 && ready.add(index));
  const order: number[] = [];
  for (let next = ready.take(); next !== undefined; next = ready.take()) {
    order.push(next);
    for (const later of behind[next] ?? []) {
      const left = (waitCounts[later] ?? 0) - 1;
      waitCounts[later] = left;
      if (left === 0) ready.add(later);
    }
  }
  if (order.length === steps.length) return { kind: "ordered", order };
  return { kind: "cyclic", cycle: findCycle(steps, { before, isLeft: (index) => (waitCounts[index] ?? 0) > 0 }) };
}

/** The ids of everything that a step waits for, directly or not. Cost: O(steps + edges) for each call. */
export function ancestorsOf(steps: readonly GraphStep[], id: string): ReadonlySet<string> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const found = new Set<string>();
  const open = [...(byId.get(id)?.after ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(byId.get(next)?.after ?? []));
  }
  return found;
}

// Every step that Kahn's algorithm leaves over waits for another one left over, so a walk backwards must meet itself.
function findCycle(
  steps: readonly GraphStep[],
  graph: { readonly before: readonly (readonly number[])[]; readonly isLeft: (index: number) => boolean },
): readonly string[] {
  const seenAt = new Map<number, number>();
  const path: number[] = [];
  let current = steps.findIndex((_, index) => graph.isLeft(index));
  while (!seenAt.has(current)) {
    seenAt.set(current, path.length);
    path.push(current);
    current = graph.before[current]?.find(graph.isLeft) ?? current;
  }
  const cycle = path.slice(seenAt.get(current)).reverse();
  const first = cycle.indexOf(Math.min(...cycle));
  const ids = [...cycle.slice(first), ...cycle.slice(0, first)].map((index) => steps[index]?.id ?? "");
  return [...ids, ids[0] ?? ""];
}

// A binary heap of indices. Sorting the ready steps again for every step would be quadratic on wide plans.
class SmallestFirst {
  readonly #heap: number[] = [];

  add(value: number): void {
    const heap = this.#heap;
    let index = heap.push(value) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if ((heap[parent] ?? 0) <= value) break;
      heap[index] = heap[parent] ?? 0;
      index = parent;
    }
    heap[index] = value;
  }

  take(): number | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child += 1;
      if ((heap[child] ?? 0) >= last) break;
      heap[index] = heap[child] ?? 0;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

/**
 * The ids of all steps that one step waits for, directly or by way of others.
 *
 * Cost: O(steps + edges).
 */
export function earlierThan(step: GraphStep, stepsById: ReadonlyMap<string, GraphStep>): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...step.after];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...(stepsById.get(id)?.after ?? []));
  }
  return found;
}
