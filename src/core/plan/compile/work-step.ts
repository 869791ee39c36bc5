import type { Action, ArgumentDeclaration } from "../../domain/domain.ts";
import type { Formula } from "../../guard/formula.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { proposedKind } from "../kinds/index.ts";
import { notRun } from "../kinds/outcomes.ts";
import type { FailureLimit, WavePlace } from "../plan.ts";
import type { ProposedStep } from "../wire/proposal.ts";

/** A step as the compiler works on it: a proposed step, or one of those that an `each` expands it into. */
export interface WorkStep {
  readonly id: string;
  readonly source: ProposedStep;
  /** JSON Pointer of the source in the proposal. */
  readonly pointer: string;
  /** `null` for a kind that calls nothing. */
  readonly action: Action | null;
  readonly parameters: readonly ArgumentDeclaration[];
  /** The element that this expansion stands for. */
  readonly each: { readonly name: string; readonly value: JsonValue } | null;
  /** Ids of expanded steps, in the order of the proposal. */
  readonly after: readonly string[];
  /** What the compiler asks in addition to the source's `when`, over steps in `after`. */
  readonly demand: Formula | null;
  readonly wave: WavePlace | null;
  /** How many failures of its fleet a barrier lets pass, where its `demand` does not say so. */
  readonly failures: FailureLimit | null;
}

/** Whether an `each` made this step, so that the proposed step's id is not its own. */
export function isExpanded(step: WorkStep): boolean {
  return step.each !== null;
}

/** Whether a step ends the run. */
export function isEnding(step: WorkStep): boolean {
  return proposedKind(step.source.kind).isEnding;
}

/** Outcomes that a step can have when it runs; an ending has none, because nothing runs behind it. */
export function outcomesWhenRun(step: WorkStep): readonly string[] {
  const { kind, onFailure } = step.source;
  return proposedKind(kind).outcomes({ action: step.action, onFailure });
}

/** Outcomes that a `when` may name, `not_run` last. */
export function readableOutcomes(step: WorkStep): readonly string[] {
  return [...outcomesWhenRun(step), notRun];
}
