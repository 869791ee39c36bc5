import { bestResponseIn, responseWorth } from "../situation/response-worth.ts";
import { type Situation, unknownContext } from "../situation/situation.ts";
import { responseOf } from "../solve/evaluate-policy.ts";

/**
 * "From which P(context) on would you do this rather than that?" The answer shows whether the utilities are what was
 * meant.
 */
export interface SanityQuestion {
  readonly context: string;
  /** The best response if the context is certain. */
  readonly act: string;
  /** The best response if the context is ruled out. */
  readonly instead: string;
}

/** The probability of the context from which on the declared numbers prefer `act`. */
export type Indifference =
  | { readonly kind: "at"; readonly probability: number }
  | { readonly kind: "always" }
  | { readonly kind: "never" };

/** The answer of a person beside the answer of the numbers. */
export interface SanityCheck {
  readonly question: SanityQuestion;
  readonly stated: number;
  readonly implied: Indifference;
  /** Whether the two differ by more than `contradictionFrom`. */
  readonly isContradiction: boolean;
  /**
   * What `act` is worth in the other contexts on average: as it was declared, and as the person's answer would need it
   * to be.
   */
  readonly worthElsewhere: { readonly needed: number; readonly declared: number } | null;
}

/** Answers that differ by no more than this do not contradict: people are not more precise. */
const contradictionFrom = 0.1;

/** One question for every named context whose best response is not also the best one without that context. */
export function sanityQuestions(situation: Situation): readonly SanityQuestion[] {
  return situation.contexts.flatMap((context, index): readonly SanityQuestion[] => {
    if (context.id === unknownContext) return [];
    const act = bestResponseIn(situation, index);
    const instead = bestWithout(situation, index);
    return act === instead ? [] : [{ context: context.id, act, instead }];
  });
}

/**
 * The probability of the context at which both responses are worth the same. The other contexts keep their proportions.
 */
export function impliedIndifference(situation: Situation, { context, act, instead }: SanityQuestion): Indifference {
  const index = situation.contexts.findIndex((candidate) => candidate.id === context);
  const inside = worthIn(situation, act, index) - worthIn(situation, instead, index);
  const outside = worthElsewhere(situation, act, index) - worthElsewhere(situation, instead, index);
  // The advantage of acting is p·inside + (1 − p)·outside, a straight line with at most one zero.
  if (inside >= 0 && outside >= 0) return { kind: "always" };
  if (inside <= 0 && outside <= 0) return { kind: "never" };
  return { kind: "at", probability: outside / (outside - inside) };
}

/**
 * Compares an answer with the numbers.
 *
 * @param stated - the probability of the context from which on the person would act, in [0, 1]
 */
export function checkSanity(situation: Situation, question: SanityQuestion, stated: number): SanityCheck {
  const implied = impliedIndifference(situation, question);
  const impliedAt = implied.kind === "at" ? implied.probability : implied.kind === "always" ? 0 : 1;
  return {
    question,
    stated,
    implied,
    isContradiction: Math.abs(stated - impliedAt) > contradictionFrom,
    worthElsewhere: neededElsewhere(situation, question, stated),
  };
}

function neededElsewhere(
  situation: Situation,
  { context, act, instead }: SanityQuestion,
  stated: number,
): SanityCheck["worthElsewhere"] {
  // A person who acts only when certain says nothing about the cost of a mistake: any loss would fit.
  if (!(stated < 1)) return null;
  const index = situation.contexts.findIndex((candidate) => candidate.id === context);
  const inside = worthIn(situation, act, index) - worthIn(situation, instead, index);
  return {
    needed: worthElsewhere(situation, instead, index) - (stated / (1 - stated)) * inside,
    declared: worthElsewhere(situation, act, index),
  };
}

function worthIn(situation: Situation, response: string, contextIndex: number): number {
  return responseWorth(situation, responseOf(situation, response), contextIndex);
}

/** The mean worth over the other contexts, weighted by their priors, or equally when all of those are 0. */
function worthElsewhere(situation: Situation, response: string, contextIndex: number): number {
  const others = situation.contexts
    .map((context, index) => ({ prior: context.prior, index }))
    .filter(({ index }) => index !== contextIndex);
  const total = others.reduce((sum, { prior }) => sum + prior, 0);
  return others.reduce(
    (sum, { prior, index }) =>
      sum + (total > 0 ? prior / total : 1 / others.length) * worthIn(situation, response, index),
    0,
  );
}

function bestWithout(situation: Situation, contextIndex: number): string {
  return situation.responses.reduce((best, response) =>
    worthElsewhere(situation, response.id, contextIndex) > worthElsewhere(situation, best.id, contextIndex)
      ? response
      : best,
  ).id;
}
