import { bestResponseIn, responseWorth } from "../situation/response-worth.ts";
import { type Situation, unknownContext } from "../situation/situation.ts";
import { responseOf } from "../solve/evaluate-policy.ts";

/**
 * Whether a belief is needed at all. It is not needed when two conditions hold: all plausible contexts recommend the
 * same response, and being wrong with it is cheap, reversible or detected in time.
 */
export interface BeliefTest {
  /** `false` when both conditions hold. */
  readonly isNeeded: boolean;
  /** The named contexts of at least the plausible probability, with the response that is best in each. */
  readonly plausible: readonly {
    readonly context: string;
    readonly probability: number;
    readonly recommends: string;
  }[];
  /** The one response that all of them recommend, or `null`. */
  readonly shared: string | null;
  /**
   * What being wrong with the shared response costs at worst, over all contexts; `null` when there is no shared
   * response.
   */
  readonly wrong: WrongAction | null;
  readonly thresholds: BeliefThresholds;
}

/** The worst that can come of the shared response. */
export interface WrongAction {
  readonly context: string;
  /** The utility lost against the best response in that context. */
  readonly loss: number;
  /** The largest catastrophe probability of the response over all contexts. */
  readonly risk: number;
  readonly isCheap: boolean;
  readonly isReversible: boolean;
  readonly isDetected: boolean;
}

/** What counts as plausible, cheap, reversible and detected. It is shown wherever the test is. */
export interface BeliefThresholds {
  /** A context less probable than this is not plausible. */
  readonly plausible: number;
  /** A loss of at most this much, in the unit of the situation, is cheap. */
  readonly cheapLoss: number;
  /** Responses that can be undone. `detected`: responses whose failure is noticed in time. */
  readonly reversible: readonly string[];
  readonly detected: readonly string[];
}

/**
 * The thresholds that the situation declares. The defaults: plausible from 1 % on, cheap up to 5 % of the span of the
 * named utilities.
 */
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
 * Applies the test to the priors of a situation, that is, to what is believed now.
 *
 * `unknown` recommends no response, but it is one of the contexts in which the shared response may be wrong. If the
 * response may be catastrophic beyond the limit in some context, being wrong is never harmless, however cheap or
 * reversible it is.
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
