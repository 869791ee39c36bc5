import type { Action, ArgumentDeclaration, OnFailure } from "../../domain/domain.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { Parser } from "../../value/shape.ts";
import type { Bounds, CallStep, FailureLimit, ObjectRef, PlanStep, StepBase } from "../plan.ts";

/**
 * Everything that the gate, the review and the drawings know of one kind of step. A kind is one file in this folder and
 * one line in `index.ts`; what the kernel does with it stands in `core/run/decide/begin-step.ts`.
 */
export interface KindRules<Step extends PlanStep> extends ProposedKind {
  /** `null` for a kind that calls no connector. */
  readonly call: Step extends CallStep ? CallRules : null;
  /** Makes the plan's step; `undefined` where its action was refused and that has been said. */
  build(parts: StepParts): Step | undefined;
  /** What the step costs at worst on the way forward; see `Bounds`. */
  cost(step: Step): Bounds;
  /** Objects it reads or changes, which the plan must know how to read. */
  reads(step: Step): readonly ObjectRef[];
  /** Reads a step of a stored plan. */
  readonly read: Parser<Step>;
  /** Its guards beside `when`. */
  guards(step: Step): readonly string[];
  /** What it does, in one line. */
  title(step: Step): string;
  /** Lines of its review beside those that every step has and those that every call has. */
  details(step: Step): readonly ReviewLine[];
  shape(step: Step): StepShape;
}

/** What a kind means in a proposal. */
export interface ProposedKind {
  /** Whether it ends the run: nothing runs behind it. */
  readonly isEnding: boolean;
  /** What it takes, declared as an action declares its own; a call takes what its action declares. */
  readonly parameters: readonly ArgumentDeclaration[];
  /** Names of parameters that may be left out. */
  readonly optional: readonly string[];
  /** Whether a plan may leave all of its outcomes unread. */
  readonly mayGoUnread: boolean;
  /** Outcomes that are a no or a silence: no write may follow from one. */
  readonly silences: readonly string[];
  /** Whether it asks a person. A step that waits for it has to hear a yes before it writes. */
  readonly asksPerson: boolean;
  /** Outcomes it can have when it runs; an ending has none. */
  outcomes(step: { readonly action: Action | null; readonly onFailure: OnFailure }): readonly string[];
}

/** What a kind that calls a connector adds. */
export interface CallRules {
  /** Whether it accepts only actions of class `read`. */
  readonly readsOnly: boolean;
  /** Whether it can fail; if not, trouble with the call is one of its outcomes. */
  readonly canFail: boolean;
  /** What the plan says happens when it fails, from what the proposal chose and the action declares. */
  onFailure(chosen: OnFailure, declared: OnFailure): OnFailure;
}

/** What a step of a plan is built from. */
export interface StepParts {
  readonly base: StepBase;
  /** Whether no `when` reads any of its outcomes. */
  readonly isUnread: boolean;
  /** Of which fleet how many failures may be there, for a barrier that counts them. */
  readonly failures: FailureLimit | null;
  /** Objects that the plan's goal reads. */
  readonly goalReads: readonly ObjectRef[];
  /** The value of a literal argument. */
  literal(name: string): JsonValue | undefined;
  /** The step's call, for a kind that has one. */
  call(kind: CallStep["kind"]): CallStep | undefined;
}

/** A label and the text behind it. */
export interface ReviewLine {
  readonly label: string;
  readonly text: string;
  /**
   * Where the text comes from, if it is not ours: `the proposer`, or `the plan` where the compiler may have written it
   * too. A face quotes it.
   */
  readonly saidBy?: string;
}

/** How a drawing tells steps apart. */
export type StepShape = "write" | "irreversible" | "read" | "other" | "ending";

/** A parameter of a kind that has no action. */
export function parameter(name: string, type: ArgumentDeclaration["type"]): ArgumentDeclaration {
  return { name, type, summary: "", integrityMin: "proposer", confidentialityMax: "internal" };
}

/** The longest that a plan may wait, or ask a person. */
export const waitMsMax = 7 * 86_400_000;
