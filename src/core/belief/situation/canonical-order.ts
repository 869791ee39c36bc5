import { type Situation, type SituationResponse, type SituationStep, unknownContext } from "./situation.ts";

/**
 * A situation in flat numbers and in one canonical order (by name, code unit by code unit), so that sums run the same way
 * whatever order the file lists contexts, outcomes and evidence in. `rank` keeps the declared order, which breaks ties.
 */
export interface CanonicalSituation {
  readonly situation: Situation;
  readonly contextIds: readonly string[];
  readonly prior: Float64Array;
  /** 1 for contexts somebody named, 0 for `unknown`. */
  readonly isNamed: Float64Array;
  readonly steps: readonly CanonicalStep[];
  readonly responses: readonly CanonicalResponse[];
  /** Index into `responses` of the one that surprises lead to, or -1. */
  readonly escalationIndex: number;
  /** Largest absolute amount in play: the scale on which values are compared. */
  readonly valueScale: number;
}

/** A step as rows of numbers over the contexts in canonical order. */
export interface CanonicalStep {
  readonly source: SituationStep;
  readonly rank: number;
  readonly maxUses: number;
  /** Utility gained now: minus the cost, plus catastrophe and fixing at their probabilities. */
  readonly gain: Float64Array;
  readonly catastrophe: Float64Array;
  /** P(no catastrophe in the step, and not fixed by it). */
  readonly goesOn: Float64Array;
  readonly outcomeIds: readonly string[];
  /** P(outcome, and the episode goes on | context): sums over outcomes to `goesOn`. */
  readonly continuation: readonly Float64Array[];
}

/** A response as rows of numbers over the contexts in canonical order. */
export interface CanonicalResponse {
  readonly source: SituationResponse;
  readonly rank: number;
  /** Expected utility with the catastrophe in its place: (1-p)·u + p·catastropheUtility. */
  readonly worth: Float64Array;
  readonly catastrophe: Float64Array;
}

/** Orders by code units: the same on every machine and in every locale. */
export function compareNames(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The indices of `names` in canonical order. */
function canonicalIndices(names: readonly string[]): readonly number[] {
  return names.map((_, index) => index).sort((left, right) => compareNames(names[left] ?? "", names[right] ?? ""));
}

/** Adds numbers in the canonical order of their names, so that the order they are listed in cannot change a bit of the sum. */
export function sumByName(names: readonly string[], values: readonly number[]): number {
  let sum = 0;
  for (const index of canonicalIndices(names)) sum += values[index] ?? 0;
  return sum;
}

/** Mean of numbers in the order of their names. */
export function meanByName(names: readonly string[], values: readonly number[]): number {
  return names.length === 0 ? 0 : sumByName(names, values) / names.length;
}

/**
 * Puts a situation into canonical order.
 *
 * Cost: linear in the numbers of the situation, plus sorting the names.
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
    isNamed: row(situation.contexts.map((context) => (context.id === unknownContext ? 0 : 1))),
    steps: byName(situation.steps).map(({ item, rank }) =>
      toCanonicalStep(item, rank, row, situation.catastropheUtility),
    ),
    responses,
    escalationIndex: responses.findIndex((response) => response.source.id === situation.escalation),
    valueScale: scaleOf(situation),
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

/** The probability of the counts in one context; powers by repeated multiplication, since `**` may differ between engines. */
export function factorOf(step: CanonicalStep, counts: readonly number[], contextIndex: number): number {
  let factor = 1;
  step.continuation.forEach((likelihood, o) => {
    for (let use = 0; use < (counts[o] ?? 0); use += 1) factor *= likelihood[contextIndex] ?? 0;
  });
  return factor;
}

/** Written so that probabilities 0 and 1 give the exact end. */
function mixed(p: number, whenTrue: number, whenFalse: number): number {
  return p * whenTrue + (1 - p) * whenFalse;
}

function scaleOf(situation: Situation): number {
  const steps = situation.steps.flatMap((step) => [
    ...step.costByContext,
    ...(step.kind === "try" ? step.fixedUtilityByContext : []),
  ]);
  const amounts = [
    situation.catastropheUtility,
    ...steps,
    ...situation.responses.flatMap((response) => response.utilityByContext),
  ];
  return amounts.reduce((largest, amount) => Math.max(largest, Math.abs(amount)), 1);
}
