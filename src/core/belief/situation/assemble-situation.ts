import { isJsonArray, type JsonValue } from "../../value/json-value.ts";
import { listOf, type Parser, type Place, placeBelow, refuseAt } from "../../value/shape.ts";
import { quote } from "../../value/text.ts";
import { findRatioExcess } from "./amounts.ts";
import { sumByName } from "./canonical-order.ts";
import { checkPreconditions } from "./preconditions.ts";
import { bestResponseIn } from "./response-worth.ts";
import { type AppliedDefault, type Context, reservedOutcomes, type Situation, situationLimits } from "./situation.ts";
import { refuseDuplicates, refuseUnknownName } from "./situation-numbers.ts";

/** Reads a list of named things: no name twice, and no more of them than a situation may hold. */
export function namedList<T extends { readonly id: string }>(
  what: string,
  item: Parser<T>,
  countMax: number,
): Parser<readonly T[]> {
  const read = listOf(item);
  return (value, at) => {
    if (isJsonArray(value) && value.length > countMax) {
      return refuseAt(
        at,
        "E_SITUATION_SIZE",
        `expected at most ${countMax} ${what}s, found ${value.length}`,
        `leave out a ${what}`,
      );
    }
    const items = read(value, at);
    if (items === undefined) return undefined;
    const placeOf = (index: number): Place => placeBelow(placeBelow(at, index), "id");
    return refuseDuplicates(
      what,
      items.map(({ id }) => id),
      placeOf,
    )
      ? items
      : undefined;
  };
}

/** Reads a list of outcome names: at least one, no name twice, no reserved name. */
export function outcomeNames(name: Parser<string>): Parser<readonly string[]> {
  const read = listOf(name, { itemsMin: 1 });
  return (value, at) => {
    if (isJsonArray(value) && value.length > situationLimits.outcomes) {
      return refuseAt(
        at,
        "E_SITUATION_SIZE",
        `expected at most ${situationLimits.outcomes} outcomes, found ${value.length}`,
        "merge outcomes that lead to the same next step",
      );
    }
    const names = read(value, at);
    if (names === undefined) return undefined;
    const reserved = names.findIndex((outcome) => reservedOutcomes.some((word) => word === outcome));
    if (reserved >= 0)
      return refuseAt(
        placeBelow(at, reserved),
        "E_SITUATION_NAME_RESERVED",
        `the outcome ${quote(names[reserved] ?? "")} is reserved`,
      );
    return refuseDuplicates("outcome", names, (index) => placeBelow(at, index)) ? names : undefined;
  };
}

/** Reads a horizon: a whole number of steps from 0 to the longest one. */
export function horizonLength(): Parser<number> {
  return (value: JsonValue, at) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= situationLimits.horizon)
      return value;
    return refuseAt(
      at,
      "E_SITUATION_HORIZON",
      `expected a horizon of 0 to ${situationLimits.horizon} steps, found ${JSON.stringify(value)}`,
    );
  };
}

/** Reads how often a step may be taken: a whole number from 1. */
export function useCount(): Parser<number> {
  return (value: JsonValue, at) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= situationLimits.maxUses)
      return value;
    return refuseAt(
      at,
      "E_SITUATION_SIZE",
      `expected 1 to ${situationLimits.maxUses} uses, found ${JSON.stringify(value)}`,
      "leave out a step that may not be used",
    );
  };
}

/** A situation before the fields that follow from the others are filled in. */
export type SituationDraft = Omit<Situation, "averagePlan" | "escalation"> & {
  readonly averagePlan: string | null;
  readonly escalation: string | null;
};

/**
 * Completes a draft: checks that every name it refers to exists, and fills in the average plan and the escalation.
 *
 * @param fields - what the document calls its `responses`, so that problems point to the right place
 */
export function assembleSituation(
  draft: SituationDraft,
  at: Place,
  fields: { readonly responses: string },
): Situation | undefined {
  const ids = draft.responses.map(({ id }) => id);
  if (ids.length === 0)
    return refuseAt(
      placeBelow(at, fields.responses),
      "E_SCHEMA",
      "a situation needs at least one response",
      "declare one with `kind: escalate`",
    );
  if (draft.averagePlan !== null && !ids.includes(draft.averagePlan)) {
    return refuseUnknownName(placeBelow(at, "averagePlan"), "response", draft.averagePlan, ids);
  }
  const escalations = draft.responses.filter(({ kind }) => kind === "escalate").map(({ id }) => id);
  if (draft.escalation !== null && !escalations.includes(draft.escalation)) {
    return refuseUnknownName(
      placeBelow(at, "escalation"),
      "response of kind `escalate`",
      draft.escalation,
      escalations,
    );
  }
  for (const list of ["reversible", "detected"] as const) {
    const stranger = draft.beliefTest[list].findIndex((id) => !ids.includes(id));
    if (stranger >= 0)
      return refuseUnknownName(
        placeBelow(placeBelow(placeBelow(at, "beliefTest"), list), stranger),
        "response",
        draft.beliefTest[list][stranger] ?? "",
        ids,
      );
  }
  const averagePlan = draft.averagePlan ?? averagePlanOf(draft);
  const defaults = draft.averagePlan === null ? [...draft.defaults, averagePlanDefault(averagePlan)] : draft.defaults;
  const situation: Situation = {
    ...draft,
    averagePlan,
    escalation: draft.escalation ?? escalations[0] ?? null,
    defaults,
  };
  if (!checkPreconditions(situation, at, fields)) return undefined;
  const far = findRatioExcess(situation);
  if (far !== null) {
    const isCatastrophe = far.large === situation.catastropheUtility;
    return refuseAt(
      isCatastrophe ? placeBelow(at, "catastropheUtility") : at,
      "E_SITUATION_NUMBER",
      `the amounts ${far.large} and ${far.small} are more than a billion times apart: ` +
        "the smaller would be lost in rounding",
      isCatastrophe ? "if a catastrophe must never be risked, say it with `limit: 0`" : "round the small amounts to 0",
    );
  }
  return situation;
}

function averagePlanDefault(response: string): AppliedDefault {
  return {
    pointer: "/averagePlan",
    rule: "average_plan",
    text: `${quote(response)} has the greatest total prior over the contexts for which it is best`,
  };
}

/** The response that is best in contexts of the greatest total prior; ties go to the response declared first. */
function averagePlanOf(draft: Pick<Situation, "contexts" | "responses" | "catastropheUtility">): string {
  // It is done at once.
  const responses = draft.responses.filter(({ needs }) => needs.length === 0);
  const best = draft.contexts.map((_, c) => bestResponseIn({ ...draft, responses }, c));
  let chosen = "";
  let greatest = -1;
  for (const { id } of draft.responses) {
    const sharing = draft.contexts.filter((__, c) => best[c] === id);
    const total = sumByName(
      sharing.map((context) => context.id),
      sharing.map((context) => context.prior),
    );
    if (total <= greatest) continue;
    greatest = total;
    chosen = id;
  }
  return chosen;
}

/** Contexts from their names and priors, in declared order. */
export function contextsOf(ids: readonly string[], priors: readonly number[]): readonly Context[] {
  return ids.map((id, index) => ({ id, prior: priors[index] ?? 0 }));
}
