import type { FactType, FactValue, ValueType } from "../domain/domain.ts";
import { onFailureKinds } from "../domain/parse-action.ts";
import { charsets } from "../domain/parse-type.ts";
import { type Digest, parseDigest } from "../value/digest.ts";
import { limits } from "../value/limits.ts";
import {
  anyJson,
  boolean,
  integer,
  listOf,
  number,
  oneOf,
  type Parser,
  refine,
  refuseAt,
  refuseKind,
  text,
} from "../value/shape.ts";
import { documentOf, object, optional, taggedBy } from "../value/shape-object.ts";
import type {
  Call,
  CallStep,
  Compensation,
  ObjectObservation,
  ObjectRef,
  Plan,
  PlanArgument,
  PlanStep,
  Verification,
} from "./plan.ts";
import { stepIdPattern } from "./wire/parse-proposal.ts";

const count = integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const money = number({ min: 0, max: Number.MAX_VALUE });
const word = text({ charsMax: limits.nameCharsMax });
const line = text({ charsMax: 1_000 });
// A guard is longer once its macros are unrolled than as it was written.
const guard = text({ charsMax: limits.bodyBytesMax });
const stepId = text({ charsMin: 1, charsMax: 80, pattern: stepIdPattern, says: "a step's id", code: "E_NAME_CHARSET" });

const digest: Parser<Digest> = refine(text(), (value, at) => {
  const parsed = parseDigest(value);
  return parsed.ok ? parsed.value : refuseAt(at, "E_SCHEMA", parsed.error);
});

/** Either of what a parser reads, or `null`. */
function nullable<T>(parser: Parser<T>): Parser<T | null> {
  return (value, at) => (value === null ? null : parser(value, at));
}

const objectRef: Parser<ObjectRef> = refine(
  text({ charsMax: 300, pattern: /^[A-Za-z][A-Za-z0-9_]*\/.+$/, says: "`type/id`" }),
  (value) =>
    // The pattern has found the slash.
    value as ObjectRef,
);

const factValue: Parser<FactValue> = (value, at) =>
  typeof value === "object" ? refuseKind(at, "a fact's value", value) : value;

const range = {
  min: number({ min: -Number.MAX_VALUE, max: Number.MAX_VALUE }),
  max: number({ min: -Number.MAX_VALUE, max: Number.MAX_VALUE }),
};
const finiteTypes = {
  boolean: object({ kind: oneOf(["boolean"]) }),
  values: object({ kind: oneOf(["values"]), values: listOf(text()) }),
  integer: object({ kind: oneOf(["integer"]), ...range }),
};

const factType: Parser<FactType> = taggedBy("kind", finiteTypes);

// Lazy: a list's items and a record's fields have types themselves. The document's depth limit ends it.
const anyType: Parser<ValueType> = (value, at) => valueType(value, at);
const valueType: Parser<ValueType> = taggedBy("kind", {
  ...finiteTypes,
  number: object({ kind: oneOf(["number"]), ...range }),
  string: object({ kind: oneOf(["string"]), lengthMax: count, charset: oneOf(charsets) }),
  object: object({ kind: oneOf(["object"]), of: word }),
  path: object({ kind: oneOf(["path"]), lengthMax: count }),
  url: object({ kind: oneOf(["url"]), hosts: listOf(line) }),
  list: object({ kind: oneOf(["list"]), of: anyType, countMax: count }),
  record: object({ kind: oneOf(["record"]), fields: listOf(object({ name: word, type: anyType })) }),
});

const call: Parser<Call> = object({
  connection: word,
  connector: word,
  operation: word,
  access: oneOf(["read", "write"]),
  with: anyJson(),
  timeoutMs: count,
  outputBytesMax: count,
});

const argument: Parser<PlanArgument> = object({
  name: word,
  type: valueType,
  integrity: oneOf(["external", "proposer", "endorsed"]),
  value: taggedBy("kind", {
    literal: object({ kind: oneOf(["literal"]), value: anyJson() }),
    output: object({ kind: oneOf(["output"]), stepId, field: word, pointer: line }),
  }),
});

const retry = object({ attemptsMax: integer({ min: 1, max: 1_000 }), backoffMs: count });
const assignment = object({ fact: line, value: factValue });
const idempotency = oneOf(["keyed", "natural", "none"]);

const verification: Parser<Verification> = object({
  expect: guard,
  reads: listOf(objectRef),
  withinMs: count,
  everyMs: integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  holdMs: count,
});

const compensation: Parser<Compensation> = object({
  action: word,
  actionDigest: digest,
  idempotency,
  call,
  args: listOf(
    taggedBy("from", {
      literal: object({ name: word, type: valueType, from: oneOf(["literal"]), value: anyJson() }),
      before: object({ name: word, type: valueType, from: oneOf(["before"]), fact: line }),
    }),
  ),
  restores: listOf(line),
  reads: listOf(objectRef),
  withinMs: count,
  everyMs: integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  fenced: boolean(),
  landsWithinMs: nullable(count),
  retry,
});

const base = { id: stepId, purpose: text(), after: listOf(stepId), when: guard };

const callStep: Parser<CallStep> = object({
  kind: oneOf(["act", "probe"]),
  ...base,
  action: word,
  actionDigest: digest,
  class: oneOf(["read", "reversible", "irreversible"]),
  idempotency,
  target: nullable(objectRef),
  args: listOf(argument),
  call,
  output: listOf(object({ name: word, pointer: line, type: valueType })),
  outcomes: listOf(object({ name: word, when: guard })),
  pre: guard,
  reads: listOf(objectRef),
  during: listOf(assignment),
  effect: listOf(assignment),
  post: nullable(verification),
  fenced: boolean(),
  compensation: nullable(compensation),
  locks: listOf(line),
  landsWithinMs: nullable(count),
  retry,
  cooldownMs: count,
  rate: nullable(object({ count, perMs: count })),
  costUsd: money,
  onFailure: oneOf(onFailureKinds),
  wave: optional(object({ of: stepId, number: count, count, abortAbove: count })),
});

const step: Parser<PlanStep> = taggedBy("kind", {
  act: callStep,
  probe: callStep,
  wait: object({ kind: oneOf(["wait"]), ...base, forMs: count }),
  approve: object({ kind: oneOf(["approve"]), ...base, question: text(), withinMs: count }),
  escalate: object({ kind: oneOf(["escalate"]), ...base, reason: text() }),
  end: object({ kind: oneOf(["end"]), ...base, reads: listOf(objectRef) }),
});

const extraction = object({
  fact: word,
  pointer: line,
  map: nullable(listOf(object({ from: anyJson(), to: factValue }))),
  atLeast: nullable(number({ min: -1e15, max: 1e15 })),
  type: factType,
});

const observation: Parser<ObjectObservation> = object({
  object: objectRef,
  call,
  facts: listOf(extraction),
  fingerprint: listOf(line),
  fence: nullable(line),
});

/** The shape of a plan: every field, no other. */
export const planShape: Parser<Plan> = documentOf("interlock.plan/1", {
  goal: guard,
  summary: text(),
  assumptions: listOf(text()),
  proposer: object({
    kind: oneOf(["person", "file", "model", "workflow", "search", "recovery"]),
    id: line,
    onBehalfOf: line,
  }),
  domain: object({ name: word, version: word, environment: oneOf(["lab", "staging", "production"]) }),
  inputs: listOf(object({ name: word, value: anyJson() })),
  steps: listOf(step, { itemsMin: 1, itemsMax: 2 * limits.stepsCountMax }),
  observations: listOf(observation),
  invariants: listOf(object({ name: word, holds: guard })),
  proof: taggedBy("kind", {
    not_attempted: object({ kind: oneOf(["not_attempted"]) }),
    proven: object({ kind: oneOf(["proven"]), stateCount: count, faultCountMax: count }),
    not_proven: object({ kind: oneOf(["not_proven"]), stateCount: count }),
  }),
  bounds: object({
    stepCount: count,
    writeCount: count,
    callCount: count,
    outputBytes: count,
    costUsd: money,
    durationMs: count,
  }),
  pins: object({
    domain: digest,
    pack: nullable(digest),
    connections: digest,
    policies: nullable(digest),
    situation: nullable(digest),
    evidence: nullable(digest),
    engine: line,
    targets: listOf(
      object({ object: objectRef, fingerprint: digest, facts: listOf(object({ name: line, value: factValue })) }),
    ),
  }),
  parent: nullable(object({ runId: line, incidentId: nullable(line) })),
});
