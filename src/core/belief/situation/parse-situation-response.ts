import { name, number, oneOf, type Parser, type Place, placeBelow, refuseAt, text } from "../../value/shape.ts";
import { object, optional, withDefault } from "../../value/shape-object.ts";
import { bindingFields, bindingOf, type Reading } from "./parse-situation-step.ts";
import { needs } from "./preconditions.ts";
import type { SituationResponse } from "./situation.ts";
import { finiteNumber, numbersByContext, probability } from "./situation-numbers.ts";
import { completeNumbers, unknownRules } from "./unknown-defaults.ts";

/** Reads one response: an act, or the hand-over to a person. */
export function situationResponse(reading: Reading): Parser<SituationResponse> {
  const { contextIds, notes } = reading;
  const read = object({
    id: name(),
    kind: withDefault(oneOf(["act", "escalate"]), "act"),
    text: withDefault(text(), ""),
    ...bindingFields,
    utility: optional(numbersByContext(contextIds, finiteNumber())),
    person: optional(person(reading)),
    catastrophe: withDefault(numbersByContext(contextIds, probability()), []),
    needs: withDefault(needs(), []),
    restores: optional(numbersByContext(contextIds, probability())),
    undo: optional(undo(reading)),
  });
  return (value, at) => {
    const response = read(value, at);
    if (response === undefined || !isPriced(response, at)) return undefined;
    const unknown = response.kind === "act" ? unknownRules.meanCatastrophe : unknownRules.worstCatastrophe;
    const { utility = contextIds.map(() => null), person: priced } = response;
    const utilityByContext =
      priced === undefined
        ? completeNumbers(contextIds, utility, placeBelow(at, "utility"), {
            absent: null,
            unknown: unknownRules.worstUtility,
            notes,
          })
        : priced.map((worth, c) => utility[c] ?? worth);
    const catastropheByContext = completeNumbers(contextIds, response.catastrophe, placeBelow(at, "catastrophe"), {
      absent: 0,
      unknown,
      notes,
    });
    const restoresByContext = restoresOf(reading, response, at);
    if (utilityByContext === undefined || catastropheByContext === undefined || restoresByContext === null)
      return undefined;
    return {
      kind: response.kind,
      id: response.id,
      utilityByContext,
      catastropheByContext,
      needs: response.needs,
      binding: bindingOf(response),
      text: response.text,
      ...(restoresByContext === undefined ? {} : { restoresByContext }),
      ...(response.undo === undefined ? {} : { undo: response.undo }),
    };
  };
}

/** How often a response restores, by context; `undefined` where it does not say, and `null` where that is refused. */
function restoresOf(
  { contextIds, notes }: Reading,
  {
    kind,
    restores,
    undo: undone,
  }: { readonly kind: string; readonly restores?: readonly (number | null)[]; readonly undo?: unknown },
  at: Place,
): readonly number[] | undefined | null {
  if (kind !== "act" && (restores ?? undone) !== undefined) {
    refuseAt(at, "E_SCHEMA", "only an act restores, and only an act can be undone", "leave `restores` and `undo` out");
    return null;
  }
  if (restores === undefined && undone !== undefined) {
    refuseAt(
      at,
      "E_SCHEMA_MISSING_FIELD",
      "`undo` is chosen after a read-back that failed, and nothing says what that means",
      "add `restores`: how probable it is in each context that the response is read back",
    );
    return null;
  }
  if (restores === undefined) return undefined;
  const rules = { absent: null, unknown: unknownRules.evenRestores, notes } as const;
  return completeNumbers(contextIds, restores, placeBelow(at, "restores"), rules) ?? null;
}

/** Reads what it is worth to undo a response, and what that may cause. */
function undo({ contextIds, notes }: Reading): Parser<NonNullable<SituationResponse["undo"]>> {
  const read = object({
    utility: numbersByContext(contextIds, finiteNumber()),
    catastrophe: withDefault(numbersByContext(contextIds, probability()), []),
  });
  return (value, at) => {
    const given = read(value, at);
    if (given === undefined) return undefined;
    const utilityByContext = completeNumbers(contextIds, given.utility, placeBelow(at, "utility"), {
      absent: null,
      unknown: unknownRules.worstUtility,
      notes,
    });
    const catastropheByContext = completeNumbers(contextIds, given.catastrophe, placeBelow(at, "catastrophe"), {
      absent: 0,
      unknown: unknownRules.meanCatastrophe,
      notes,
    });
    return utilityByContext && catastropheByContext && { utilityByContext, catastropheByContext };
  };
}

/** Whether a response says what it is worth: with `utility`, or as an escalation with `person`. */
function isPriced(
  response: { readonly kind: string; readonly utility?: unknown; readonly person?: unknown },
  at: Place,
): boolean {
  if (response.kind === "act" && response.person !== undefined) {
    refuseAt(placeBelow(at, "person"), "E_SCHEMA", "only a response of kind `escalate` calls a person");
    return false;
  }
  if (response.utility !== undefined || response.person !== undefined) return true;
  const isEscalation = response.kind === "escalate";
  refuseAt(
    at,
    "E_SCHEMA_MISSING_FIELD",
    "the response has no `utility`",
    isEscalation
      ? "say with `person` what a page costs and how long a person takes, or add `utility`"
      : "add `utility`",
  );
  return false;
}

/**
 * Reads what a person costs, and gives what calling one is worth in every context: minus the page, minus what every
 * minute costs until the person has dealt with it, plus what it is worth then.
 */
function person({ contextIds, notes }: Reading): Parser<readonly number[]> {
  const amounts = numbersByContext(contextIds, number({ min: 0, max: 1e12 }));
  const read = object({
    pageCost: number({ min: 0, max: 1e12 }),
    minutes: amounts,
    costPerMinute: amounts,
    thenUtility: withDefault(numbersByContext(contextIds, finiteNumber()), []),
  });
  return (value, at) => {
    const given = read(value, at);
    if (given === undefined) return undefined;
    const greatest = { absent: null, unknown: unknownRules.greatestCost, notes };
    const minutes = completeNumbers(contextIds, given.minutes, placeBelow(at, "minutes"), greatest);
    const cost = completeNumbers(contextIds, given.costPerMinute, placeBelow(at, "costPerMinute"), greatest);
    const then = completeNumbers(contextIds, given.thenUtility, placeBelow(at, "thenUtility"), {
      absent: 0,
      unknown: unknownRules.worstUtility,
      notes,
    });
    if (minutes === undefined || cost === undefined || then === undefined) return undefined;
    return contextIds.map((_, c) => (then[c] ?? 0) - given.pageCost - (minutes[c] ?? 0) * (cost[c] ?? 0));
  };
}
