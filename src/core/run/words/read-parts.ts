import type { Principal } from "../../approval/approval.ts";
import { factValue } from "../../domain/read-parsed.ts";
import type { ObservedFact, ObservedObject } from "../../plan/compile/read-object.ts";
import { objectRef } from "../../plan/kinds/read-step.ts";
import type { Fact } from "../../plan/plan.ts";
import type { Code, Problem } from "../../value/codes.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { isNextStep } from "../../value/next-step.ts";
import { anyJson, boolean, oneOf, type Parser, type Place, refine, refuseAt } from "../../value/shape.ts";
import { type FieldsOf, objectOf, openObjectOf, optional, taggedBy } from "../../value/shape-object.ts";
import { anyList, anyNumber, anyText, digestText, nullOr, wholeNumber } from "../../value/shape-stored.ts";
import type {
  CalledStep,
  ChangedFact,
  FailedStep,
  ForeignValues,
  FoundFact,
  OverwrittenFact,
  Pace,
  PersonsWord,
  SettledReply,
} from "./event.ts";
import type { Attempt, Authorization } from "./input.ts";
import type { OperationTold } from "./operation.ts";

/*
 * Parts of recorded events, as a reader takes them. Each is tied to its type: a field that a type has and its reader
 * does not know compiles nowhere.
 */

/** A person, agent or service. */
export const principalRecord: Parser<Principal> = objectOf<Principal>({
  kind: oneOf(["person", "agent", "service"]),
  id: anyText(),
  keyId: nullOr(digestText()),
});

interface ToldProblem extends Omit<Problem, "code" | "next"> {
  readonly code: string;
  readonly next?: JsonValue;
}

const problemFields: FieldsOf<ToldProblem> = {
  code: anyText(),
  pointer: anyText(),
  message: anyText(),
  hint: anyText(),
  next: optional(anyJson()),
};

/**
 * A refusal as it was recorded. Nothing is decided by one that was recorded, so two things of another release are let
 * through: a code that is not in this release's list is kept, and a next step that it does not know is left out.
 */
export const problemRecord: Parser<Problem> = refine(objectOf(problemFields), problemOf);

/** As `problemRecord`, as another process answers it: a field that this release does not know is left out too. */
export const problemAnswer: Parser<Problem> = refine(openObjectOf(problemFields), problemOf);

function problemOf({ code, next, ...rest }: ToldProblem, at: Place): Problem | undefined {
  if (!/^E_[A-Z0-9_]+$/.test(code)) return refuseAt(at, "E_SCHEMA", "expected a code that begins with `E_`");
  // A code of any release. It is shown as it is, and nothing looks it up in the list here.
  const found = { code: code as Code, ...rest };
  return isNextStep(next) ? { ...found, next } : found;
}

/** One try at a step. */
export const attemptRecord: Parser<Attempt> = objectOf<Attempt>({
  runId: anyText(),
  stepId: anyText(),
  direction: oneOf(["do", "undo"]),
  n: wholeNumber(),
  epoch: wholeNumber(),
});

type AuthorizationOf<Kind extends Authorization["kind"]> = Extract<Authorization, { readonly kind: Kind }>;

/** What entitled a plan to run. */
export const authorizationRecord: Parser<Authorization> = taggedBy("kind", {
  approval: objectOf<AuthorizationOf<"approval">>({
    kind: oneOf(["approval"]),
    approvalId: anyText(),
    planHash: digestText(),
    principal: principalRecord,
    expiresAtMs: anyNumber(),
    attended: boolean(),
    solo: boolean(),
  }),
  grant: objectOf<AuthorizationOf<"grant">>({
    kind: oneOf(["grant"]),
    grantId: anyText(),
    planHash: digestText(),
    expiresAtMs: anyNumber(),
    attended: boolean(),
    solo: boolean(),
  }),
  read_only: objectOf<AuthorizationOf<"read_only">>({ kind: oneOf(["read_only"]), policies: nullOr(digestText()) }),
} satisfies { readonly [Kind in Authorization["kind"]]: Parser<AuthorizationOf<Kind>> });

/** An object as it was read. */
export const observedRecord: Parser<ObservedObject> = objectOf<ObservedObject>({
  object: objectRef,
  fingerprint: digestText(),
  fence: nullOr(anyText()),
  facts: anyList(objectOf<ObservedFact>({ name: anyText(), value: nullOr(factValue), why: optional(anyText()) })),
});

/** A fact and its value. */
export const factRecord: Parser<Fact> = objectOf<Fact>({ name: anyText(), value: factValue });

/** Values that a run read and did not write. */
export const foreignRecord: Parser<ForeignValues> = objectOf<ForeignValues>({
  facts: anyList(factRecord),
  isLater: boolean(),
});

/** A step that failed and was not put right. */
export const failedRecord: Parser<FailedStep> = objectOf<FailedStep>({
  stepId: anyText(),
  target: nullOr(objectRef),
  touched: boolean(),
});

/** A step that makes a call. */
export const calledRecord: Parser<CalledStep> = objectOf<CalledStep>({
  stepId: anyText(),
  target: nullOr(objectRef),
});

const foundFields = {
  name: anyText(),
  was: factValue,
  found: factValue,
  since: oneOf(["planned", "left"]),
} satisfies FieldsOf<FoundFact>;

/** A fact that a write found otherwise than its run knew it. */
export const changedRecord: Parser<ChangedFact> = objectOf<ChangedFact>({ ...foundFields, isOverwritten: boolean() });

/** A value that a write overwrote, and that nobody had planned for. */
export const overwrittenRecord: Parser<OverwrittenFact> = objectOf<OverwrittenFact>({
  ...foundFields,
  stepId: anyText(),
});

/** What a system said of its operation. */
export const toldRecord: Parser<OperationTold> = objectOf<OperationTold>({
  status: nullOr(anyText()),
  progress: nullOr(wholeNumber()),
  says: nullOr(anyText()),
});

/** What a person said of a step. */
export const wordRecord: Parser<PersonsWord> = objectOf<PersonsWord>({
  as: oneOf(["not_applied", "restored"]),
  by: principalRecord,
  reason: anyText(),
});

/** What the site remembers of an action on a target. */
export const paceRecord: Parser<Pace> = objectOf<Pace>({
  key: anyText(),
  windowMs: anyNumber(),
  countMax: anyNumber(),
});

type UnappliedReply = Exclude<SettledReply, { readonly kind: "applied" }>;

const unapplied = objectOf<UnappliedReply>({
  kind: oneOf(["rejected", "not_sent", "unknown"]),
  problem: problemRecord,
  retryable: boolean(),
  output: optional(anyJson()),
});

/** A reply that settled an attempt, or came too late to. */
export const replyRecord: Parser<SettledReply> = taggedBy("kind", {
  applied: objectOf<Extract<SettledReply, { readonly kind: "applied" }>>({
    kind: oneOf(["applied"]),
    output: anyJson(),
    outputBytes: wholeNumber(),
    outcome: nullOr(anyText()),
  }),
  rejected: unapplied,
  not_sent: unapplied,
  unknown: unapplied,
} satisfies { readonly [Kind in SettledReply["kind"]]: Parser<SettledReply> });
