import { invariant } from "../../value/invariant.ts";

/**
 * The order in which a walk decides steps, each after all that it needs. Depth first: the step that became decidable
 * last is decided next, so that an outcome is soon asked about and forgotten. In the order of declaration, twenty
 * probes before their twenty acts would hold 4^20 combinations open.
 *
 * @param needs - for each step, the steps whose outcomes it needs
 * @param watches - what else is asked when a step is decided, and the steps whose outcomes that needs
 */
export function orderForWalk(
  needs: readonly ReadonlySet<number>[],
  watches: readonly { readonly at: number; readonly variables: ReadonlySet<number> }[],
): readonly number[] {
  const waiting = needs.map((variables) => new Set(variables));
  for (const { at, variables } of watches)
    variables.forEach((variable) => variable !== at && waiting[at]?.add(variable));
  const behind: number[][] = needs.map(() => []);
  waiting.forEach((variables, variable) => variables.forEach((earlier) => behind[earlier]?.push(variable)));
  const ready = waiting.flatMap((variables, variable) => (variables.size === 0 ? [variable] : [])).reverse();
  const order: number[] = [];
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    order.push(next);
    const freed: number[] = [];
    for (const later of behind[next] ?? []) {
      waiting[later]?.delete(next);
      if (waiting[later]?.size === 0) freed.push(later);
    }
    ready.push(...freed.reverse());
  }
  invariant(order.length === needs.length, "the steps of a walk have no cycle");
  return order;
}
