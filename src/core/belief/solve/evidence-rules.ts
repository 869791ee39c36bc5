import type { Hold } from "../policy.ts";
import type { CanonicalSituation, CanonicalStep } from "../situation/canonical-order.ts";
import type { OutcomeTable } from "./outcome-counts.ts";

/**
 * What a body of evidence forbids, whatever its acts are worth. All three rules look at the evidence as a whole, so the
 * order in which it came decides nothing.
 *
 * - `surprise`: one of the answers is too unlikely under the named contexts, given all the others. It leads to
 *   `escalation` at once.
 * - `unknown`: the context nobody thought of is likelier than a declared share. There is no act.
 * - `conflict`: the answers together are far less likely under the named contexts than they would be if they had
 * nothing
 *   to do with one another (Jensen 2001). No context that was thought of explains them. There is no act.
 */
export interface EvidenceRules {
  readonly canonical: CanonicalSituation;
  readonly tables: readonly OutcomeTable[];
  /** The sum of the named priors before anything was seen. */
  readonly namedAtStart: number;
  /** P(what was seen before): turns the weights of a node into joint probabilities from the start. */
  readonly seenMass: number;
  /** Each answer seen before taken apart, under the named contexts, and multiplied. */
  readonly seenProduct: number;
  /** The same for each outcome of each step. */
  readonly apart: readonly (readonly number[])[];
  /** The weights of everything seen before but one answer. */
  readonly seenWithout: readonly Float64Array[];
  /** Scratch: the factors of a node, without any prior. */
  readonly factor: Float64Array;
}

/** A node's evidence: the state of each step, and the weight of each context. */
export interface NodeEvidence {
  readonly stateOf: (step: number) => number;
  readonly weights: ArrayLike<number>;
}

/** A difference in the last digits is rounding, and holds nothing. */
export const holdSlack = 1e-11;

/** Prepares the rules of a situation. Cost: linear in its numbers, and quadratic in what was seen before. */
export function evidenceRules(canonical: CanonicalSituation, tables: readonly OutcomeTable[]): EvidenceRules {
  const { priorAtStart, isNamed, seen } = canonical;
  const named = (row: ArrayLike<number>): number =>
    sumOf(priorAtStart, (p, c) => p * (isNamed[c] ?? 0) * (row[c] ?? 0));
  const namedAtStart = sumOf(priorAtStart, (p, c) => p * (isNamed[c] ?? 0));
  const apartOf = (row: ArrayLike<number>): number => (namedAtStart === 0 ? 0 : named(row) / namedAtStart);
  const without = (left: number): Float64Array =>
    priorAtStart.map((p, c) =>
      seen.reduce((weight, one, at) => weight * (at === left ? 1 : (one.likelihood[c] ?? 0)), p),
    );
  return {
    canonical,
    tables,
    namedAtStart,
    seenMass: sumOf(without(-1), (weight) => weight),
    seenProduct: seen.reduce((product, { likelihood }) => product * apartOf(likelihood), 1),
    apart: canonical.steps.map((step) => step.continuation.map(apartOf)),
    seenWithout: seen.map((_, left) => without(left)),
    factor: new Float64Array(priorAtStart.length),
  };
}

/** What the evidence of a node forbids; `null` when nothing. Cost: steps taken × steps taken × contexts. */
export function holdAt(rules: EvidenceRules, node: NodeEvidence): Hold | null {
  const { situation, isNamed, escalationIndex } = rules.canonical;
  const { surpriseThreshold, unknownMax, conflictThreshold } = situation;
  // Without an escalation there is nothing else to do. Only a foreign card has none, and it declares no rule.
  if (escalationIndex < 0) return null;
  if (surpriseThreshold > 0) {
    const share = leastLikely(rules, node);
    if (share < surpriseThreshold * (1 - holdSlack))
      return { kind: "surprise", probability: share, below: surpriseThreshold };
  }
  const mass = sumOf(node.weights, (weight) => weight);
  const namedMass = sumOf(node.weights, (weight, c) => weight * (isNamed[c] ?? 0));
  if (mass - namedMass > unknownMax * mass * (1 + holdSlack))
    return { kind: "unknown", probability: 1 - namedMass / mass, above: unknownMax };
  if (conflictThreshold > 0 && rules.namedAtStart > 0) {
    const together = (namedMass * rules.seenMass) / rules.namedAtStart;
    const apart = productApart(rules, node);
    if (together < conflictThreshold * apart * (1 - holdSlack))
      return { kind: "conflict", ratio: together / apart, below: conflictThreshold };
  }
  return null;
}

/** What the answers of a node would be worth together if they had nothing to do with one another. */
function productApart({ tables, apart, seenProduct }: EvidenceRules, node: NodeEvidence): number {
  let product = seenProduct;
  tables.forEach((table, s) => {
    const counts = table.countsOf[node.stateOf(s)];
    counts?.forEach((count, o) => {
      for (let use = 0; use < count; use += 1) product *= apart[s]?.[o] ?? 0;
    });
  });
  return product;
}

/** The least probability that one of the answers has under the named contexts, given all the others. */
function leastLikely(rules: EvidenceRules, node: NodeEvidence): number {
  const { canonical, tables, factor } = rules;
  factor.fill(1);
  multiplyBy(tables, node.stateOf, factor);
  let least = 1;
  canonical.seen.forEach(({ isTry, likelihood, goesOn }, index) => {
    if (isTry) return;
    const others = rules.seenWithout[index]?.map((weight, c) => weight * (factor[c] ?? 0)) ?? factor;
    least = Math.min(least, shareOf(canonical, others, likelihood, goesOn));
  });
  tables.forEach((table, s) => {
    const step = canonical.steps[s] as CanonicalStep; // one table per step
    if (step.source.kind === "try") return;
    table.countsOf[node.stateOf(s)]?.forEach((count, o) => {
      if (count === 0) return;
      const before = table.previous[node.stateOf(s) * step.outcomeIds.length + o] ?? 0;
      const others = Float64Array.from(canonical.prior);
      multiplyBy(tables, (t) => (t === s ? before : node.stateOf(t)), others);
      least = Math.min(least, shareOf(canonical, others, step.continuation[o] ?? others, step.goesOn));
    });
  });
  return least;
}

function multiplyBy(tables: readonly OutcomeTable[], stateOf: (step: number) => number, weights: Float64Array): void {
  for (let t = 0; t < tables.length; t += 1) {
    const state = stateOf(t);
    if (state === 0) continue;
    const factors = tables[t]?.factor;
    for (let c = 0; c < weights.length; c += 1)
      weights[c] = (weights[c] ?? 0) * (factors?.[state * weights.length + c] ?? 0);
  }
}

/** P(an answer | the others, the episode goes on), under the named contexts; 1 where none of them can be. */
function shareOf(
  { isNamed }: CanonicalSituation,
  others: ArrayLike<number>,
  likelihood: ArrayLike<number>,
  goesOn: ArrayLike<number>,
): number {
  const expected = sumOf(others, (weight, c) => weight * (isNamed[c] ?? 0) * (goesOn[c] ?? 0));
  if (!(expected > 0)) return 1;
  return sumOf(others, (weight, c) => weight * (isNamed[c] ?? 0) * (likelihood[c] ?? 0)) / expected;
}

function sumOf(values: ArrayLike<number>, of: (value: number, c: number) => number): number {
  let sum = 0;
  for (let c = 0; c < values.length; c += 1) sum += of(values[c] ?? 0, c);
  return sum;
}
