import { largestAmount } from "./amounts.ts";
import { type Situation, type SituationResponse, type SituationStep, unknownContext } from "./situation.ts";

/**
 * A situation as flat numbers in one canonical order: by name, code unit by code unit. Sums then run the same way in
 * whatever order a file lists contexts, outcomes and evidence. `rank` keeps the declared order, which breaks ties.
 *
 * In belief's loops `c`, `s`, `o` and `r` are indices of contexts, steps, outcomes and responses.
 */
export interface CanonicalSituation {
  readonly situation: Situation;
  readonly contextIds: readonly string[];
  readonly prior: Float64Array;
  /** The priors before anything was seen. */
  readonly priorAtStart: Float64Array;
  readonly seen: readonly CanonicalSeen[];
  /** 1 for a named context, 0 for `unknown`. */
  readonly isNamed: Float64Array;
  readonly steps: readonly CanonicalStep[];
  readonly responses: readonly CanonicalResponse[];
  /** Index in `responses` of the response that surprises lead to, or -1. */
  readonly escalationIndex: number;
  /** Whether what may happen after an escalation counts towards the limits. */
  readonly countsEscalations: boolean;
  /** The largest absolute amount in play, and at least 1. Differences between values are judged on this scale. */
  readonly valueScale: number;
}

/** A step as rows of numbers, one number for each context in canonical order. */
export interface CanonicalStep {
  readonly source: SituationStep;
  readonly rank: number;
  readonly maxUses: number;
  /**
   * Expected utility of the step itself: what catastrophe and a fix are worth at their probabilities, minus the cost.
   */
  readonly gain: Float64Array;
  readonly catastrophe: Float64Array;
  /** P(the step neither ends in catastrophe nor fixes the matter | context). */
  readonly goesOn: Float64Array;
  readonly outcomeIds: readonly string[];
  /** P(this outcome, and the episode goes on | context). Over all outcomes these sum to `goesOn`. */
  readonly continuation: readonly Float64Array[];
}

/** An answer seen before, as rows of numbers in canonical order. */
export interface CanonicalSeen {
  readonly isTry: boolean;
  readonly likelihood: Float64Array;
  readonly goesOn: Float64Array;
}

/** A response as rows of numbers, one number for each context in canonical order. */
export interface CanonicalResponse {
  readonly source: SituationResponse;
  readonly rank: number;
  /** Expected utility, catastrophe included: (1 − p)·utility + p·catastropheUtility. */
  readonly worth: Float64Array;
  readonly catastrophe: Float64Array;
}

/** Compares two names by code units, which gives the same order on every machine and in every locale. */
export function compareNames(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The indices of `names` in canonical order. */
function canonicalIndices(names: readonly string[]): readonly number[] {
  return names.map((_, index) => index).sort((left, right) => compareNames(names[left] ?? "", names[right] ?? ""));
}

/**
 * Adds numbers in the canonical order of their names. The order in which they are listed then changes no bit of the
 * sum.
 */
export function sumByName(names: readonly string[], values: readonly number[]): number {
  let sum = 0;
  for (const index of canonicalIndices(names)) sum += values[index] ?? 0;
  return sum;
}

/** The mean of numbers, added in the canonical order of their names; 0 for an empty list. */
export function meanByName(names: readonly string[], values: readonly number[]): number {
  return names.length === 0 ? 0 : sumByName(names, values) / names.length;
}

/**
 * Puts a situation into canonical order.
 *
 * Cost: linear in the numbers of the situation, plus the sorting of the names.
 */
export function toCanonical(situation: Situation): CanonicalSituation {
  const order = canonicalIndices(situation.contexts.map((context) => context.id));
  const row = (values: readonly number[]): Float64Array => Float64Array.from(order, (index) => values[index] ?? 0);
  const responses = byName(situation.responses).map(({ item, rank }) =>
    toCanonicalResponse(item, rank, row, situation.catastropheUtility),
  );
  return {
    situation,
    contextIds: order.map((index) => situation.contexts[index]?.id ?? ""),
    prior: row(situation.contexts.map((context) => context.prior)),
    priorAtStart: row(situation.seen?.priorByContext ?? situation.contexts.map((context) => context.prior)),
    seen: (situation.seen?.items ?? []).map(({ kind, likelihoodByContext, goesOnByContext }) => ({
      isTry: kind === "try",
      likelihood: row(likelihoodByContext),
      goesOn: row(goesOnByContext),
    })),
    isNamed: row(situation.contexts.map((context) => (context.id === unknownContext ? 0 : 1))),
    steps: byName(situation.steps).map(({ item, rank }) =>
      toCanonicalStep(item, rank, row, situation.catastropheUtility),
    ),
    responses,
    escalationIndex: responses.findIndex((response) => response.source.id === situation.escalation),
    // Where no escalation carries a risk it makes no difference, and the solvers then need one list of risks, not two.
    countsEscalations:
      situation.limitCovers === "everything" ||
      situation.responses.every(
        ({ kind, catastropheByContext }) => kind === "act" || catastropheByContext.every((risk) => risk === 0),
      ),
    valueScale: largestAmount(situation),
  };
}

type ToRow = (values: readonly number[]) => Float64Array;

function byName<T extends { readonly id: string }>(
  items: readonly T[],
): readonly { readonly item: T; readonly rank: number }[] {
  return items.map((item, rank) => ({ item, rank })).sort((left, right) => compareNames(left.item.id, right.item.id));
}

function toCanonicalResponse(
  source: SituationResponse,
  rank: number,
  row: ToRow,
  catastropheUtility: number,
): CanonicalResponse {
  const catastrophe = row(source.catastropheByContext);
  const worth = row(source.utilityByContext).map((utility, c) =>
    mixed(catastrophe[c] ?? 0, catastropheUtility, utility),
  );
  return { source, rank, worth, catastrophe };
}

function toCanonicalStep(source: SituationStep, rank: number, row: ToRow, catastropheUtility: number): CanonicalStep {
  const catastrophe = row(source.catastropheByContext);
  const survives = catastrophe.map((p) => 1 - p);
  const cost = row(source.costByContext);
  const gain = catastrophe.map((p, c) => p * catastropheUtility - (cost[c] ?? 0));
  if (source.kind === "try") {
    const pFixed = row(source.pFixedByContext);
    const fixedUtility = row(source.fixedUtilityByContext);
    const goesOn = survives.map((p, c) => p * (1 - (pFixed[c] ?? 0)));
    const gainWithFix = gain.map((g, c) => g + (survives[c] ?? 0) * (pFixed[c] ?? 0) * (fixedUtility[c] ?? 0));
    return {
      source,
      rank,
      maxUses: source.maxUses,
      gain: gainWithFix,
      catastrophe,
      goesOn,
      outcomeIds: ["not_fixed"],
      continuation: [goesOn],
    };
  }
  const outcomes = byName(source.outcomes);
  return {
    source,
    rank,
    maxUses: source.maxUses,
    gain,
    catastrophe,
    goesOn: survives,
    outcomeIds: outcomes.map(({ item }) => item.id),
    continuation: outcomes.map(({ item }) => row(item.likelihoodByContext).map((p, c) => p * (survives[c] ?? 0))),
  };
}

/**
 * The probability of these outcome counts of a step in one context.
 *
 * Powers are repeated multiplication, because `**` may differ in its last bit between engines.
 */
export function factorOf(step: CanonicalStep, counts: readonly number[], contextIndex: number): number {
  let factor = 1;
  step.continuation.forEach((likelihood, o) => {
    for (let use = 0; use < (counts[o] ?? 0); use += 1) factor *= likelihood[contextIndex] ?? 0;
  });
  return factor;
}

/** A mean of two amounts, written so that the probabilities 0 and 1 give exactly one of them. */
function mixed(p: number, whenTrue: number, whenFalse: number): number {
  return p * whenTrue + (1 - p) * whenFalse;
}
