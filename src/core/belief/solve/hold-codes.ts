import type { CanonicalSituation, CanonicalStep } from "../situation/canonical-order.ts";
import { type EvidenceRules, holdAt, holdSlack } from "./evidence-rules.ts";
import type { OutcomeTable } from "./outcome-counts.ts";

/** What the evidence forbids at a belief, in a byte. */
export const holdCode = { notYetKnown: 0, none: 1, noAct: 2, surprise: 3 } as const;

/**
 * The rules of evidence, prepared for very many beliefs. They say what `holdAt` says, up to rounding that decides
 * nothing: P(one answer | the others) is the quotient of two sums over the same weights, so no product without that
 * answer has to be formed.
 */
export interface HoldFinder {
  readonly rules: EvidenceRules;
  readonly canonical: CanonicalSituation;
  readonly tables: readonly OutcomeTable[];
  /**
   * Named weights times this, summed, are what the other answers alone expect: `goesOn / likelihood`. One list for each
   * answer that was seen before; `null` for one that is no answer of a probe.
   */
  readonly seen: readonly (Float64Array | null)[];
  /** The same for each outcome of each step. */
  readonly outcomes: readonly (readonly (Float64Array | null)[])[];
  /** The product of the answers of a state, each taken apart. */
  readonly apart: readonly Float64Array[];
  /** Whether some context excludes some answer. Then the quotients do not exist, and `holdAt` is asked. */
  readonly isSlow: boolean;
}

/** Prepares the rules of a situation. Cost: linear in its numbers and in the states of its steps. */
export function holdFinderOf(rules: EvidenceRules): HoldFinder {
  const { canonical, tables } = rules;
  const quotient = (goesOn: Float64Array, likelihood: Float64Array): Float64Array =>
    goesOn.map((p, c) => ((canonical.isNamed[c] ?? 0) === 0 ? 0 : p / (likelihood[c] ?? 0)));
  const isTry = (step: CanonicalStep): boolean => step.source.kind === "try";
  const seen = canonical.seen.map((one) => (one.isTry ? null : quotient(one.goesOn, one.likelihood)));
  const outcomes = canonical.steps.map((step) =>
    step.continuation.map((likelihood) => (isTry(step) ? null : quotient(step.goesOn, likelihood))),
  );
  return {
    rules,
    canonical,
    tables,
    seen,
    outcomes,
    apart: tables.map((table, t) =>
      Float64Array.from(table.countsOf, (counts) =>
        counts.reduce((product, count, o) => product * (rules.apart[t]?.[o] ?? 0) ** count, 1),
      ),
    ),
    isSlow: [...seen, ...outcomes.flat()].some((row) => row?.some((number) => !Number.isFinite(number)) === true),
  };
}

/** What the evidence of a belief forbids. Cost: answers × contexts. */
export function findHoldCode(finder: HoldFinder, states: ArrayLike<number>, weights: Float64Array): number {
  const { rules, canonical } = finder;
  const { surpriseThreshold, unknownMax, conflictThreshold } = canonical.situation;
  if (canonical.escalationIndex < 0) return holdCode.none;
  if (finder.isSlow) {
    const hold = holdAt(rules, { stateOf: (t) => states[t] ?? 0, weights });
    return hold === null ? holdCode.none : hold.kind === "surprise" ? holdCode.surprise : holdCode.noAct;
  }
  let mass = 0;
  let named = 0;
  for (let c = 0; c < weights.length; c += 1) {
    mass += weights[c] ?? 0;
    named += (weights[c] ?? 0) * (canonical.isNamed[c] ?? 0);
  }
  if (surpriseThreshold > 0) {
    const threshold = surpriseThreshold * (1 - holdSlack);
    if (named < threshold * greatestExpectation(finder, states, weights)) return holdCode.surprise;
  }
  if (mass - named > unknownMax * mass * (1 + holdSlack)) return holdCode.noAct;
  if (conflictThreshold > 0 && rules.namedAtStart > 0) {
    let apart = rules.seenProduct;
    for (let t = 0; t < finder.apart.length; t += 1) apart *= finder.apart[t]?.[states[t] ?? 0] ?? 1;
    const together = (named * rules.seenMass) / rules.namedAtStart;
    if (together < conflictThreshold * apart * (1 - holdSlack)) return holdCode.noAct;
  }
  return holdCode.none;
}

/** The most probability that all answers but one have, over which one is left out; named contexts alone. */
function greatestExpectation({ tables, seen, outcomes }: HoldFinder, states: ArrayLike<number>, weights: Float64Array) {
  let most = 0;
  for (const row of seen) if (row !== null) most = Math.max(most, dot(weights, row));
  for (let t = 0; t < tables.length; t += 1) {
    const state = states[t] ?? 0;
    if (state === 0) continue;
    const counts = tables[t]?.countsOf[state] ?? [];
    for (let o = 0; o < counts.length; o += 1) {
      const row = (counts[o] ?? 0) > 0 ? outcomes[t]?.[o] : null;
      if (row !== null && row !== undefined) most = Math.max(most, dot(weights, row));
    }
  }
  return most;
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let c = 0; c < left.length; c += 1) sum += (left[c] ?? 0) * (right[c] ?? 0);
  return sum;
}
