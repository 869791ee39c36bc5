import type { OnFailure } from "../../domain/domain.ts";
import type { StepKind } from "../plan.ts";

/**
 * What a proposer emits: the wire form, the same from a language model, a search and a file. It is flat, so that every
 * provider's structured output can produce it: all properties are required, and `""` and `[]` mean none. It stays text
 * until the gate has compiled it.
 */
export interface Proposal {
  readonly format: "interlock.proposal/1";
  /** A guard over facts, or `""` to take the operator's. */
  readonly goal: string;
  /** Prose, shown as untrusted plain text. */
  readonly summary: string;
  /** Why there is no plan, or `""`. Declining is a complete answer: `steps` is then empty. */
  readonly decline: string;
  readonly assumptions: readonly string[];
  readonly steps: readonly ProposedStep[];
}

/** One step of a proposal. Every field is there; `""` and `[]` mean none. */
export interface ProposedStep {
  readonly id: string;
  /** An action of the domain; `""` for a kind that calls nothing. */
  readonly action: string;
  readonly purpose: string;
  readonly kind: StepKind;
  /** Steps that must be over or skipped first. */
  readonly after: readonly string[];
  /** A boolean formula over outcomes of steps in `after`; `""` holds if every step in `after` ran. */
  readonly when: string;
  readonly args: readonly ProposedArgument[];
  /** Guards over facts, checked after the action's own post-condition. */
  readonly expect: readonly string[];
  readonly onFailure: OnFailure;
}

/** One argument: where its value comes from, and the value as text. */
export interface ProposedArgument {
  readonly name: string;
  /**
   * `literal`: `value` holds JSON; `input`: the name of an input; `step`: `s2#/hosts/0`, a step and a JSON Pointer into
   * its declared output; `each`: an inventory type or a literal array, expanding the step at compile time.
   */
  readonly from: "literal" | "input" | "step" | "each";
  readonly value: string;
}
