import { type Problem, problem } from "../value/codes.ts";
import { isOnStep } from "../value/decimal.ts";
import { readInstant } from "../value/instant.ts";
import { assertNever } from "../value/invariant.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../value/json-value.ts";
import { childPointer } from "../value/pointer.ts";
import { describeJson } from "../value/shape.ts";
import { quote, suggestName } from "../value/text.ts";
import { isOfCharset } from "../value/text-type.ts";
import { isVersion } from "../value/version.ts";
import type { ValueType } from "./domain.ts";
import { findPathFlaw } from "./path-value.ts";
import { findUrlFlaw } from "./url-value.ts";

/** The ids of the inventory objects of a type; empty for a type that is not declared. */
export type ObjectIds = (type: string) => readonly string[];

/**
 * Checks that a value has a type. A plan carries the type as a validator. It is applied when a literal is compiled, and
 * when an argument comes from the output of another step.
 *
 * @returns every problem with its JSON Pointer below `pointer`: `E_ARG_SCHEMA`, `E_ARG_PATH` or `E_ARG_URL`
 *
 * Cost: linear in the value.
 */
export function checkValue(
  type: ValueType,
  value: JsonValue,
  at: { readonly pointer: string; readonly idsOf: ObjectIds },
): readonly Problem[] {
  const refuse = (message: string, hint?: string): readonly Problem[] => [
    problem("E_ARG_SCHEMA", at.pointer, message, hint),
  ];
  const expected = `expected ${describeType(type)}, found ${describeJson(value)}`;
  switch (type.kind) {
    case "boolean":
      return typeof value === "boolean" ? [] : refuse(expected);
    case "values":
    case "releases": {
      if (typeof value !== "string") return refuse(expected, quotesHint(value, type.values));
      return type.values.includes(value) ? [] : refuse(expected, suggestName(value, type.values));
    }
    case "integer":
      return Number.isSafeInteger(value) && isWithin(value, type) ? [] : refuse(expected);
    case "number":
      return isWithin(value, type) ? [] : refuse(expected);
    case "string":
      return typeof value === "string" ? checkText(type, value, refuse) : refuse(expected);
    case "version":
      return typeof value === "string" && isVersion(value) ? [] : refuse(expected);
    case "decimal":
      return typeof value === "number" && isOnStep(value, type) ? [] : refuse(expected);
    case "instant":
      return typeof value === "string" && readInstant(value) !== null ? [] : refuse(expected);
    case "object": {
      const ids = at.idsOf(type.of);
      if (typeof value !== "string") return refuse(expected, quotesHint(value, ids));
      return ids.includes(value)
        ? []
        : refuse(`${quote(value)} is not a \`${type.of}\` of the inventory`, suggestName(value, ids));
    }
    case "path":
      return typeof value === "string"
        ? flawOf("E_ARG_PATH", at.pointer, findPathFlaw(value, type.lengthMax))
        : refuse(expected);
    case "url":
      return typeof value === "string"
        ? flawOf("E_ARG_URL", at.pointer, findUrlFlaw(value, type.hosts))
        : refuse(expected);
    case "list":
      return isJsonArray(value) ? checkList(type, value, at) : refuse(expected);
    case "record":
      return isJsonObject(value) ? checkRecord(type, value, at) : refuse(expected);
    default:
      return assertNever(type);
  }
}

/** A word that looks like a number, such as `4096` in a list of words, is one unless it stands in quotes. */
function quotesHint(value: JsonValue, words: readonly string[]): string | undefined {
  const word = typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
  if (word === undefined || !words.includes(word)) return undefined;
  return `it is a text: put it in quotes, \`"${word}"\`; on a command line \`'NAME="${word}"'\``;
}

/**
 * Whether some value of an output type could have an argument type. If so, the plan keeps the argument type as a
 * validator that decides when the step runs. A pair that can never fit is refused before anyone approves it.
 */
export function canFit(output: ValueType, argument: ValueType): boolean {
  if (isTextual(output)) {
    if (isListed(argument) && isListed(output)) return argument.values.some((value) => output.values.includes(value));
    if (argument.kind === "object" && output.kind === "object") return argument.of === output.of;
    return isTextual(argument);
  }
  switch (output.kind) {
    case "boolean":
      return argument.kind === "boolean";
    case "integer":
    case "decimal":
    case "number":
      return (
        (argument.kind === "integer" || argument.kind === "decimal" || argument.kind === "number") &&
        output.min <= argument.max &&
        argument.min <= output.max
      );
    case "list":
      return argument.kind === "list" && canFit(output.of, argument.of);
    case "record":
      return (
        argument.kind === "record" &&
        output.fields.length === argument.fields.length &&
        argument.fields.every((field) => {
          const found = output.fields.find((candidate) => candidate.name === field.name);
          return found !== undefined && canFit(found.type, field.type);
        })
      );
    default:
      return assertNever(output);
  }
}

/**
 * Whether a type limits values to a list, a range or the inventory. Through such a type an outside value may reach a
 * write.
 */
export function isValidator(type: ValueType): boolean {
  switch (type.kind) {
    case "boolean":
    case "values":
    case "releases":
    case "integer":
    case "decimal":
    case "number":
    case "object":
      return true;
    case "instant":
    case "version":
    case "string":
    case "path":
    case "url":
      return false;
    case "list":
      return isValidator(type.of);
    case "record":
      return type.fields.every((field) => isValidator(field.type));
    default:
      return assertNever(type);
  }
}

/**
 * The type with every reference to the inventory replaced by the ids there are. A plan carries this, so that a value
 * that comes while it runs is checked against the inventory that people approved, and not against one that has changed.
 */
export function writeOutObjects(type: ValueType, idsOf: ObjectIds): ValueType {
  switch (type.kind) {
    case "object":
      return { kind: "values", values: idsOf(type.of) };
    case "list":
      return { ...type, of: writeOutObjects(type.of, idsOf) };
    case "record":
      return { ...type, fields: type.fields.map((field) => ({ ...field, type: writeOutObjects(field.type, idsOf) })) };
    case "boolean":
    case "values":
    case "releases":
    case "version":
    case "decimal":
    case "instant":
    case "integer":
    case "number":
    case "string":
    case "path":
    case "url":
      return type;
    default:
      return assertNever(type);
  }
}

/**
 * The type of what the tokens of a JSON Pointer lead to in a value of a type; `undefined` where there can be nothing.
 */
export function typeAt(type: ValueType, tokens: readonly string[]): ValueType | undefined {
  let current: ValueType | undefined = type;
  for (const token of tokens) {
    if (current === undefined) return undefined;
    if (current.kind === "list")
      current = /^(?:0|[1-9][0-9]*)$/.test(token) && Number(token) < current.countMax ? current.of : undefined;
    else if (current.kind === "record") current = current.fields.find((field) => field.name === token)?.type;
    else return undefined;
  }
  return current;
}

/** A type in words for a message. */
export function describeType(type: ValueType): string {
  switch (type.kind) {
    case "boolean":
      return "true or false";
    case "values":
    case "releases":
      return `one of ${type.values.slice(0, 8).map(quote).join(", ")}${type.values.length > 8 ? ", …" : ""}`;
    case "integer":
      return `a whole number from ${type.min} to ${type.max}`;
    case "number":
      return `a number from ${type.min} to ${type.max}`;
    case "string":
      return `a text of at most ${type.lengthMax} characters (${type.charset})`;
    case "version":
      return "a semantic version such as `1.10.0`";
    case "decimal":
      return `a number from ${type.min} to ${type.max} in steps of ${type.step}`;
    case "instant":
      return "an instant such as `2026-11-30T17:00:00Z`";
    case "object":
      return `the id of a \`${type.of}\``;
    case "path":
      return "a relative path";
    case "url":
      return `an address at ${type.hosts.slice(0, 3).map(quote).join(", ")}`;
    case "list":
      return `a list of at most ${type.countMax}`;
    case "record":
      return `an object with ${type.fields.map((field) => quote(field.name)).join(", ")}`;
    default:
      return assertNever(type);
  }
}

function isTextual(
  type: ValueType,
): type is Extract<
  ValueType,
  { kind: "values" | "releases" | "version" | "instant" | "string" | "object" | "path" | "url" }
> {
  return ["values", "releases", "version", "instant", "string", "object", "path", "url"].includes(type.kind);
}

function isListed(type: ValueType): type is Extract<ValueType, { kind: "values" | "releases" }> {
  return type.kind === "values" || type.kind === "releases";
}

function isWithin(value: JsonValue, range: { readonly min: number; readonly max: number }): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= range.min && value <= range.max;
}

function checkText(
  { lengthMax, charset }: Extract<ValueType, { kind: "string" }>,
  value: string,
  refuse: (message: string) => readonly Problem[],
): readonly Problem[] {
  if (value.length > lengthMax) return refuse(`expected at most ${lengthMax} characters, found ${value.length}`);
  return isOfCharset(charset, value) ? [] : refuse(`${quote(value)} holds characters that are not \`${charset}\``);
}

function flawOf(code: "E_ARG_PATH" | "E_ARG_URL", pointer: string, flaw: string | undefined): readonly Problem[] {
  return flaw === undefined ? [] : [problem(code, pointer, flaw)];
}

function checkList(
  type: Extract<ValueType, { kind: "list" }>,
  value: readonly JsonValue[],
  at: { readonly pointer: string; readonly idsOf: ObjectIds },
): readonly Problem[] {
  if (value.length > type.countMax)
    return [problem("E_ARG_SCHEMA", at.pointer, `expected at most ${type.countMax} items, found ${value.length}`)];
  return value.flatMap((item, index) => checkValue(type.of, item, { ...at, pointer: childPointer(at.pointer, index) }));
}

function checkRecord(
  type: Extract<ValueType, { kind: "record" }>,
  value: { readonly [key: string]: JsonValue },
  at: { readonly pointer: string; readonly idsOf: ObjectIds },
): readonly Problem[] {
  const known = type.fields.map((field) => field.name);
  const unknown = Object.keys(value)
    .filter((key) => !known.includes(key))
    .sort();
  return [
    ...unknown.map((key) =>
      problem(
        "E_ARG_SCHEMA",
        childPointer(at.pointer, key),
        `the field ${quote(key)} is unknown`,
        suggestName(key, known),
      ),
    ),
    ...type.fields.flatMap((field) => {
      const child = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
      if (child === undefined)
        return [problem("E_ARG_SCHEMA", at.pointer, `the field ${quote(field.name)} is missing`)];
      return checkValue(field.type, child, { ...at, pointer: childPointer(at.pointer, field.name) });
    }),
  ];
}
