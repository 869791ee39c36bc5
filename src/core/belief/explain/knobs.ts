import { assertNever, invariant } from "../../value/invariant.ts";
import type { Situation, SituationResponse, SituationStep } from "../situation/situation.ts";

/** One number of a situation that a flip analysis turns. */
export type Knob =
  | { readonly kind: "prior"; readonly context: string }
  | { readonly kind: "likelihood"; readonly step: string; readonly context: string; readonly outcome: string }
  | { readonly kind: "utility"; readonly response: string; readonly context: string }
  | { readonly kind: "catastrophe"; readonly response: string; readonly context: string };

/** Every knob of a situation: priors, likelihoods, utilities, and the catastrophe probabilities of responses. */
export function listKnobs(situation: Situation): readonly Knob[] {
  const contexts = situation.contexts.map((context) => context.id);
  const likelihoods = situation.steps.flatMap((step) =>
    contexts.flatMap((context) =>
      turnableOutcomes(step).map((outcome): Knob => ({ kind: "likelihood", step: step.id, context, outcome })),
    ),
  );
  const perResponse = (kind: "utility" | "catastrophe"): readonly Knob[] =>
    situation.responses.flatMap((response) =>
      contexts.map((context): Knob => ({ kind, response: response.id, context })),
    );
  return [
    ...contexts.map((context): Knob => ({ kind: "prior", context })),
    ...likelihoods,
    ...perResponse("utility"),
    ...perResponse("catastrophe"),
  ];
}

/**
 * The outcomes whose likelihoods are turned. With two outcomes the first is enough, because the second is what is left.
 */
function turnableOutcomes(step: SituationStep): readonly string[] {
  if (step.kind === "try" || step.outcomes.length < 2) return [];
  const outcomes = step.outcomes.map((outcome) => outcome.id);
  return outcomes.length === 2 ? outcomes.slice(0, 1) : outcomes;
}

/** The number a knob stands at. */
export function readKnob(situation: Situation, knob: Knob): number {
  const number = numberAt(situation, knob);
  invariant(number !== undefined, "a knob names a number of its situation");
  return number;
}

function numberAt(situation: Situation, knob: Knob): number | undefined {
  const index = situation.contexts.findIndex((context) => context.id === knob.context);
  switch (knob.kind) {
    case "prior":
      return situation.contexts[index]?.prior;
    case "likelihood": {
      const step = situation.steps.find((candidate) => candidate.id === knob.step);
      return step === undefined || step.kind === "try"
        ? undefined
        : step.outcomes.find((outcome) => outcome.id === knob.outcome)?.likelihoodByContext[index];
    }
    case "utility":
      return situation.responses.find((response) => response.id === knob.response)?.utilityByContext[index];
    case "catastrophe":
      return situation.responses.find((response) => response.id === knob.response)?.catastropheByContext[index];
    default:
      return assertNever(knob);
  }
}

/**
 * The range in which a knob can be turned. Probabilities go from 0 to 1; utilities go up and down by the span of all
 * utilities.
 */
export function knobRange(situation: Situation, knob: Knob): { readonly min: number; readonly max: number } {
  if (knob.kind !== "utility") return { min: 0, max: 1 };
  const utilities = situation.responses.flatMap((response) => response.utilityByContext);
  const span = Math.max(1, Math.max(...utilities) - Math.min(...utilities));
  const at = readKnob(situation, knob);
  return { min: at - span, max: at + span };
}

/**
 * The situation with one number changed. In a row of probabilities the other numbers make room and keep their
 * proportions. If they were all zero, they share the room equally.
 *
 * @param value - within `knobRange`
 */
export function turnKnob(situation: Situation, knob: Knob, value: number): Situation {
  const index = situation.contexts.findIndex((context) => context.id === knob.context);
  switch (knob.kind) {
    case "prior": {
      const row = turnRow(
        situation.contexts.map((context) => context.prior),
        index,
        value,
      );
      return { ...situation, contexts: situation.contexts.map((context, c) => ({ ...context, prior: row[c] ?? 0 })) };
    }
    case "likelihood":
      return {
        ...situation,
        steps: situation.steps.map((step) =>
          step.id === knob.step ? turnLikelihood(step, { outcome: knob.outcome, index, value }) : step,
        ),
      };
    case "utility":
      return turnResponse(situation, knob.response, (response) => ({
        ...response,
        utilityByContext: replaceAt(response.utilityByContext, index, value),
      }));
    case "catastrophe":
      return turnResponse(situation, knob.response, (response) => ({
        ...response,
        catastropheByContext: replaceAt(response.catastropheByContext, index, value),
      }));
    default:
      return assertNever(knob);
  }
}

function turnLikelihood(
  step: SituationStep,
  to: { readonly outcome: string; readonly index: number; readonly value: number },
): SituationStep {
  invariant(step.kind !== "try", "a likelihood is of a probe or a wait");
  const turned = step.outcomes.findIndex((outcome) => outcome.id === to.outcome);
  const row = turnRow(
    step.outcomes.map((outcome) => outcome.likelihoodByContext[to.index] ?? 0),
    turned,
    to.value,
  );
  return {
    ...step,
    outcomes: step.outcomes.map((outcome, o) => ({
      ...outcome,
      likelihoodByContext: replaceAt(outcome.likelihoodByContext, to.index, row[o] ?? 0),
    })),
  };
}

function turnResponse(
  situation: Situation,
  id: string,
  turn: (response: SituationResponse) => SituationResponse,
): Situation {
  return {
    ...situation,
    responses: situation.responses.map((response) => (response.id === id ? turn(response) : response)),
  };
}

function turnRow(row: readonly number[], index: number, value: number): readonly number[] {
  const rest = row.reduce((sum, number, at) => (at === index ? sum : sum + number), 0);
  return row.map((number, at) => {
    if (at === index) return value;
    return rest > 0 ? (number / rest) * (1 - value) : (1 - value) / (row.length - 1);
  });
}

function replaceAt(row: readonly number[], index: number, value: number): readonly number[] {
  return row.map((number, at) => (at === index ? value : number));
}

/** The name of a knob for people, such as `P(locks = many | DB)`. */
export function describeKnob(knob: Knob): string {
  switch (knob.kind) {
    case "prior":
      return `P(${knob.context})`;
    case "likelihood":
      return `P(${knob.step} = ${knob.outcome} | ${knob.context})`;
    case "utility":
      return `utility of ${knob.response} under ${knob.context}`;
    case "catastrophe":
      return `P(catastrophe | ${knob.response}, ${knob.context})`;
    default:
      return assertNever(knob);
  }
}
