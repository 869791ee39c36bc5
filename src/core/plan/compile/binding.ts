import type { ArgumentDeclaration } from "../../domain/domain.ts";
import type { Problem } from "../../value/codes.ts";
import type { ObjectRef, PlanArgument } from "../plan.ts";
import type { ProposedArgument } from "../wire/proposal.ts";
import type { Reference } from "../wire/reference.ts";
import type { Pass } from "./compilation.ts";
import type { WorkStep } from "./work-step.ts";

/** A step's arguments, each with its type, origin and value or reference. */
export interface BoundStep {
  readonly step: WorkStep;
  /** In the order in which the action declares them: by name. */
  readonly args: readonly PlanArgument[];
  readonly target: ObjectRef | null;
  /** References among the arguments, with the place that made them. */
  readonly references: readonly PlacedReference[];
  readonly inputsUsed: readonly string[];
}

/** A reference and the JSON Pointer of the argument that holds it. */
export interface PlacedReference {
  readonly reference: Reference;
  readonly pointer: string;
}

/** The binding of one step, while it is being made. */
export interface Binding {
  readonly pass: Pass;
  readonly step: WorkStep;
  readonly stepsById: ReadonlyMap<string, WorkStep>;
  readonly references: PlacedReference[];
  readonly inputsUsed: string[];
}

/** An argument that is being bound. */
export interface ArgumentPlace {
  readonly declared: ArgumentDeclaration;
  readonly proposed: ProposedArgument;
  readonly pointer: string;
}

/** Refuses an argument. What is wrong with all expansions of a step is reported once. */
export function refuseArgument({ pass, step }: Binding, ...found: readonly Problem[]): undefined {
  const isNew = (one: Problem): boolean =>
    !pass.problems.some(
      (known) => known.code === one.code && known.pointer === one.pointer && known.message === one.message,
    );
  pass.problems.push(...(step.each === null ? found : found.filter(isNew)));
}
