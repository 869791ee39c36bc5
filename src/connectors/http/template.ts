import { type Problem, problem } from "../../core/value/codes.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import {
  anyJson,
  boolean,
  listOf,
  type Parsed,
  type Parser,
  recordOf,
  refuseAt,
  refuseKind,
  text,
} from "../../core/value/shape.ts";
import { object, optional, withDefault } from "../../core/value/shape-object.ts";
import { quote } from "../../core/value/text.ts";
import type { Slots } from "../template-slots.ts";
import { headersOf, headerValue } from "./header-names.ts";

/** What a call asks for, every binding resolved. */
export type HttpRequest = Parsed<ReturnType<typeof writeTemplate>>;

/**
 * A read's template: `path` (segments below the connection's base, each encoded by itself), `query`, `headers`, and
 * `accept`: statuses beside 2xx that are an answer, so that "it is not there" can be observed.
 */
export function readTemplate(slots: Slots) {
  return object(readFields(slots));
}

/** A write's template: as a read's, with `body` (JSON, or text with its own `content-type`), `ifMatch` and `key`. */
export function writeTemplate(slots: Slots) {
  return object({
    ...readFields(slots),
    body: optional(anyJson()),
    /** The version that must still hold: a call whose fence is unknown is not sent. */
    ifMatch: optional(slots.leaf(headerValue)),
    /** Says that the target compares weak tags too, as OData services do. Others never take one for equal. */
    weakTags: optional(boolean()),
    /** Sent as `Idempotency-Key`, which the target de-duplicates by. */
    key: optional(slots.leaf(headerValue)),
  });
}

function readFields(slots: Slots) {
  return {
    path: listOf(slots.leaf(segment), { itemsMax: 32 }),
    query: withDefault(recordOf(slots.leaf(queryValue), { entriesMax: 64 }), {}),
    headers: withDefault(headersOf(slots.leaf(headerValue)), {}),
    accept: withDefault(listOf(acceptedStatus, { itemsMax: 4 }), []),
  };
}

/** A scalar as one path segment. Servers differ on encoded separators and dots, so a segment with either is refused. */
const segment: Parser<string> = (value, at) => {
  const written = scalar(value);
  if (written === undefined) return refuseKind(at, "a text or a number", value);
  const says = "one segment of a path: no separator, no controls, not `.` or `..`";
  return text({ charsMin: 1, charsMax: 1_024, pattern: /^(?!\.{1,2}$)[^/\\\p{C}]+$/u, says, code: "E_CALL_INVALID" })(
    written,
    at,
  );
};

const queryValue: Parser<readonly string[]> = (value, at) => {
  const written = (isJsonArray(value) ? value : [value]).map(scalar);
  const known = written.filter((item) => item !== undefined);
  if (known.length < written.length) return refuseKind(at, "a text, a number or a list of them", value);
  const broken = known.find((item) => !item.isWellFormed());
  return broken === undefined
    ? known
    : refuseAt(at, "E_CALL_INVALID", `${quote(broken)} cannot be written in an address`);
};

const acceptedStatus: Parser<404 | 410> = (value, at) =>
  value === 404 || value === 410 ? value : refuseAt(at, "E_SCHEMA", "only 404 and 410 can be an answer beside 2xx");

function scalar(value: JsonValue): string | undefined {
  return typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : undefined;
}

/** The HTTP method of each operation. */
export const methods = { get: "GET", put: "PUT", post: "POST", patch: "PATCH", delete: "DELETE" } as const;

/** The name of an operation, which is its method in lower case. */
export type HttpOperation = keyof typeof methods;

/** Reads an operation's name. */
export function isHttpOperation(name: string): name is HttpOperation {
  return Object.hasOwn(methods, name);
}

/** Whether an entity tag is weak (RFC 9110, 8.8.1). The parser of a header's value has removed nothing around it. */
export function isWeakTag(tag: string): boolean {
  return /^\s*W\//i.test(tag);
}

/**
 * The problem of a template that lets a weak tag be compared by a target of which nobody said that it can. `If-Match`
 * compares strongly, so each such write would be refused for ever.
 */
export function findWeakTag(template: JsonValue, pointer: string): readonly Problem[] {
  if (!isJsonObject(template) || template["weakTags"] === true) return [];
  const tag = template["ifMatch"];
  if (typeof tag !== "string" || !isWeakTag(tag)) return [];
  return [
    problem(
      "E_FENCE_WEAK",
      `${pointer}/ifMatch`,
      `${quote(tag)} is a weak tag, and If-Match never takes one for equal`,
    ),
  ];
}
