import type { Action } from "../../domain/domain.ts";
import type { DomainIndex } from "../../domain/domain-index.ts";
import type { Digest } from "../../value/digest.ts";
import type { Assignment, ObjectRef } from "../plan.ts";
import type { Pass } from "./compilation.ts";

/** What the calls of one plan are built with. */
export interface StepBuild {
  readonly pass: Pass;
  readonly digestOf: (action: Action) => Digest;
  /** Inputs that an expectation reads; filled while building. */
  readonly inputsUsed: Set<string>;
}

/** The objects whose facts these assignments change. */
export function objectsChanged(
  index: DomainIndex,
  assignments: readonly Pick<Assignment, "fact">[],
): readonly ObjectRef[] {
  return assignments.flatMap((assignment) => index.facts.get(assignment.fact)?.object ?? []);
}
