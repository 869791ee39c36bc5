import { duration } from "../value/duration.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../value/json-value.ts";
import { limits } from "../value/limits.ts";
import { anyJson, listOf, oneOf, type Parser, placeBelow, refine, refuseAt, refuseKind, text } from "../value/shape.ts";
import { object, optional, withDefault } from "../value/shape-object.ts";
import { quote } from "../value/text.ts";
import type { OperationCall, OperationDeclaration, OperationId, StatusWord } from "./operation.ts";
import { jsonPointer, operationRef } from "./parse-reference.ts";

/** What an action with a long operation declares: the call that starts it, and everything else about it. */
export interface OperationSource {
  readonly start: OperationCall;
  readonly operation: OperationDeclaration;
}

const call = object({ uses: operationRef(), with: withDefault(anyJson(), {}) });

/** No run waits longer for anything. */
const withinMsMax = 7 * 86_400_000;

const words = withDefault(listOf(statusWord, { itemsMax: 32 }), []);

const fields = object({
  start: call,
  id: readId,
  ask: call,
  status: jsonPointer(),
  running: words,
  succeeded: listOf(statusWord, { itemsMax: 32 }),
  failed: words,
  cancelled: words,
  error: optional(jsonPointer()),
  progress: optional(jsonPointer()),
  says: optional(jsonPointer()),
  every: withDefault(duration(), 10_000),
  within: duration(),
  cancel: optional(
    object({ uses: operationRef(), with: withDefault(anyJson(), {}), within: withDefault(duration(), 300_000) }),
  ),
});

/** Reads `operation` of an action. Nothing is said for it about how long it may take: `within` has to be given. */
export function operation(): Parser<OperationSource> {
  return refine(fields, (source, at) => {
    if (source.every < 1) return refuseAt(placeBelow(at, "every"), "E_SCHEMA", "`every` is at least `1ms`");
    if (source.every > withinMsMax || source.within > withinMsMax || (source.cancel?.within ?? 0) > withinMsMax)
      return refuseAt(at, "E_SCHEMA", "an operation is waited for at most `7d`");
    if (source.succeeded.length === 0)
      return refuseAt(placeBelow(at, "succeeded"), "E_SCHEMA", "no word says that it has succeeded");
    const { start, id, ask, status, running, succeeded, failed, cancelled, cancel } = source;
    const seen = new Set<StatusWord>();
    for (const word of [...running, ...succeeded, ...failed, ...cancelled]) {
      if (seen.has(word)) return refuseAt(at, "E_SCHEMA", `the word ${quote(String(word))} has two meanings`);
      seen.add(word);
    }
    return {
      start,
      operation: {
        id,
        ask,
        status,
        running,
        succeeded,
        failed,
        cancelled,
        error: source.error ?? null,
        progress: source.progress ?? null,
        says: source.says ?? null,
        everyMs: source.every,
        withinMs: source.within,
        cancel: cancel === undefined ? null : { uses: cancel.uses, with: cancel.with, withinMs: cancel.within },
      },
    };
  });
}

const longId = object({
  pointer: jsonPointer(),
  take: withDefault(oneOf(["value", "last_segment"]), "value" as const),
});

/** Reads where the id is: a JSON Pointer, or an object that says how to take it. */
function readId(value: JsonValue, at: Parameters<Parser<unknown>>[1]): OperationId | undefined {
  if (typeof value !== "string") return longId(value, at);
  const pointer = jsonPointer()(value, at);
  return pointer === undefined ? undefined : { pointer, take: "value" };
}

function statusWord(value: JsonValue, at: Parameters<Parser<unknown>>[1]): StatusWord | undefined {
  if (isJsonArray(value) || isJsonObject(value)) return refuseKind(at, "a text, a number, a boolean or null", value);
  return typeof value === "string" ? text({ charsMax: limits.nameCharsMax })(value, at) : value;
}
