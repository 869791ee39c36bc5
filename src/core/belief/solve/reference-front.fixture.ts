import type { PlainCard, PlainStep } from "./reference-solver.fixture.ts";

/**
 * Value and risk of a policy from the start; or of its part after one history, weighted by the probability of that
 * history.
 */
export interface FrontPoint {
  readonly value: number;
  readonly risk: number;
}

/**
 * The oracle for cards of middle size. It unfolds every history anew and keeps every (value, risk) there that no other
 * policy beats. It has no bounds, no price, no shared beliefs and no tolerance. One front answers every limit, also of
 * cards that have too many policies to list.
 */
export function referenceFront(card: PlainCard): readonly FrontPoint[] {
  return frontAt(
    card,
    card.contexts.map(({ prior }) => prior),
    card.steps.map(({ maxUses }) => maxUses),
    card.maxSteps,
  );
}

function frontAt(
  card: PlainCard,
  weights: readonly number[],
  usesLeft: readonly number[],
  depth: number,
): readonly FrontPoint[] {
  const expected = (number: (context: string) => number): number =>
    weights.reduce((sum, weight, c) => sum + weight * number(card.contexts[c]?.id ?? ""), 0);
  const points: FrontPoint[] = card.commits.map(({ utility, catastrophe }) => ({
    value: expected(
      (id) => (1 - (catastrophe[id] ?? 0)) * (utility[id] ?? 0) + (catastrophe[id] ?? 0) * card.catastropheUtility,
    ),
    risk: expected((id) => catastrophe[id] ?? 0),
  }));
  card.steps.forEach((step, s) => {
    if (depth === 0 || (usesLeft[s] ?? 0) === 0) return;
    const left = usesLeft.map((uses, index) => (index === s ? uses - 1 : uses));
    const paid = (id: string): number =>
      (step.catastrophe[id] ?? 0) * card.catastropheUtility - (step.cost[id] ?? 0) + fixedGain(step, id);
    let sums: readonly FrontPoint[] = [{ value: expected(paid), risk: expected((id) => step.catastrophe[id] ?? 0) }];
    for (const chance of chancesOf(step)) {
      const after = frontAt(
        card,
        weights.map((weight, c) => weight * chance(card.contexts[c]?.id ?? "")),
        left,
        depth - 1,
      );
      sums = unbeaten(
        sums.flatMap((one) => after.map((next) => ({ value: one.value + next.value, risk: one.risk + next.risk }))),
      );
    }
    points.push(...sums);
  });
  return unbeaten(points);
}

function fixedGain(step: PlainStep, id: string): number {
  return step.kind === "try"
    ? (1 - (step.catastrophe[id] ?? 0)) * (step.pFixed[id] ?? 0) * (step.fixedUtility[id] ?? 0)
    : 0;
}

function chancesOf(step: PlainStep): readonly ((id: string) => number)[] {
  const alive = (id: string): number => 1 - (step.catastrophe[id] ?? 0);
  if (step.kind === "try") return [(id) => alive(id) * (1 - (step.pFixed[id] ?? 0))];
  return step.outcomes.map((_, o) => (id) => alive(id) * (step.likelihood[id]?.[o] ?? 0));
}

function unbeaten(points: readonly FrontPoint[]): readonly FrontPoint[] {
  const sorted = points.toSorted((left, right) => left.risk - right.risk || right.value - left.value);
  let best = Number.NEGATIVE_INFINITY;
  return sorted.filter(({ value }) => {
    if (value <= best) return false;
    best = value;
    return true;
  });
}
