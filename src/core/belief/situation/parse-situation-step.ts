import type { OutcomeDeclaration } from "../../domain/domain.ts";
import { sourceText } from "../../domain/parse-action.ts";
import { canonicalText } from "../../value/canonical.ts";
import { duration } from "../../value/duration.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../value/json-value.ts";
import {
  anyJson,
  boolean,
  listOf,
  name,
  oneOf,
  type Parser,
  type Place,
  placeBelow,
  recordOf,
  refuseAt,
  refuseKind,
  text,
} from "../../value/shape.ts";
import { object, optional, taggedBy, withDefault } from "../../value/shape-object.ts";
import { outcomeNames, useCount } from "./assemble-situation.ts";
import { needs } from "./preconditions.ts";
import { type RowRules, type SourcedRow, sourcedRow, uniform } from "./probability-sources.ts";
import {
  type Binding,
  type BoundArgument,
  type Need,
  type Outcome,
  type ProbeStep,
  type SituationStep,
  situationLimits,
  unknownContext,
} from "./situation.ts";
import { byContext, finiteNumber, numbersByContext, probability, refuseUnknownName } from "./situation-numbers.ts";
import { applyFloor, completeNumbers, type Notes, note, unknownRules } from "./unknown-defaults.ts";

/** What the readers of steps and responses share: the contexts, the rules for rows, and the notes taken on the way. */
export interface Reading {
  readonly contextIds: readonly string[];
  readonly rules: RowRules;
  readonly likelihoodFloor: number;
  /** What every second of the incident costs; `null` where the situation does not say. */
  readonly costPerSecond: readonly number[] | null;
  readonly notes: Notes;
}

/** The fields that bind a step or a response to an action of the pack. */
export const bindingFields = { action: optional(name()), args: withDefault(boundArguments(), []) } as const;

/** The binding that the two fields declare; `null` when they name no action. */
export function bindingOf(fields: {
  readonly action?: string;
  readonly args: readonly BoundArgument[];
}): Binding | null {
  return fields.action === undefined ? null : { action: fields.action, args: fields.args };
}

/** Reads arguments in the wire form, or in the short form of an object from name to literal. */
function boundArguments(): Parser<readonly BoundArgument[]> {
  const wire = listOf(object({ name: name(), from: oneOf(["literal", "input", "each"]), value: text() }));
  const short = recordOf(anyJson());
  return (value, at) => {
    if (isJsonArray(value)) return wire(value, at);
    const literals = short(value, at);
    if (literals === undefined) return undefined;
    return Object.entries(literals).map(([argument, literal]) => ({
      name: argument,
      from: "literal",
      value: canonicalText(literal),
    }));
  };
}

/** Reads one step of a situation. */
export function situationStep(reading: Reading): Parser<SituationStep> {
  const numbers = numbersByContext(reading.contextIds, finiteNumber());
  const probabilities = numbersByContext(reading.contextIds, probability());
  const base = {
    id: name(),
    text: withDefault(text(), ""),
    ...bindingFields,
    cost: withDefault(numbers, []),
    catastrophe: withDefault(probabilities, []),
    maxUses: withDefault(useCount(), 1),
    needs: withDefault(needs(), []),
    spoils: withDefault(listOf(name(), { itemsMax: situationLimits.steps }), []),
    maxAge: optional(duration()),
    exact: withDefault(boolean(), false),
  };
  const looking = {
    outcomes: outcomeNames(name()),
    likelihood: anyJson(),
    external: withDefault(boolean(), true),
    classifier: withDefault(recordOf(sourceText()), {}),
  };
  const readProbe = object({
    ...base,
    kind: oneOf(["probe"]),
    freshFor: optional(duration()),
    takes: optional(duration()),
    ...looking,
  });
  const readWait = object({ ...base, kind: oneOf(["wait"]), for: optional(duration()), ...looking });
  const readTry = object({
    ...base,
    kind: oneOf(["try"]),
    pFixed: withDefault(probabilities, []),
    fixedUtility: numbers,
    check: optional(object(bindingFields)),
    classifier: withDefault(recordOf(sourceText()), {}),
  });
  const probe: Parser<SituationStep> = (value, at) => {
    const step = readProbe(value, at);
    const fields = step === undefined ? undefined : lookingFields(reading, step, at);
    if (step === undefined || fields === undefined) return undefined;
    const { freshFor: freshForMs = null } = step;
    const waited = waitOf(reading, step.takes, at);
    if (waited === undefined || !mayReadAgain(freshForMs, fields, at)) return undefined;
    return { kind: "probe", ...fields, freshForMs, ...withWait(fields.costByContext, waited) };
  };
  const wait: Parser<SituationStep> = (value, at) => {
    const step = readWait(withElapsed(value), at);
    const fields = step === undefined ? undefined : lookingFields(reading, step, at);
    return fields === undefined ? undefined : { kind: "wait", forMs: step?.for ?? null, ...fields };
  };
  const attempt: Parser<SituationStep> = (value, at) => {
    const step = readTry(value, at);
    return step === undefined ? undefined : tryStep(reading, step, at);
  };
  return taggedBy("kind", { probe, wait, try: attempt });
}

/** What the damage costs while a probe is waited for; `null` where nothing is declared. */
function waitOf(
  { costPerSecond }: Reading,
  takesMs: number | undefined,
  at: Place,
): readonly number[] | null | undefined {
  if (takesMs === undefined) return null;
  if (costPerSecond !== null) return costPerSecond.map((cost) => (cost * takesMs) / 1_000);
  return refuseAt(
    placeBelow(at, "takes"),
    "E_SCHEMA_MISSING_FIELD",
    "nothing says what the time costs that the probe takes",
    "add `costPerSecond` to the situation",
  );
}

function withWait(
  costByContext: readonly number[],
  waitByContext: readonly number[] | null,
): Pick<ProbeStep, "costByContext"> & Partial<Pick<ProbeStep, "waitByContext">> {
  if (waitByContext === null) return { costByContext };
  return { costByContext: costByContext.map((cost, c) => cost + (waitByContext[c] ?? 0)), waitByContext };
}

/** Whether an answer may have an age: one that is out of date is read again, and nobody asked for that risk. */
function mayReadAgain(
  freshForMs: number | null,
  { catastropheByContext }: { readonly catastropheByContext: readonly number[] },
  at: Place,
): boolean {
  if (freshForMs === null || catastropheByContext.every((risk) => risk === 0)) return true;
  refuseAt(
    placeBelow(at, "freshFor"),
    "E_SCHEMA",
    "a probe that may itself end in catastrophe is not read a second time",
    "leave `freshFor` out: the answer then stands for the whole incident",
  );
  return false;
}

/**
 * The fields that a probe and a wait share. Both parts are read before either is missed, so that every problem is
 * reported.
 */
function lookingFields(reading: Reading, step: CommonFields & LookingFields, at: Place) {
  const common = commonFields(reading, step, at);
  const seen = outcomesOf(reading, step, at);
  return common === undefined || seen === undefined ? undefined : { ...common, ...seen, external: step.external };
}

interface CommonFields {
  readonly id: string;
  readonly action?: string;
  readonly args: readonly BoundArgument[];
  readonly cost: readonly (number | null)[];
  readonly catastrophe: readonly (number | null)[];
  readonly maxUses: number;
  readonly needs: readonly Need[];
  readonly spoils: readonly string[];
  readonly maxAge?: number;
}

function commonFields({ contextIds, notes }: Reading, step: CommonFields, at: Place) {
  const costByContext = completeNumbers(contextIds, step.cost, placeBelow(at, "cost"), {
    absent: 0,
    unknown: unknownRules.greatestCost,
    notes,
  });
  const catastropheByContext = completeNumbers(contextIds, step.catastrophe, placeBelow(at, "catastrophe"), {
    absent: 0,
    unknown: unknownRules.meanCatastrophe,
    notes,
  });
  if (costByContext === undefined || catastropheByContext === undefined) return undefined;
  return {
    id: step.id,
    costByContext,
    catastropheByContext,
    maxUses: step.maxUses,
    needs: step.needs,
    spoils: step.spoils,
    binding: bindingOf(step),
    maxAgeMs: step.maxAge ?? null,
  };
}

interface TryFields extends CommonFields {
  readonly exact: boolean;
  readonly pFixed: readonly (number | null)[];
  readonly fixedUtility: readonly (number | null)[];
  readonly check?: { readonly action?: string; readonly args: readonly BoundArgument[] };
  readonly classifier: Readonly<Record<string, string>>;
}

function tryStep(reading: Reading, step: TryFields, at: Place): SituationStep | undefined {
  const { contextIds, notes, likelihoodFloor } = reading;
  const common = commonFields(reading, step, at);
  const declared = completeNumbers(contextIds, step.pFixed, placeBelow(at, "pFixed"), {
    absent: 0,
    unknown: unknownRules.neverFixes,
    notes,
  });
  const fixedUtilityByContext = completeNumbers(contextIds, step.fixedUtility, placeBelow(at, "fixedUtility"), {
    absent: null,
    unknown: unknownRules.worstUtility,
    notes,
  });
  const classifier = classifierOf(step.classifier, ["fixed", "not_fixed"], placeBelow(at, "classifier"));
  if (common === undefined || declared === undefined || fixedUtilityByContext === undefined || classifier === undefined)
    return undefined;
  // The floor is for `not_fixed`, which a certain fix would make impossible. `fixed` needs none: it ends the episode.
  const certain = 1 - likelihoodFloor;
  const pFixedByContext = step.exact ? declared : declared.map((p) => Math.min(p, certain));
  if (pFixedByContext.some((p, c) => p !== declared[c])) {
    note(
      notes,
      placeBelow(at, "pFixed"),
      "likelihood_floor",
      `\`not_fixed\` keeps a likelihood of ${likelihoodFloor}; declare the step \`exact\` to drop it`,
    );
  }
  return {
    kind: "try",
    ...common,
    classifier,
    pFixedByContext,
    fixedUtilityByContext,
    check: step.check === undefined ? null : bindingOf(step.check),
  };
}

interface LookingFields {
  readonly outcomes: readonly string[];
  readonly likelihood: JsonValue;
  readonly external: boolean;
  readonly exact: boolean;
  readonly classifier: Readonly<Record<string, string>>;
}

function outcomesOf(
  reading: Reading,
  step: LookingFields,
  at: Place,
): { outcomes: readonly Outcome[]; classifier: readonly OutcomeDeclaration[] } | undefined {
  const { contextIds, rules, notes, likelihoodFloor } = reading;
  const place = placeBelow(at, "likelihood");
  const readRow = sourcedRow(step.outcomes, rules, (item) => rowOf(step.outcomes, item));
  const isRow = (value: JsonValue): boolean =>
    isJsonArray(value) ||
    (isJsonObject(value) && ["probabilities", "counts", "opinion"].some((key) => Object.hasOwn(value, key)));
  const rows = byContext(contextIds, readRow, isRow)(step.likelihood, place);
  const classifier = classifierOf(step.classifier, step.outcomes, placeBelow(at, "classifier"));
  if (rows === undefined || classifier === undefined) return undefined;
  const complete = contextIds.map((id, c) => completeRow(reading, step, id, rows[c] ?? null, place));
  if (!complete.every((row) => row !== undefined)) return undefined;
  const floored = step.exact
    ? complete
    : complete.map((row, c) =>
        applyFloor(step.outcomes, row, likelihoodFloor, placeBelow(place, contextIds[c] ?? ""), notes),
      );
  return {
    classifier,
    outcomes: step.outcomes.map((id, o) => ({ id, likelihoodByContext: floored.map((row) => row[o] ?? 0) })),
  };
}

function completeRow(
  { notes }: Reading,
  step: LookingFields,
  contextId: string,
  given: SourcedRow | null,
  place: Place,
): readonly number[] | undefined {
  if (given !== null) {
    if (given.source !== null) notes.sources.push(given.source);
    return given.row;
  }
  if (contextId !== unknownContext) {
    return refuseAt(
      place,
      "E_SCHEMA_MISSING_FIELD",
      `no likelihood is given under the context \`${contextId}\``,
      `add \`${contextId}\` or \`*\``,
    );
  }
  note(notes, place, "unknown_likelihood", "under `unknown` every outcome is equally likely");
  return uniform(step.outcomes);
}

/** Reads a list with one number for each outcome. */
function rowOf(outcomes: readonly string[], item: Parser<number>): Parser<readonly number[]> {
  return (value, at) => {
    if (!isJsonArray(value)) return refuseKind(at, "a list of numbers", value);
    if (value.length !== outcomes.length) {
      return refuseAt(
        at,
        "E_SITUATION_ROW_LENGTH",
        `expected ${outcomes.length} numbers, one for each outcome, found ${value.length}`,
      );
    }
    return listOf(item)(value, at);
  };
}

/**
 * The rules that turn raw output into an outcome, in the order of outcomes. Either every outcome has a rule or none
 * has.
 */
function classifierOf(
  rules: Readonly<Record<string, string>>,
  outcomes: readonly string[],
  at: Place,
): readonly OutcomeDeclaration[] | undefined {
  const names = Object.keys(rules);
  const strangers = names.filter((outcome) => !outcomes.includes(outcome));
  for (const stranger of strangers) refuseUnknownName(placeBelow(at, stranger), "outcome", stranger, outcomes);
  if (strangers.length > 0) return undefined;
  const missing = outcomes.filter((outcome) => names.length > 0 && !names.includes(outcome));
  for (const outcome of missing)
    refuseAt(
      at,
      "E_SCHEMA_MISSING_FIELD",
      `the classifier never gives the outcome \`${outcome}\``,
      `add a rule for \`${outcome}\``,
    );
  if (missing.length > 0) return undefined;
  return names.length === 0 ? [] : outcomes.map((outcome) => ({ name: outcome, when: rules[outcome] ?? "" }));
}

/** A wait that looks at nothing has the one outcome `elapsed`. */
function withElapsed(value: JsonValue): JsonValue {
  if (!isJsonObject(value) || Object.hasOwn(value, "outcomes") || Object.hasOwn(value, "likelihood")) return value;
  const elapsed: JsonObject = { outcomes: ["elapsed"], likelihood: [1] };
  return { ...value, ...elapsed };
}
