import { duration } from "../value/duration.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../value/json-value.ts";
import { limits } from "../value/limits.ts";
import { childPointer } from "../value/pointer.ts";
import {
  anyJson,
  integer,
  listOf,
  number,
  oneOf,
  type Parsed,
  type Parser,
  type Place,
  placeBelow,
  recordOf,
  refine,
  refuseAt,
  refuseKind,
  text,
} from "../value/shape.ts";
import { object, optional, type ParsedFields, withDefault } from "../value/shape-object.ts";
import { sortedUnique } from "../value/sorted-unique.ts";
import { quote, suggestName } from "../value/text.ts";
import type {
  Action,
  ArgumentDeclaration,
  CompensationDeclaration,
  OutcomeDeclaration,
  OutputField,
  PostCondition,
  UndoCall,
  Waves,
} from "./domain.ts";
import { equationsOf } from "./effect-equations.ts";
import type { OperationCall } from "./operation.ts";
import { operation } from "./parse-operation.ts";
import { jsonPointer, operationRef } from "./parse-reference.ts";
import { identifier, valueType } from "./parse-type.ts";

/** The five ways to handle a failure, as they are written. */
export const onFailureKinds = ["stop", "rollback", "escalate", "recover", "branch"] as const;

/** Reads the name of an action: lower-case words joined by dots, so that no two names look alike. */
export function actionName(): Parser<string> {
  const says = "a name of lower-case ASCII letters, digits, `_` and `.`";
  return text({
    charsMin: 1,
    charsMax: limits.nameCharsMax,
    pattern: actionNamePattern,
    says,
    code: "E_ACTION_NAME_CHARSET",
  });
}

const actionNamePattern = /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/;

/** Reads a guard, an assignment or a classifier as source text. `checkDomain` types it. */
export function sourceText(): Parser<string> {
  return text({ charsMax: limits.guardCharsMax });
}

/** Reads a text that the author of the pack wrote for people. */
export function prose(): Parser<string> {
  return withoutControls(text());
}

const attempts = integer({ min: 1, max: 20 });
const money = number({ min: 0, max: 1e9 });

const actionFields = {
  summary: withDefault(prose(), ""),
  class: withDefault(oneOf(["read", "reversible", "irreversible"]), "irreversible" as const),
  idempotency: withDefault(oneOf(["keyed", "natural", "none"]), "none" as const),
  uses: optional(operationRef()),
  with: optional(anyJson()),
  target: optional(identifier()),
  input: withDefault(recordOf(readArgument, { key: identifier(), entriesMax: limits.argumentsCountMax }), {}),
  output: withDefault(recordOf(readOutput, { key: identifier(), entriesMax: limits.argumentsCountMax }), {}),
  outcomes: withDefault(listOf(outcome(), { itemsMax: 32 }), []),
  pre: withDefault(sourceText(), ""),
  during: withDefault(listOf(sourceText(), { itemsMax: 100 }), []),
  effect: withDefault(listOf(sourceText(), { itemsMax: 100 }), []),
  post: optional(readPost),
  compensate: optional(readCompensation),
  locks: withDefault(
    listOf(
      text({
        charsMin: 1,
        charsMax: limits.nameCharsMax,
        pattern: /^[A-Za-z0-9_./-]+$/,
        says: "`self`, `arg.name` or a plain name",
      }),
      { itemsMax: 32 },
    ),
    [],
  ),
  timeout: withDefault(duration(), 30_000),
  landsWithin: optional(duration()),
  retry: withDefault(object({ attempts: withDefault(attempts, 1), backoff: withDefault(duration(), 1_000) }), {
    attempts: 1,
    backoff: 1_000,
  }),
  cooldown: withDefault(duration(), 0),
  rate: optional(object({ count: integer({ min: 1, max: 1_000_000 }), per: duration() })),
  costUsd: withDefault(money, 0),
  onFailure: withDefault(oneOf(onFailureKinds), "stop" as const),
  waves: optional(waves()),
  operation: optional(operation()),
};

type ActionSource = ParsedFields<typeof actionFields>;

/**
 * Reads one action of `domain.yaml`.
 *
 * A field that is left out gets the cautious meaning: irreversible, not idempotent, one attempt, and no bound on how
 * late an effect may land. Without `post`, every declared effect must be read back. `target` names the argument of type
 * `object`.
 */
export function action(): Parser<(name: string) => Action> {
  return refine(object(actionFields), (source, at) => {
    const target = readTarget(source, at);
    const start = readStart(source, at);
    return target === undefined || start === undefined
      ? undefined
      : (name) => buildAction(name, { source, target, start });
  });
}

/** The call of an action: its own, or the one that starts its operation. An action has one of the two. */
function readStart(source: ActionSource, at: Place): OperationCall | undefined {
  const { uses, operation } = source;
  if (operation === undefined) {
    if (uses !== undefined) return { uses, with: source.with ?? {} };
    return refuseAt(at, "E_SCHEMA_MISSING_FIELD", "the field `uses` is missing");
  }
  if (uses === undefined && source.with === undefined) return operation.start;
  const said = "an action with an `operation` has no call beside `operation.start`";
  return refuseAt(placeBelow(at, "operation"), "E_SCHEMA", said, "move `uses` and `with` into `operation.start`");
}

function buildAction(
  name: string,
  from: { readonly source: ActionSource; readonly target: Action["target"]; readonly start: OperationCall },
): Action {
  const { source, target, start } = from;
  const integrityMin = source.class === "read" ? "external" : "proposer";
  return {
    name,
    target,
    summary: source.summary,
    class: source.class,
    idempotency: source.idempotency,
    uses: start.uses,
    with: start.with,
    input: Object.entries(source.input).map(([argument, declared]) => ({ integrityMin, ...declared, name: argument })),
    output: Object.entries(source.output).map(([field, declared]) => ({
      name: field,
      type: declared.type,
      pointer: declared.pointer ?? childPointer("", field),
    })),
    outcomes: source.outcomes,
    pre: source.pre,
    during: source.during,
    effect: source.effect,
    post: source.class === "read" ? null : (source.post ?? postOf(source.effect)),
    compensate: source.compensate ?? null,
    locks: sortedUnique(source.locks),
    timeoutMs: source.timeout,
    landsWithinMs: source.landsWithin ?? null,
    retry: { attemptsMax: source.retry.attempts, backoffMs: source.retry.backoff },
    cooldownMs: source.cooldown,
    rate: source.rate === undefined ? null : { count: source.rate.count, perMs: source.rate.per },
    costUsd: source.costUsd,
    onFailure: source.onFailure,
    ...(source.waves === undefined ? {} : { waves: source.waves }),
    ...(source.operation === undefined ? {} : { operation: source.operation.operation }),
  };
}

/** The post-condition of a write without `post`: each of its assignments as an equation. */
function postOf(effect: readonly string[]): PostCondition | null {
  return effect.length === 0 ? null : { expect: equationsOf(effect), ...postDefaults };
}

const postDefaults = { withinMs: 30_000, everyMs: 1_000, holdMs: 0 } as const;

function readTarget(
  source: ActionSource,
  at: Place,
): { readonly type: string; readonly argument: string } | null | undefined {
  if (source.target === undefined) return null;
  const below = placeBelow(at, "target");
  const declared = Object.hasOwn(source.input, source.target) ? source.input[source.target] : undefined;
  if (declared === undefined) {
    return refuseAt(
      below,
      "E_DOMAIN_NAME",
      `${quote(source.target)} is not an argument of this action`,
      suggestName(source.target, Object.keys(source.input)),
    );
  }
  if (declared.type.kind === "object") return { type: declared.type.of, argument: source.target };
  return refuseAt(
    below,
    "E_DOMAIN_NAME",
    `the argument ${quote(source.target)} names no object`,
    "give it the type `{object: TYPE}`",
  );
}

type ArgumentSource = Omit<ArgumentDeclaration, "name" | "integrityMin"> &
  Partial<Pick<ArgumentDeclaration, "integrityMin">>;

const longArgument = object({
  type: valueType(),
  summary: withDefault(prose(), ""),
  integrity: optional(oneOf(["external", "proposer", "endorsed"])),
  confidentiality: withDefault(oneOf(["public", "internal", "secret"]), "internal" as const),
});

/** Reads an argument: its type alone, or an object with `type` and more. */
function readArgument(value: JsonValue, at: Place): ArgumentSource | undefined {
  if (!isLongForm(value)) {
    const type = valueType()(value, at);
    return type && { type, summary: "", confidentialityMax: "internal" };
  }
  const long = longArgument(value, at);
  if (long === undefined) return undefined;
  const declared = { type: long.type, summary: long.summary, confidentialityMax: long.confidentiality };
  return long.integrity === undefined ? declared : { ...declared, integrityMin: long.integrity };
}

/** Reads a field of the output: its type alone, or `{type, pointer}`. */
function readOutput(
  value: JsonValue,
  at: Place,
): { readonly type: OutputField["type"]; readonly pointer?: string } | undefined {
  if (isLongForm(value)) return object({ type: valueType(), pointer: jsonPointer() })(value, at);
  const type = valueType()(value, at);
  return type && { type };
}

function isLongForm(value: JsonValue): boolean {
  return isJsonObject(value) && Object.hasOwn(value, "type");
}

function outcome(): Parser<OutcomeDeclaration> {
  return object({ name: identifier(), when: text({ charsMin: 1, charsMax: limits.guardCharsMax }) });
}

const longPost = object({
  expect: sourceText(),
  within: withDefault(duration(), postDefaults.withinMs),
  every: withDefault(duration(), postDefaults.everyMs),
  hold: withDefault(duration(), postDefaults.holdMs),
});

/** Reads a post-condition: its guard alone, or an object with its times. */
function readPost(value: JsonValue, at: Place): PostCondition | undefined {
  if (typeof value === "string") {
    const expect = sourceText()(value, at);
    return expect === undefined ? undefined : { expect, ...postDefaults };
  }
  const long: Parsed<typeof longPost> | undefined = longPost(value, at);
  if (long === undefined) return undefined;
  if (long.every < 1) return refuseAt(placeBelow(at, "every"), "E_SCHEMA", "`every` is at least `1ms`");
  return { expect: long.expect, withinMs: long.within, everyMs: long.every, holdMs: long.hold };
}

const undoCallFields = {
  action: actionName(),
  args: withDefault(recordOf(readCompensationArgument, { key: identifier() }), {}),
};

const undoCallSource = object(undoCallFields);

const compensationSource = object({
  ...undoCallFields,
  thenRun: optional(listOf(readUndoCall, { itemsMin: 1, itemsMax: limits.thenRunCountMax })),
});

/** Reads `{action, args: {name: {arg: …} | {before: …} | {literal: …}}}`. The target is passed on by itself. */
function readCompensation(value: JsonValue, at: Place): CompensationDeclaration | undefined {
  const source = compensationSource(value, at);
  return source && { ...toUndoCall(source), ...(source.thenRun === undefined ? {} : { thenRun: source.thenRun }) };
}

function readUndoCall(value: JsonValue, at: Place): UndoCall | undefined {
  const source = undoCallSource(value, at);
  return source && toUndoCall(source);
}

function toUndoCall({ action, args }: Parsed<typeof undoCallSource>): UndoCall {
  return { action, args: Object.entries(args).map(([name, binding]) => ({ name, ...binding })) };
}

function readCompensationArgument(
  value: JsonValue,
  at: Place,
): { readonly from: "arg" | "before" | "literal"; readonly value: JsonValue } | undefined {
  if (!isJsonObject(value) || isJsonArray(value))
    return refuseKind(at, "`{arg: …}`, `{before: …}` or `{literal: …}`", value);
  const from = (["arg", "before", "literal"] as const).find((kind) => Object.hasOwn(value, kind));
  const bound = from === undefined ? undefined : value[from];
  if (from === undefined || bound === undefined || Object.keys(value).length > 1)
    return refuseKind(at, "one of `{arg: …}`, `{before: …}` and `{literal: …}`", value);
  if (from !== "literal" && typeof bound !== "string") return refuseKind(placeBelow(at, from), "a name", bound);
  return { from, value: bound };
}

/** Reads `{canary: 1, batch: 10 | 25%, abortAbove: 0}`. */
function waves(): Parser<Waves> {
  const objects = integer({ min: 1, max: limits.stepsCountMax });
  const percent = refine(
    text({ charsMax: 4, pattern: /^([1-9][0-9]?|100)%$/, says: "a share from `1%` to `100%`" }),
    (written) => Number.parseInt(written, 10),
  );
  const batch: Parser<Waves["batch"]> = (value, at) => {
    if (typeof value === "string") {
      const share = percent(value, at);
      return share === undefined ? undefined : { kind: "percent", percent: share };
    }
    const count = objects(value, at);
    return count === undefined ? undefined : { kind: "count", count };
  };
  return object({
    canary: withDefault(objects, 1),
    batch,
    abortAbove: withDefault(integer({ min: 0, max: limits.stepsCountMax }), 0),
  });
}

function withoutControls(parser: Parser<string>): Parser<string> {
  return refine(parser, (value, at) =>
    // The text is shown to people. It may hold newlines, but nothing that a terminal would obey.
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(value)
      ? refuseAt(at, "E_SCHEMA", "the text holds control characters")
      : value,
  );
}
