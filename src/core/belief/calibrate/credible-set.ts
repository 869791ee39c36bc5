import { assertNever, invariant } from "../../value/invariant.ts";
import type { Policy } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import { responseOf, stepOf } from "../solve/evaluate-policy.ts";
import type { CredibleInterval } from "../statistics/beta.ts";
import type { Learning, LearntCell, LearntRow } from "./learn.ts";

/** The figures of a policy over the credible set of the learnt numbers. */
export interface CredibleFigures {
  /** The smallest, mean and largest probability of catastrophe. Only the largest may be called a bound. */
  readonly risk: { readonly low: number; readonly mean: number; readonly high: number };
  readonly value: { readonly low: number; readonly mean: number; readonly high: number };
  /** The posterior mass of the set, over all numbers together. */
  readonly mass: number;
  /**
   * How many utilities and risks nothing was learnt about. The set does not vary them, and the bound depends on them.
   */
  readonly keptCount: number;
}

/** The part of a learning that the figures need: means and intervals of every number. */
export interface CredibleNumbers {
  readonly situation: Situation;
  readonly prior: Pick<LearntRow, "mean" | "intervals">;
  readonly likelihoods: readonly {
    readonly step: string;
    readonly rows: readonly Pick<LearntRow, "mean" | "intervals">[];
  }[];
  readonly cells: readonly (Pick<LearntCell, "response" | "context"> & {
    readonly utility: Pick<LearntCell["utility"], "mean" | "interval">;
    readonly catastrophe: Pick<LearntCell["catastrophe"], "mean" | "interval">;
  })[];
  readonly massOfEach: number;
  readonly options: Pick<Learning["options"], "mass">;
}

type Goal = "low" | "high";

/**
 * Evaluates a policy over the whole credible set. Every row of probabilities moves within its intervals, still summing
 * to 1, and takes its worst value anew at every node (rectangular uncertainty; Iyengar 2005, Nilim and El Ghaoui 2005).
 *
 * Under rectangular uncertainty a probe on two branches can take different values on each. The figures therefore
 * enclose those of every single corner of the set: they are conservative, and so they are bounds.
 *
 * Cost: nodes × contexts × outcomes, six times.
 */
export function credibleFigures(learning: CredibleNumbers, policy: Policy): CredibleFigures {
  const risk = (goal: Goal): number =>
    overContexts(learning, goal, (contextIndex) => riskIn({ learning, contextIndex, goal }, policy));
  const value = (goal: Goal): number =>
    overContexts(learning, goal, (contextIndex) => valueIn({ learning, contextIndex, goal }, policy));
  const point = pointLearning(learning);
  const mean = (figure: (corner: Corner, policy: Policy) => number): number =>
    overContexts(point, "high", (contextIndex) => figure({ learning: point, contextIndex, goal: "high" }, policy));
  return {
    risk: { low: risk("low"), mean: mean(riskIn), high: risk("high") },
    value: { low: value("low"), mean: mean(valueIn), high: value("high") },
    mass: learning.options.mass,
    keptCount: learning.cells.reduce(
      (count, cell) => count + (isPoint(cell.utility.interval) ? 1 : 0) + (isPoint(cell.catastrophe.interval) ? 1 : 0),
      0,
    ),
  };
}

function isPoint({ low, high }: CredibleInterval): boolean {
  return low === high;
}

/** The same learning with every interval shrunk to its mean, so that the set is a single point. */
function pointLearning(learning: CredibleNumbers): CredibleNumbers {
  const point = (value: number): CredibleInterval => ({ low: value, high: value, mass: learning.massOfEach });
  const row = <T extends Pick<LearntRow, "mean">>(learnt: T): T & Pick<LearntRow, "intervals"> => ({
    ...learnt,
    intervals: learnt.mean.map(point),
  });
  return {
    ...learning,
    prior: row(learning.prior),
    likelihoods: learning.likelihoods.map((probe) => ({ ...probe, rows: probe.rows.map(row) })),
    cells: learning.cells.map((cell) => ({
      ...cell,
      utility: { ...cell.utility, interval: point(cell.utility.mean) },
      catastrophe: { ...cell.catastrophe, interval: point(cell.catastrophe.mean) },
    })),
  };
}

interface Corner {
  readonly learning: CredibleNumbers;
  readonly contextIndex: number;
  readonly goal: Goal;
}

function overContexts(learning: CredibleNumbers, goal: Goal, amountIn: (contextIndex: number) => number): number {
  return extremeMean(
    learning.prior.intervals,
    learning.situation.contexts.map((_, index) => amountIn(index)),
    goal,
  );
}

/**
 * P(catastrophe | context) at its extreme. It rises with every declared catastrophe probability, so each takes its own
 * end.
 */
function riskIn(corner: Corner, policy: Policy): number {
  const { learning, contextIndex, goal } = corner;
  switch (policy.kind) {
    case "commit":
      return cellOf(corner, policy.response).catastrophe.interval[goal];
    case "do": {
      const step = stepOf(learning.situation, policy.step);
      const own = step.catastropheByContext[contextIndex] ?? 0;
      if (step.kind === "try")
        return own + (1 - own) * (1 - (step.pFixedByContext[contextIndex] ?? 0)) * riskIn(corner, onlyBranch(policy));
      const after = step.outcomes.map((outcome) => branchAmount(corner, policy, outcome.id, { of: riskIn, worst: 1 }));
      return own + (1 - own) * extremeMean(rowOf(corner, step.id).intervals, after, goal);
    }
    default:
      return assertNever(policy);
  }
}

/** The expected utility given the context, at its extreme. */
function valueIn(corner: Corner, policy: Policy): number {
  const { learning, contextIndex, goal } = corner;
  const { catastropheUtility } = learning.situation;
  switch (policy.kind) {
    case "commit": {
      const { utility, catastrophe } = cellOf(corner, policy.response);
      const u = utility.interval[goal];
      // The worth is linear in the catastrophe probability, so its extreme is at one of the two ends.
      const ends = [catastrophe.interval.low, catastrophe.interval.high].map(
        (p) => (p === 1 ? 0 : (1 - p) * u) + p * catastropheUtility,
      );
      return goal === "low" ? Math.min(...ends) : Math.max(...ends);
    }
    case "do": {
      const step = stepOf(learning.situation, policy.step);
      const own = step.catastropheByContext[contextIndex] ?? 0;
      const now = own * catastropheUtility - (step.costByContext[contextIndex] ?? 0);
      if (step.kind === "try") {
        const fixed = step.pFixedByContext[contextIndex] ?? 0;
        return (
          now +
          (1 - own) *
            (fixed * (step.fixedUtilityByContext[contextIndex] ?? 0) +
              (1 - fixed) * valueIn(corner, onlyBranch(policy)))
        );
      }
      const after = step.outcomes.map((outcome) =>
        branchAmount(corner, policy, outcome.id, { of: valueIn, worst: catastropheUtility }),
      );
      return now + (1 - own) * extremeMean(rowOf(corner, step.id).intervals, after, goal);
    }
    default:
      return assertNever(policy);
  }
}

function onlyBranch(policy: Extract<Policy, { kind: "do" }>): Policy {
  const branch = policy.on[0];
  invariant(branch !== undefined, "a `try` goes on with `not_fixed`");
  return branch.then;
}

interface Figure {
  readonly of: (corner: Corner, policy: Policy) => number;
  readonly worst: number;
}

/**
 * A policy has no branch for an outcome declared impossible, but a learnt row gives it some probability. It escalates
 * then.
 */
function branchAmount(
  corner: Corner,
  policy: Extract<Policy, { kind: "do" }>,
  outcome: string,
  figure: Figure,
): number {
  const branch = policy.on.find((candidate) => candidate.outcome === outcome);
  if (branch !== undefined) return figure.of(corner, branch.then);
  const { escalation } = corner.learning.situation;
  return escalation === null ? figure.worst : figure.of(corner, { kind: "commit", response: escalation });
}

function rowOf({ learning, contextIndex }: Corner, stepId: string): CredibleNumbers["prior"] {
  const row = learning.likelihoods.find((candidate) => candidate.step === stepId)?.rows[contextIndex];
  invariant(row !== undefined, "every probe has a learnt row per context");
  return row;
}

function cellOf({ learning, contextIndex }: Corner, responseId: string): CredibleNumbers["cells"][number] {
  const context = learning.situation.contexts[contextIndex]?.id;
  const cell = learning.cells.find(
    (candidate) =>
      candidate.response === responseOf(learning.situation, responseId).id && candidate.context === context,
  );
  invariant(cell !== undefined, "every response has a learnt cell per context");
  return cell;
}

/**
 * The largest or smallest mean of amounts, over all rows of probabilities within the intervals. Every amount first gets
 * the low end of its interval; what is left of the probability goes to the best amounts first. (This is a fractional
 * knapsack, for which the greedy choice is exact.)
 *
 * @returns a number between the smallest and the largest amount
 */
export function extremeMean(intervals: readonly CredibleInterval[], amounts: readonly number[], goal: Goal): number {
  const order = amounts
    .map((amount, index) => ({ amount, index }))
    .sort((left, right) =>
      left.amount === right.amount ? 0 : left.amount < right.amount === (goal === "low") ? -1 : 1,
    );
  let left = 1 - intervals.reduce((sum, interval) => sum + interval.low, 0);
  let mean = 0;
  for (const { amount, index } of order) {
    const interval = intervals[index];
    invariant(interval !== undefined, "one interval for every amount");
    const extra = Math.max(0, Math.min(left, interval.high - interval.low));
    left -= extra;
    const share = interval.low + extra;
    // Infinity × 0 is not a number, and an amount of probability 0 adds nothing.
    if (share > 0) mean += share * amount;
  }
  return mean;
}
