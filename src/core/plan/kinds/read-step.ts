import type { Integrity, OnFailure } from "../../domain/domain.ts";
import type { StatusWord } from "../../domain/operation.ts";
import { onFailureKinds } from "../../domain/parse-action.ts";
import { factValue, outputField, parsedOutcome, parsedValueType } from "../../domain/read-parsed.ts";
import { isJsonArray, isJsonObject } from "../../value/json-value.ts";
import { anyJson, boolean, oneOf, type Parser, refuseKind } from "../../value/shape.ts";
import { type FieldsOf, objectOf, optional, optionalSince, taggedBy } from "../../value/shape-object.ts";
import { anyList, anyNumber, anyText, digestText, nullOr, someList, wholeNumber } from "../../value/shape-stored.ts";
import type {
  Assignment,
  Call,
  CallStep,
  Compensation,
  ObjectRef,
  PlanArgument,
  PlanOperation,
  StepBase,
  ThenRun,
  Verification,
  WavePlace,
} from "../plan.ts";

/*
 * What a stored plan's steps are read with. A plan is what a person approved: a field that this release does not know
 * may change what the plan means, so it is refused and never passed over.
 */

/** Fields of every step, beside its kind. */
export const baseFields: FieldsOf<StepBase> = {
  id: anyText(),
  purpose: anyText(),
  after: anyList(anyText()),
  when: anyText(),
};

/** An object of the inventory. */
export const objectRef: Parser<ObjectRef> = (value, at) =>
  typeof value === "string" && isObjectRef(value) ? value : refuseKind(at, "`type/id` of an object", value);

function isObjectRef(value: string): value is ObjectRef {
  return value.indexOf("/") > 0 && !value.endsWith("/");
}

/** One operation of a connector. */
export const call: Parser<Call> = objectOf<Call>({
  connection: anyText(),
  connector: anyText(),
  operation: anyText(),
  access: oneOf(["read", "write"]),
  with: anyJson(),
  timeoutMs: wholeNumber(),
  outputBytesMax: wholeNumber(),
});

const integrity: Parser<Integrity> = oneOf(["external", "proposer", "endorsed"]);
const idempotency = oneOf(["keyed", "natural", "none"]);
const onFailure: Parser<OnFailure> = oneOf(onFailureKinds);
const retry = objectOf<CallStep["retry"]>({ attemptsMax: wholeNumber(), backoffMs: wholeNumber() });
const assignment = objectOf<Assignment>({ fact: anyText(), value: factValue });

type LiteralArgument = Extract<PlanArgument["value"], { readonly kind: "literal" }>;
type OutputArgument = Extract<PlanArgument["value"], { readonly kind: "output" }>;

const argument = objectOf<PlanArgument>({
  name: anyText(),
  type: parsedValueType,
  integrity,
  value: taggedBy("kind", {
    literal: objectOf<LiteralArgument>({ kind: oneOf(["literal"]), value: anyJson() }),
    output: objectOf<OutputArgument>({
      kind: oneOf(["output"]),
      stepId: anyText(),
      field: anyText(),
      pointer: anyText(),
    }),
  }),
});

const verification = objectOf<Verification>({
  expect: anyText(),
  reads: anyList(objectRef),
  withinMs: wholeNumber(),
  everyMs: wholeNumber(),
  holdMs: wholeNumber(),
});

type UndoArgument = Compensation["args"][number];
type FactCopy = NonNullable<Compensation["copies"]>[number];

const undoArgument = taggedBy("from", {
  literal: objectOf<Extract<UndoArgument, { readonly from: "literal" }>>({
    name: anyText(),
    type: parsedValueType,
    from: oneOf(["literal"]),
    value: anyJson(),
  }),
  before: objectOf<Extract<UndoArgument, { readonly from: "before" }>>({
    name: anyText(),
    type: parsedValueType,
    from: oneOf(["before"]),
    fact: anyText(),
  }),
} satisfies { readonly [From in UndoArgument["from"]]: Parser<Extract<UndoArgument, { readonly from: From }>> });

const statusWord: Parser<StatusWord> = (value, at) =>
  isJsonArray(value) || isJsonObject(value) ? refuseKind(at, "a word of a status", value) : value;

const operation = objectOf<PlanOperation>({
  id: objectOf<PlanOperation["id"]>({ pointer: anyText(), take: oneOf(["value", "last_segment"]) }),
  ask: call,
  status: anyText(),
  running: anyList(statusWord),
  succeeded: anyList(statusWord),
  failed: anyList(statusWord),
  cancelled: anyList(statusWord),
  error: nullOr(anyText()),
  progress: nullOr(anyText()),
  says: nullOr(anyText()),
  everyMs: wholeNumber(),
  withinMs: wholeNumber(),
  cancel: nullOr(objectOf<NonNullable<PlanOperation["cancel"]>>({ call, withinMs: wholeNumber() })),
});

const undoCall = {
  action: anyText(),
  actionDigest: digestText(),
  idempotency,
  call,
  args: anyList(undoArgument),
  restores: anyList(anyText()),
  reads: anyList(objectRef),
  withinMs: wholeNumber(),
  everyMs: wholeNumber(),
  fenced: boolean(),
  landsWithinMs: nullOr(wholeNumber()),
  retry,
  during: optionalSince("interlock.plan/2", someList(assignment)),
  effect: optionalSince("interlock.plan/2", someList(assignment)),
  operation: optionalSince("interlock.plan/2", operation),
  copies: optionalSince("interlock.plan/2", someList(objectOf<FactCopy>({ fact: anyText(), of: anyText() }))),
  openPre: optionalSince("interlock.plan/2", someList(anyText())),
};

const thenRun = objectOf<ThenRun>({
  ...undoCall,
  target: nullOr(objectRef),
  locks: anyList(anyText()),
  covers: anyList(anyText()),
});

const compensation = objectOf<Compensation>({
  ...undoCall,
  thenRun: optionalSince("interlock.plan/2", someList(thenRun)),
});

const wavePlace = objectOf<WavePlace>({
  of: anyText(),
  number: wholeNumber(),
  count: wholeNumber(),
  abortAbove: wholeNumber(),
});

/** A step that calls a connector. */
export const callStep: Parser<CallStep> = objectOf<CallStep>({
  ...baseFields,
  kind: oneOf(["act", "probe"]),
  action: anyText(),
  actionDigest: digestText(),
  class: oneOf(["read", "reversible", "irreversible"]),
  idempotency,
  target: nullOr(objectRef),
  args: anyList(argument),
  call,
  output: anyList(outputField),
  outcomes: anyList(parsedOutcome),
  pre: anyText(),
  reads: anyList(objectRef),
  during: anyList(assignment),
  effect: anyList(assignment),
  post: nullOr(verification),
  fenced: boolean(),
  compensation: nullOr(compensation),
  locks: anyList(anyText()),
  landsWithinMs: nullOr(wholeNumber()),
  retry,
  cooldownMs: wholeNumber(),
  rate: nullOr(objectOf<NonNullable<CallStep["rate"]>>({ count: wholeNumber(), perMs: wholeNumber() })),
  costUsd: anyNumber(),
  onFailure,
  wave: optional(wavePlace),
  operation: optionalSince("interlock.plan/2", operation),
});
