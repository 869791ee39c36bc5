import type { Problem } from "../../value/codes.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../value/json-value.ts";
import type { Result } from "../../value/result.ts";
import {
  name,
  oneOf,
  type Parser,
  type Place,
  parseWith,
  placeBelow,
  refuseAt,
  refuseKind,
  text,
} from "../../value/shape.ts";
import { object, optional, withDefault } from "../../value/shape-object.ts";
import { quote } from "../../value/text.ts";
import {
  assembleSituation,
  contextsOf,
  horizonLength,
  namedList,
  outcomeNames,
  useCount,
} from "./assemble-situation.ts";
import { noTerms } from "./response-terms.ts";
import { type Situation, type SituationResponse, type SituationStep, situationLimits } from "./situation.ts";
import {
  byContext,
  finiteNumber,
  normaliseRow,
  numbersByContext,
  probability,
  probabilityRow,
} from "./situation-numbers.ts";

/**
 * Reads a foreign decision card as it is: no `unknown`, no likelihood floor, no surprise, every number taken exactly.
 * Its limit is one for the whole policy alone, and counts the risk of its escalation too.
 *
 * In a card `maxSteps` is the horizon, `commits` are the responses and `maxCatastropheProbability` is the limit. A
 * number stands for every context, `"*"` for the contexts not named. An absent `cost`, `catastrophe` or `pFixed` is 0.
 * Other fields at the top (`computed`, notes) are ignored. Further down only extra text is ignored: any other extra
 * could change the meaning and is refused.
 */
export function parseCard(value: JsonValue): Result<Situation, readonly Problem[]> {
  return parseWith(readCard, value);
}

const cardFields = [
  "id",
  "title",
  "unit",
  "contexts",
  "catastropheUtility",
  "maxCatastropheProbability",
  "maxSteps",
  "steps",
  "commits",
  "averagePlan",
] as const;

/** Whether a document is a foreign card and not a situation: only a card has `commits`. */
export function isCard(value: JsonValue): boolean {
  return isJsonObject(value) && Object.hasOwn(value, "commits");
}

function readCard(value: JsonValue, at: Place): Situation | undefined {
  if (!isJsonObject(value)) return refuseKind(at, "a decision card", value);
  const contexts = namedList(
    "context",
    withoutText(object({ id: contextName(), prior: probability() }), ["id", "prior"]),
    situationLimits.contexts,
  );
  const known = contexts(value["contexts"] ?? [], placeBelow(at, "contexts"));
  if (known === undefined) return undefined;
  const ids = known.map((context) => context.id);
  const card = object({
    id: withDefault(text(), ""),
    title: withDefault(text(), ""),
    unit: withDefault(text(), ""),
    contexts,
    catastropheUtility: finiteNumber(),
    maxCatastropheProbability: probability(),
    maxSteps: horizonLength(),
    steps: withDefault(namedList("step", readStep(ids), situationLimits.steps), []),
    commits: namedList("response", readCommit(ids), situationLimits.responses),
    averagePlan: optional(text()),
  })(onlyFields(value, cardFields), at);
  const priors = normaliseRow(
    ids,
    known.map((context) => context.prior),
    placeBelow(at, "contexts"),
  );
  if (card === undefined || priors === undefined) return undefined;
  const { maxCatastropheProbability: limit, maxSteps: horizon, commits: responses, averagePlan = null, ...rest } = card;
  return assembleSituation(
    {
      ...rest,
      title: card.title || card.id,
      contexts: contextsOf(ids, priors),
      responses,
      limit,
      limitGivenEvidence: 1,
      limitCovers: "everything",
      riskSpent: 0,
      horizon,
      averagePlan,
      surpriseThreshold: 0,
      conflictThreshold: 0,
      unknownMax: 1,
      seen: null,
      escalation: null,
      beliefTest: { plausible: null, cheapLoss: null, reversible: [], detected: [] },
      terms: noTerms,
      defaults: [],
      sources: [],
    },
    at,
    { responses: "commits" },
  );
}

function readStep(contextIds: readonly string[]): Parser<SituationStep> {
  const numbers = numbersByContext(contextIds, finiteNumber());
  const probabilities = numbersByContext(contextIds, probability());
  const common = {
    id: name(),
    kind: oneOf(["probe", "wait", "try"]),
    cost: withDefault(numbers, []),
    catastrophe: withDefault(probabilities, []),
    maxUses: withDefault(useCount(), 1),
  };
  const readProbe = object({ ...common, outcomes: outcomeNames(name()), likelihood: anyRows(contextIds) });
  const readTry = object({ ...common, pFixed: withDefault(probabilities, []), fixedUtility: numbers });
  return (value, at) => {
    if (!isJsonObject(value)) return refuseKind(at, "a step", value);
    const isTry = value["kind"] === "try";
    const fields = isTry ? ["pFixed", "fixedUtility"] : ["outcomes", "likelihood"];
    const stripped = dropText(value, [...Object.keys(common), ...fields]);
    const step = isTry ? readTry(stripped, at) : readProbe(stripped, at);
    if (step === undefined) return undefined;
    const base = {
      id: step.id,
      costByContext: filled(contextIds, step.cost),
      catastropheByContext: filled(contextIds, step.catastrophe),
      maxUses: step.maxUses,
      needs: [],
      spoils: [],
      binding: null,
      classifier: [],
      maxAgeMs: null,
    };
    if ("pFixed" in step) {
      const fixedUtilityByContext = complete(contextIds, step.fixedUtility, placeBelow(at, "fixedUtility"));
      if (fixedUtilityByContext === undefined) return undefined;
      return {
        kind: "try",
        ...base,
        pFixedByContext: filled(contextIds, step.pFixed),
        fixedUtilityByContext,
        check: null,
      };
    }
    const rows = complete(contextIds, rowsOf(contextIds, step.outcomes, value, at), placeBelow(at, "likelihood"));
    if (rows === undefined) return undefined;
    const outcomes = step.outcomes.map((id, o) => ({ id, likelihoodByContext: rows.map((row) => row[o] ?? 0) }));
    return step.kind === "wait"
      ? { kind: "wait", forMs: null, ...base, outcomes, external: true }
      : { kind: "probe", ...base, outcomes, external: true, freshForMs: null };
  };
}

/** Checks only that there are rows. `rowsOf` reads them once the outcomes are known. */
function anyRows(contextIds: readonly string[]): Parser<readonly (JsonValue | null)[]> {
  return byContext(contextIds, (row) => row, isJsonArray);
}

function rowsOf(
  contextIds: readonly string[],
  outcomes: readonly string[],
  step: JsonObject,
  at: Place,
): readonly (readonly number[] | null)[] | undefined {
  return byContext(
    contextIds,
    probabilityRow(outcomes),
    isJsonArray,
  )(step["likelihood"] ?? null, placeBelow(at, "likelihood"));
}

function readCommit(contextIds: readonly string[]): Parser<SituationResponse> {
  const read = object({
    id: name(),
    kind: withDefault(oneOf(["act", "escalate"]), "act"),
    utility: numbersByContext(contextIds, finiteNumber()),
    catastrophe: withDefault(numbersByContext(contextIds, probability()), []),
  });
  return (value, at) => {
    const response = withoutText(read, ["id", "kind", "utility", "catastrophe"])(value, at);
    if (response === undefined) return undefined;
    const utilityByContext = complete(contextIds, response.utility, placeBelow(at, "utility"));
    if (utilityByContext === undefined) return undefined;
    return {
      kind: response.kind,
      id: response.id,
      utilityByContext,
      catastropheByContext: filled(contextIds, response.catastrophe),
      needs: [],
      binding: null,
      text: "",
    };
  };
}

function contextName(): Parser<string> {
  const read = name();
  return (value, at) =>
    value === "*"
      ? refuseAt(at, "E_NAME_CHARSET", "`*` stands for the contexts not named and cannot name one")
      : read(value, at);
}

function filled(contextIds: readonly string[], numbers: readonly (number | null)[]): readonly number[] {
  return contextIds.map((_, index) => numbers[index] ?? 0);
}

function complete<T>(
  contextIds: readonly string[],
  items: readonly (T | null)[] | undefined,
  at: Place,
): readonly T[] | undefined {
  if (items === undefined) return undefined;
  const missing = contextIds.filter((_, index) => items[index] === null);
  for (const id of missing)
    refuseAt(at, "E_SCHEMA_MISSING_FIELD", `the context ${quote(id)} has no value here`, `add ${quote(id)} or \`*\``);
  return missing.length === 0 ? items.filter((item) => item !== null) : undefined;
}

function onlyFields(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => names.includes(key)));
}

/** Drops unknown fields that hold text, which are notes. Other unknown fields stay, and the reader refuses them. */
function dropText(value: JsonObject, known: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(value).filter(([key, child]) => known.includes(key) || typeof child !== "string"),
  );
}

function withoutText<T>(read: Parser<T>, known: readonly string[]): Parser<T> {
  return (value, at) => read(isJsonObject(value) ? dropText(value, known) : value, at);
}
