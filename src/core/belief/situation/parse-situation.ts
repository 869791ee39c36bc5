import type { Problem } from "../../value/codes.ts";
import { isJsonObject, type JsonValue } from "../../value/json-value.ts";
import type { Result } from "../../value/result.ts";
import {
  anyJson,
  listOf,
  name,
  number,
  type Parser,
  type Place,
  parseWith,
  placeBelow,
  refine,
  refuseAt,
  refuseKind,
  text,
} from "../../value/shape.ts";
import { documentOf, object, optional, withDefault } from "../../value/shape-object.ts";
import { assembleSituation, contextsOf, horizonLength, namedList } from "./assemble-situation.ts";
import { situationResponse } from "./parse-situation-response.ts";
import { type Reading, situationStep } from "./parse-situation-step.ts";
import { type OpinionUse, sourcedRow } from "./probability-sources.ts";
import { termFields } from "./response-terms.ts";
import {
  type BeliefTestDeclaration,
  type Situation,
  type SituationResponse,
  situationLimits,
  unknownContext,
} from "./situation.ts";
import { byContext, finiteNumber, normaliseRow, numbersByContext, probability } from "./situation-numbers.ts";
import {
  completeNumbers,
  completePriors,
  likelihoodFloorByDefault,
  type Notes,
  unknownRules,
} from "./unknown-defaults.ts";

/**
 * An outcome less likely than this under the named contexts is a surprise, unless the situation declares another
 * threshold.
 */
const surpriseThresholdByDefault = 0.01;

/**
 * Evidence ten times less likely together than its parts would be apart conflicts, unless the situation declares
 * another share. A context that explains it makes it likelier together, not less.
 */
const conflictThresholdByDefault = 0.1;

/**
 * There is no act while `unknown` is likelier than everything else together, unless the situation declares otherwise.
 */
const unknownMaxByDefault = 0.5;

/** The most incidents that the opinion in one row may count for, unless the situation declares another cap. */
export const opinionCapByDefault = 10;

/**
 * Reads a situation (`interlock.situation/1`, the value of a `situation.yaml`). Its contexts end in `unknown`. A stated
 * rule supplies every number that the document leaves out, and `defaults` lists each of them.
 *
 * @param options.opinion - `counted` is the ordinary reading; `removed` reads as if no expert or model had been asked
 */
export function parseSituation(
  value: JsonValue,
  options: { readonly opinion: OpinionUse } = { opinion: "counted" },
): Result<Situation, readonly Problem[]> {
  return parseWith((document, at) => readSituation(document, at, options.opinion), value);
}

const contextFields = { id: name(), prior: optional(probability()), text: withDefault(text(), "") } as const;

function readSituation(value: JsonValue, at: Place, opinion: OpinionUse): Situation | undefined {
  if (!isJsonObject(value)) return refuseKind(at, "a situation", value);
  const contexts = endingInUnknown(namedList("context", object(contextFields), situationLimits.contexts));
  const known = contexts(value["contexts"] ?? [], placeBelow(at, "contexts"));
  if (known === undefined) return undefined;
  const contextIds = known.map(({ id }) => id);
  const notes: Notes = { defaults: [], sources: [] };
  const reading: Reading = {
    contextIds,
    notes,
    costPerSecond: costPerSecondOf(value, { contextIds, notes }, at),
    likelihoodFloor: tuning(value, "likelihoodFloor", likelihoodFloorByDefault),
    rules: { opinion, opinionCap: tuning(value, "opinionCap", opinionCapByDefault) },
  };
  const document = documentOf("interlock.situation/1", {
    id: name(),
    title: withDefault(text(), ""),
    unit: withDefault(text(), ""),
    contexts,
    prior: optional(priorRow(reading)),
    catastropheUtility: finiteNumber(),
    limit: probability(),
    limitGivenEvidence: optional(probability()),
    horizon: horizonLength(),
    // Steps are read with it, so it is checked before them.
    costPerSecond: optional(anyJson()),
    surprise: withDefault(probability(), surpriseThresholdByDefault),
    conflict: withDefault(probability(), conflictThresholdByDefault),
    unknownMax: withDefault(probability(), unknownMaxByDefault),
    likelihoodFloor: optional(number({ min: 0, max: 0.05 })),
    opinionCap: optional(number({ min: 0, max: 1000 })),
    steps: withDefault(namedList("step", situationStep(reading), situationLimits.steps), []),
    responses: namedList("response", situationResponse(reading), situationLimits.responses),
    averagePlan: optional(text()),
    escalation: optional(text()),
    beliefTest: withDefault(beliefTest(), noBeliefTest),
    ...termFields,
  })(value, at);
  const priors = priorsOf(reading, known, document?.prior, at);
  if (document === undefined || priors === undefined) return undefined;
  if (!namesEscalation(document.responses, at) || !namesApart(document, at)) return undefined;
  return assembleSituation(
    {
      id: document.id,
      title: document.title || document.id,
      unit: document.unit,
      contexts: contextsOf(contextIds, priors),
      steps: document.steps,
      responses: document.responses,
      catastropheUtility: document.catastropheUtility,
      limit: document.limit,
      limitGivenEvidence: document.limitGivenEvidence ?? document.limit,
      limitCovers: "own_moves",
      riskSpent: 0,
      horizon: document.horizon,
      surpriseThreshold: document.surprise,
      conflictThreshold: document.conflict,
      unknownMax: document.unknownMax,
      seen: null,
      escalation: document.escalation ?? null,
      averagePlan: document.averagePlan ?? null,
      beliefTest: document.beliefTest,
      terms: { alerts: document.alerts, objective: document.objective, witness: document.witness ?? null },
      defaults: notes.defaults,
      sources: notes.sources,
    },
    at,
    { responses: "responses" },
  );
}

function namesEscalation(responses: readonly SituationResponse[], at: Place): boolean {
  if (responses.some(({ kind }) => kind === "escalate")) return true;
  refuseAt(
    placeBelow(at, "responses"),
    "E_SITUATION_NO_ESCALATION",
    "no response escalates: surprises and missing answers would lead nowhere",
  );
  return false;
}

/** Whether what a failed read-back says can be told from what a step says: it stands under the response's name. */
function namesApart(
  { steps, responses }: { readonly steps: Situation["steps"]; readonly responses: readonly SituationResponse[] },
  at: Place,
): boolean {
  const index = responses.findIndex(
    ({ id, restoresByContext }) => restoresByContext !== undefined && steps.some((step) => step.id === id),
  );
  if (index === -1) return true;
  const place = placeBelow(placeBelow(placeBelow(at, "responses"), index), "id");
  const message = `a step is called \`${responses[index]?.id ?? ""}\` as well`;
  refuseAt(
    place,
    "E_SCHEMA",
    message,
    "give one of them another name: what a response's check says stands under its name",
  );
  return false;
}

const noBeliefTest: BeliefTestDeclaration = { plausible: null, cheapLoss: null, reversible: [], detected: [] };

function beliefTest(): Parser<BeliefTestDeclaration> {
  const names = withDefault(listOf(name(), { itemsMax: situationLimits.responses }), []);
  const read = object({
    plausible: optional(probability()),
    cheapLoss: optional(number({ min: 0, max: 1e12 })),
    reversible: names,
    detected: names,
  });
  return refine(read, ({ plausible = null, cheapLoss = null, reversible, detected }) => ({
    plausible,
    cheapLoss,
    reversible,
    detected,
  }));
}

/**
 * A field that is needed to read other fields. It is checked with the rest of the document, so a bad value is the
 * default here.
 */
function tuning(value: { readonly [key: string]: JsonValue }, field: string, byDefault: number): number {
  const given = value[field];
  return typeof given === "number" && Number.isFinite(given) && given >= 0 ? given : byDefault;
}

/** What every second of the incident costs, by context; `null` where it is not given, or not as it should be. */
function costPerSecondOf(
  value: { readonly [key: string]: JsonValue },
  { contextIds, notes }: Pick<Reading, "contextIds" | "notes">,
  at: Place,
): readonly number[] | null {
  const given = value["costPerSecond"];
  if (given === undefined) return null;
  const place = placeBelow(at, "costPerSecond");
  const read = numbersByContext(contextIds, number({ min: 0, max: 1e12 }))(given, place);
  const rules = { absent: 0, unknown: unknownRules.greatestCost, notes } as const;
  return read === undefined ? null : (completeNumbers(contextIds, read, place, rules) ?? null);
}

function endingInUnknown<T extends { readonly id: string }>(read: Parser<readonly T[]>): Parser<readonly T[]> {
  return (value, at) => {
    const contexts = read(value, at);
    if (contexts === undefined) return undefined;
    const last = contexts[contexts.length - 1];
    if (last?.id === unknownContext && contexts.length > 1) return contexts;
    const says =
      last?.id === unknownContext
        ? "no context is named beside `unknown`"
        : "the list of contexts does not end in `unknown`";
    return refuseAt(at, "E_SITUATION_NO_UNKNOWN", says);
  };
}

/**
 * Reads `prior`, the alternative to a prior in each context: counts, opinion or probabilities by context. It may leave
 * out `unknown`.
 */
function priorRow(reading: Reading): Parser<{ readonly row: readonly number[]; readonly isUnknownGiven: boolean }> {
  return (value, at) => {
    if (!isJsonObject(value)) return refuseKind(at, "an object with `counts`, `opinion` or `probabilities`", value);
    const isUnknownGiven = Object.values(value).some(
      (part) => isJsonObject(part) && Object.hasOwn(part, unknownContext),
    );
    const names = isUnknownGiven ? reading.contextIds : reading.contextIds.filter((id) => id !== unknownContext);
    const list =
      (item: Parser<number>): Parser<readonly number[]> =>
      (part, place) => {
        const numbers = byContext(names, item, () => false)(part, place);
        return numbers?.map((one) => one ?? 0);
      };
    const sourced = sourcedRow(names, reading.rules, list)(value, at);
    if (sourced === undefined) return undefined;
    if (sourced.source !== null) reading.notes.sources.push(sourced.source);
    return { row: sourced.row, isUnknownGiven };
  };
}

type PriorRow = { readonly row: readonly number[]; readonly isUnknownGiven: boolean };

function priorsOf(
  { contextIds, notes }: Reading,
  known: readonly { readonly id: string; readonly prior?: number }[],
  fromCounts: PriorRow | undefined,
  at: Place,
): readonly number[] | undefined {
  const place = placeBelow(at, "contexts");
  if (fromCounts !== undefined) {
    const twice = known.find(({ prior }) => prior !== undefined);
    if (twice !== undefined)
      return refuseAt(
        placeBelow(at, "prior"),
        "E_SCHEMA",
        `\`${twice.id}\` has a prior of its own already`,
        "give priors in one place only",
      );
    return fromCounts.isUnknownGiven ? fromCounts.row : completePriors(contextIds, fromCounts.row, place, notes);
  }
  const named = known.slice(0, -1);
  const missing = named.filter(({ prior }) => prior === undefined);
  missing.forEach(({ id }) =>
    refuseAt(
      placeBelow(place, contextIds.indexOf(id)),
      "E_SCHEMA_MISSING_FIELD",
      `the context \`${id}\` has no prior`,
      "add `prior`, or give all of them as counts in `prior:`",
    ),
  );
  if (missing.length > 0) return undefined;
  const unknownPrior = known[known.length - 1]?.prior;
  const given = named.map(({ prior }) => prior ?? 0);
  if (unknownPrior !== undefined) return normaliseRow(contextIds, [...given, unknownPrior], place);
  const row = normaliseRow(contextIds.slice(0, -1), given, place);
  return row === undefined ? undefined : completePriors(contextIds, row, place, notes);
}
