import type { Formula } from "../../guard/formula.ts";
import { notRun } from "../kinds/outcomes.ts";

/** What a step waits for, and when it runs. */
interface ConditionalStep {
  readonly at: number;
  readonly id: string;
  readonly after: readonly number[];
  readonly when: Formula | null;
}

/**
 * For each step, as bits, the steps that have run for certain once it is due. An empty `when` asks that everything in
 * `after` ran. A conjunction also says so of each step of which it names an outcome. Of any other condition nothing
 * is concluded.
 *
 * Cost: O(edges × steps / 32).
 */
export function certainBits(steps: readonly ConditionalStep[]): readonly Uint32Array[] {
  const indexOf = new Map(steps.map(({ id, at }) => [id, at]));
  const bits: Uint32Array[] = [];
  for (const step of steps) {
    const own = new Uint32Array((steps.length + 31) >>> 5);
    const earlier = step.when === null ? step.after : saidToRun(step.when).flatMap((id) => indexOf.get(id) ?? []);
    for (const before of earlier) {
      own[before >>> 5] = (own[before >>> 5] ?? 0) | (1 << (before & 31));
      bits[before]?.forEach((word, index) => {
        own[index] = (own[index] ?? 0) | word;
      });
    }
    bits.push(own);
  }
  return bits;
}

/** The steps that must have run for this condition to hold, as far as its form shows. */
function saidToRun(when: Formula): readonly string[] {
  switch (when.kind) {
    case "logic":
      return when.operator === "&&" ? when.operands.flatMap(saidToRun) : [];
    case "comparison": {
      const { left, right, operator } = when;
      if (left.kind !== "reference" || right.kind !== "constant") return [];
      return (operator === "==") !== (right.value === notRun) ? [left.key] : [];
    }
    case "membership":
      return when.element.kind === "reference" && when.items.every((item) => item.value !== notRun)
        ? [when.element.key]
        : [];
    default:
      return [];
  }
}
