import type { Problem } from "../value/codes.ts";
import { duration } from "../value/duration.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../value/json-value.ts";
import { limits } from "../value/limits.ts";
import { childPointer } from "../value/pointer.ts";
import { fail, ok, type Result } from "../value/result.ts";
import {
  anyJson,
  listOf,
  name,
  number,
  oneOf,
  type Parser,
  type Place,
  parseWith,
  recordOf,
  refuseAt,
  refuseKind,
  text,
} from "../value/shape.ts";
import { documentOf, object, optional, type ParsedFields, withDefault } from "../value/shape-object.ts";
import { sortedUnique } from "../value/sorted-unique.ts";
import type {
  Action,
  Domain,
  FactExtraction,
  FactValue,
  Freshness,
  Invariant,
  ObjectType,
  Observe,
  UndoCall,
} from "./domain.ts";
import { action, actionName, prose, sourceText } from "./parse-action.ts";
import { jsonPointer, operationRef } from "./parse-reference.ts";
import { factType, identifier, typeName } from "./parse-type.ts";

/**
 * Reads a domain from the form of `domain.yaml`: maps by name, with most fields left out. The result is complete and
 * its lists are sorted, so that two files with the same meaning have one digest.
 *
 * Only the shape is checked here. `checkDomain` then checks that names exist and guards have types.
 *
 * @returns the domain, or every problem of shape with its JSON Pointer into the file
 */
export function parseDomain(value: JsonValue): Result<Domain, readonly Problem[]> {
  const parsed = parseWith(document, value);
  if (!parsed.ok) return fail(parsed.error);
  return ok(buildDomain(parsed.value));
}

const factValue: Parser<FactValue> = (value, at) =>
  typeof value === "object"
    ? refuseKind(at, "a fact's value: a word, a whole number, `true` or `false`", value)
    : value;

const observe = object({
  uses: operationRef(),
  with: withDefault(anyJson(), {}),
  facts: withDefault(recordOf(readExtraction, { key: identifier() }), {}),
  fingerprint: withDefault(listOf(jsonPointer(), { itemsMax: 32 }), []),
  fence: optional(jsonPointer()),
  fresh: optional(readFreshness),
});

const objectType = object({
  summary: withDefault(prose(), ""),
  facts: withDefault(recordOf(factType(), { key: identifier(), entriesMax: 100 }), {}),
  observe: optional(observe),
});

const propertyValue: Parser<string | number | boolean> = (value, at) =>
  typeof value === "object" ? refuseKind(at, "a text, a number, `true` or `false`", value) : value;

const connection = object({ connector: name(), secrets: withDefault(listOf(identifier(), { itemsMax: 16 }), []) });

const fields = {
  name: name(),
  version: text({
    charsMin: 1,
    charsMax: limits.nameCharsMax,
    pattern: /^[A-Za-z0-9][A-Za-z0-9_.+-]*$/,
    says: "a version such as `1.2.0`",
  }),
  summary: withDefault(prose(), ""),
  // The cautious meaning of silence: unattended approvals are for laboratories alone.
  environment: withDefault(oneOf(["lab", "staging", "production"]), "production" as const),
  connections: withDefault(recordOf(connection), {}),
  types: withDefault(recordOf(objectType, { key: typeName() }), {}),
  inventory: withDefault(recordOf(recordOf(readProperties), { key: typeName() }), {}),
  actions: withDefault(recordOf(action(), { key: actionName() }), {}),
  invariants: withDefault(recordOf(readInvariant), {}),
};

const document = documentOf("interlock.domain/1", fields);

function buildDomain(source: { readonly format: "interlock.domain/1" } & ParsedFields<typeof fields>): Domain {
  const actions = Object.entries(source.actions).map(([actionKey, build]) => build(actionKey));
  return {
    format: source.format,
    name: source.name,
    version: source.version,
    summary: source.summary,
    environment: source.environment,
    connections: Object.entries(source.connections).map(([key, declared]) => ({
      name: key,
      connector: declared.connector,
      secrets: [...declared.secrets].sort(),
    })),
    types: Object.entries(source.types).map(([key, declared]) => buildType(key, declared)),
    inventory: Object.entries(source.inventory).flatMap(([type, objects]) =>
      Object.entries(objects).map(([id, properties]) => ({ type, id, properties })),
    ),
    actions: actions.map((declared) => handTargetOn(declared, actions)),
    invariants: Object.entries(source.invariants).map(([key, declared]) => ({ name: key, ...declared })),
  };
}

/**
 * Fills in the target of a compensation: where the pack leaves it out, it is the target of the action itself. So is
 * that of an action which runs afterwards on an object of the same type.
 */
function handTargetOn(declared: Action, actions: readonly Action[]): Action {
  const { compensate, target } = declared;
  if (compensate === null || target === null) return declared;
  const { thenRun } = compensate;
  const targetOf = (call: UndoCall): Action["target"] =>
    actions.find((candidate) => candidate.name === call.action)?.target ?? null;
  const isOfType = (call: UndoCall): boolean => targetOf(call)?.type === target.type;
  return {
    ...declared,
    compensate: {
      ...withTarget(compensate, targetOf(compensate), target),
      ...(thenRun === undefined
        ? {}
        : { thenRun: thenRun.map((call) => (isOfType(call) ? withTarget(call, targetOf(call), target) : call)) }),
    },
  };
}

function withTarget<Call extends UndoCall>(
  call: Call,
  own: Action["target"],
  target: NonNullable<Action["target"]>,
): Call {
  if (own === null || call.args.some((argument) => argument.name === own.argument)) return call;
  const args = [...call.args, { name: own.argument, from: "arg" as const, value: target.argument }];
  return { ...call, args: args.sort((left, right) => (left.name < right.name ? -1 : 1)) };
}

function buildType(key: string, declared: NonNullable<ReturnType<typeof objectType>>): ObjectType {
  const facts = Object.entries(declared.facts).map(([fact, type]) => ({ name: fact, type }));
  return {
    name: key,
    summary: declared.summary,
    facts,
    observe: declared.observe === undefined ? null : buildObserve(declared.observe, facts),
  };
}

/** Adds the facts that `observe` does not name. They are in the output under their own names. */
function buildObserve(source: NonNullable<ReturnType<typeof observe>>, facts: ObjectType["facts"]): Observe {
  const unnamed = facts.filter((fact) => !Object.hasOwn(source.facts, fact.name));
  const extractions: readonly FactExtraction[] = [
    ...Object.entries(source.facts).map(([fact, extraction]) => ({ fact, ...extraction })),
    ...unnamed.map((fact) => ({ fact: fact.name, pointer: childPointer("", fact.name), map: null, atLeast: null })),
  ];
  return {
    uses: source.uses,
    with: source.with,
    facts: extractions.toSorted((left, right) => (left.fact < right.fact ? -1 : 1)),
    fingerprint: sortedUnique(source.fingerprint),
    fence: source.fence ?? null,
    ...(source.fresh === undefined ? {} : { fresh: source.fresh }),
  };
}

/** Reads when a reading is fresh: `{pointer, is}` or `{pointer, within}`. */
function readFreshness(value: JsonValue, at: Place): Freshness | undefined {
  const read = object({ pointer: jsonPointer(), is: optional(anyJson()), within: optional(duration()) })(value, at);
  if (read === undefined) return undefined;
  const { pointer, is, within } = read;
  if (within !== undefined && is === undefined) return { kind: "within", pointer, withinMs: within };
  if (is !== undefined && within === undefined) return { kind: "is", pointer, value: is };
  return refuseAt(at, "E_SCHEMA", "a reading is fresh by `is` or by `within`", "give one of them");
}

const longExtraction = object({
  pointer: jsonPointer(),
  map: optional(readMap),
  atLeast: optional(number({ min: -1e15, max: 1e15 })),
});

/** Reads where a fact is: a pointer alone, `{pointer, map}` or `{pointer, atLeast}`. */
function readExtraction(value: JsonValue, at: Place): Omit<FactExtraction, "fact"> | undefined {
  if (typeof value === "string") {
    const pointer = jsonPointer()(value, at);
    return pointer === undefined ? undefined : { pointer, map: null, atLeast: null };
  }
  const long = longExtraction(value, at);
  if (long?.map !== undefined && long.atLeast !== undefined)
    return refuseAt(at, "E_SCHEMA", "`map` and `atLeast` are two readings of one value", "keep one of them");
  return long && { pointer: long.pointer, map: long.map ?? null, atLeast: long.atLeast ?? null };
}

const mapEntries = listOf(object({ from: anyJson(), to: factValue }), { itemsMin: 1, itemsMax: 256 });

/**
 * Reads the target's words and ours: `{ONLINE: up}`, or a list of `{from, to}` where the target's words are no texts.
 */
function readMap(value: JsonValue, at: Place): FactExtraction["map"] | undefined {
  if (isJsonArray(value)) return mapEntries(value, at);
  const written = recordOf(factValue, { key: text({ charsMax: 256 }), entriesMax: 256 })(value, at);
  return written && Object.entries(written).map(([from, to]) => ({ from, to }));
}

function readProperties(value: JsonValue, at: Place): Domain["inventory"][number]["properties"] | undefined {
  // In YAML `web-1:` with nothing after it is an object without properties.
  if (value === null) return [];
  const written = recordOf(propertyValue, { key: identifier(), entriesMax: 100 })(value, at);
  return written && Object.entries(written).map(([property, known]) => ({ name: property, value: known }));
}

/** Reads an invariant: its guard alone, or `{summary, holds}`. */
function readInvariant(value: JsonValue, at: Place): Omit<Invariant, "name"> | undefined {
  if (isJsonObject(value)) return object({ summary: withDefault(prose(), ""), holds: sourceText() })(value, at);
  const holds = sourceText()(value, at);
  return holds === undefined ? undefined : { summary: "", holds };
}
