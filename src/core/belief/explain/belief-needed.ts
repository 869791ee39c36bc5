import { bestResponseIn, responseWorth } from "../situation/response-worth.ts";
import { type Situation, unknownContext } from "../situation/situation.ts";
import { responseOf } from "../solve/evaluate-policy.ts";

/**
 * Whether a belief is needed at all, by a test of two conditions: all plausible contexts recommend the same response, and being
 * wrong with it is cheap, reversible or detected in time.
 */
export interface BeliefTest {
  /** Whether asking around would have done as well: both conditions hold. */
  readonly isNeeded: boolean;
  /** Contexts at least as probable as `thresholds.plausible`, with the response each recommends. */
  readonly plausible: readonly {
    readonly context: string;
    readonly probability: number;
    readonly recommends: string;
  }[];
  /** The one response all of them recommend, or `null`. */
  readonly shared: string | null;
  /** What being wrong with the shared response costs at worst, over all contexts, implausible ones included; `null` without one. */
  readonly wrong: WrongAction | null;
  readonly thresholds: BeliefThresholds;
}

/** The worst that acting on the shared response can come to. */
export interface WrongAction {
  readonly context: string;
  /** Utility lost against the best response in that context. */
  readonly loss: number;
  /** Largest catastrophe probability over all contexts. */
  readonly risk: number;
  readonly isCheap: boolean;
  readonly isReversible: boolean;
  readonly isDetected: boolean;
}

/** What counts as plausible and as cheap; shown wherever the test is. */
export interface BeliefThresholds {
  /** A context less probable than this is not plausible. */
  readonly plausible: number;
  /** A loss up to this, in the situation's unit, is cheap. */
  readonly cheapLoss: number;
  /** Responses whose actions were shown to be reversible, and whose failure is detected in time. */
  readonly reversible: readonly string[];
  readonly detected: readonly string[];
}

/** As the situation declares; else plausible from 1 %, cheap up to 5 % of what the named utilities span, nothing reversible, nothing detected. */
function thresholdsOf(situation: Situation): BeliefThresholds {
  const { plausible, cheapLoss, reversible, detected } = situation.beliefTest;
  const named = situation.contexts.flatMap((context, index) => (context.id === unknownContext ? [] : [index]));
  const utilities = situation.responses.flatMap((response) =>
    named.map((index) => response.utilityByContext[index] ?? 0),
  );
  return {
    plausible: plausible ?? 0.01,
    cheapLoss: cheapLoss ?? 0.05 * (Math.max(...utilities) - Math.min(...utilities)),
    reversible,
    detected,
  };
}

/**
 * Applies the test to the priors of a situation, that is to what is believed now.
 *
 * `unknown` recommends nothing: nobody knows what it is. It is counted among the contexts in which one may be wrong. A response that may be
 * catastrophic beyond the limit in any context is neither cheap nor undone by being reversible.
 */
export function testBeliefNeeded(
  situation: Situation,
  thresholds: BeliefThresholds = thresholdsOf(situation),
): BeliefTest {
  const plausible = situation.contexts.flatMap((context, index) =>
    context.prior >= thresholds.plausible && context.id !== unknownContext
      ? [{ context: context.id, probability: context.prior, recommends: bestResponseIn(situation, index) }]
      : [],
  );
  const first = plausible[0]?.recommends ?? null;
  const shared = first !== null && plausible.every((one) => one.recommends === first) ? first : null;
  const wrong = shared === null ? null : worstOf(situation, shared, thresholds);
  const isHarmless =
    wrong !== null && wrong.risk <= situation.limit && (wrong.isCheap || wrong.isReversible || wrong.isDetected);
  return { isNeeded: !isHarmless, plausible, shared, wrong, thresholds };
}

function worstOf(situation: Situation, shared: string, thresholds: BeliefThresholds): WrongAction {
  const response = responseOf(situation, shared);
  const losses = situation.contexts.map((context, index) => ({
    context: context.id,
    loss:
      responseWorth(situation, responseOf(situation, bestResponseIn(situation, index)), index) -
      responseWorth(situation, response, index),
  }));
  const worst = losses.reduce((left, right) => (right.loss > left.loss ? right : left));
  return {
    ...worst,
    risk: Math.max(...response.catastropheByContext),
    isCheap: worst.loss <= thresholds.cheapLoss,
    isReversible: thresholds.reversible.includes(shared),
    isDetected: thresholds.detected.includes(shared),
  };
}
