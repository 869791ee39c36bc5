import { listOf, name, number, type Parser, type Place, placeBelow, refuseAt } from "../../value/shape.ts";
import { object, withDefault } from "../../value/shape-object.ts";
import { quote } from "../../value/text.ts";
import type { Observation } from "../policy.ts";
import { type Need, outcomeIdsOf, type Situation, situationLimits } from "./situation.ts";
import { refuseUnknownName } from "./situation-numbers.ts";

/** Reads what a step or a response needs: the names of steps, or objects that say more. */
export function needs(): Parser<readonly Need[]> {
  const long = object({
    step: name(),
    outcomes: withDefault(listOf(name(), { itemsMin: 1, itemsMax: situationLimits.outcomes }), []),
    times: withDefault(number({ min: 1, max: situationLimits.maxUses }), 1),
  });
  const one: Parser<Need> = (value, at) => {
    if (typeof value !== "string") return long(value, at);
    const step = name()(value, at);
    return step === undefined ? undefined : { step, outcomes: [], times: 1 };
  };
  return listOf(one, { itemsMax: situationLimits.steps });
}

type WithMoves = Pick<Situation, "steps" | "responses" | "averagePlan">;

/** Checks that what is needed and spoilt exists and can come to be. Reports every problem. */
export function checkPreconditions(situation: WithMoves, at: Place, fields: { readonly responses: string }): boolean {
  const { steps, responses } = situation;
  const ids = steps.map(({ id }) => id);
  let isGood = true;
  const refuse = (...problem: Parameters<typeof refuseAt>): void => {
    refuseAt(...problem);
    isGood = false;
  };
  const checkNeeds = (owner: string, list: readonly Need[], place: Place): void =>
    list.forEach((need, index) => {
      const here = placeBelow(placeBelow(place, "needs"), index);
      const step = steps.find(({ id }) => id === need.step);
      if (step === undefined) {
        refuseUnknownName(here, "step", need.step, ids);
        isGood = false;
        return;
      }
      if (need.step === owner) refuse(here, "E_SCHEMA", `${quote(owner)} needs itself, so it can never be done`);
      const stranger = need.outcomes.find((outcome) => !outcomeIdsOf(step).includes(outcome));
      if (stranger !== undefined) {
        refuseUnknownName(placeBelow(here, "outcomes"), "outcome", stranger, outcomeIdsOf(step));
        isGood = false;
      }
      if (!Number.isInteger(need.times) || need.times > step.maxUses)
        refuse(
          placeBelow(here, "times"),
          "E_SCHEMA",
          `${quote(owner)} needs ${quote(step.id)} ${need.times} times, and it may be taken ${step.maxUses} times`,
          "raise `maxUses` of the step, or lower `times`",
        );
    });
  steps.forEach((step, s) => {
    const place = placeBelow(placeBelow(at, "steps"), s);
    checkNeeds(step.id, step.needs, place);
    step.spoils.forEach((spoilt, index) => {
      if (ids.includes(spoilt)) return;
      refuseUnknownName(placeBelow(placeBelow(place, "spoils"), index), "step", spoilt, ids);
      isGood = false;
    });
  });
  responses.forEach((response, r) => {
    const place = placeBelow(placeBelow(at, fields.responses), r);
    checkNeeds(response.id, response.needs, place);
    if (response.needs.length === 0) return;
    if (response.kind === "escalate")
      refuse(placeBelow(place, "needs"), "E_SCHEMA", "handing over is never forbidden, so it may not need anything");
    if (response.id === situation.averagePlan)
      refuse(placeBelow(place, "needs"), "E_SCHEMA", "the average plan is done at once, so it may not need anything");
  });
  return isGood;
}

/**
 * The moves that are left after observations, and what they still need. A step that was taken has spoilt others even if
 * its answer was of no use; such an answer counts for no need.
 */
export function movesAfter(
  situation: Pick<Situation, "steps" | "responses">,
  observations: readonly Observation[],
): Pick<Situation, "steps" | "responses"> {
  const spoilt = new Set(
    situation.steps.flatMap(({ id, spoils }) => (observations.some(({ step }) => step === id) ? spoils : [])),
  );
  const stillNeeded = (list: readonly Need[]): readonly Need[] =>
    list
      .map((need) => ({ ...need, times: need.times - countFor(situation, need, observations) }))
      .filter(({ times }) => times > 0);
  return {
    steps: situation.steps
      .filter(({ id }) => !spoilt.has(id))
      .map((step) => ({ ...step, needs: stillNeeded(step.needs) })),
    responses: situation.responses.map((response) => ({ ...response, needs: stillNeeded(response.needs) })),
  };
}

function countFor({ steps }: Pick<Situation, "steps">, need: Need, observations: readonly Observation[]): number {
  const step = steps.find(({ id }) => id === need.step);
  if (step === undefined) return 0;
  const wanted = need.outcomes.length === 0 ? outcomeIdsOf(step) : need.outcomes;
  return observations.filter((seen) => seen.step === need.step && wanted.includes(seen.outcome)).length;
}
