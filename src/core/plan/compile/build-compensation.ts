import type { Action, CompensationDeclaration } from "../../domain/domain.ts";
import { problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { sortedUnique } from "../../value/sorted-unique.ts";
import { quote } from "../../value/text.ts";
import type { Assignment, Compensation } from "../plan.ts";
import type { BoundStep } from "./binding.ts";
import { buildCall, isFenced } from "./build-call.ts";
import { factName } from "./read-object.ts";
import { objectsChanged, type StepBuild } from "./step-build.ts";

/** The way back of a step, as its action declares it; `null` where it declares none. */
export function buildCompensation(
  build: StepBuild,
  bound: BoundStep,
  from: { readonly action: Action; readonly effects: readonly Assignment[] },
): Compensation | null {
  const { action, effects } = from;
  const { index } = build.pass;
  const inverse = action.compensate === null ? undefined : index.actions.get(action.compensate.action);
  if (inverse === undefined || action.compensate === null) return null;
  const args = action.compensate.args
    .map((argument) => compensationArgument(build, bound, { argument, inverse }))
    .filter((argument) => argument !== undefined);
  const literals = args.flatMap((argument) =>
    argument.from === "literal" ? [[argument.name, argument.value] as const] : [],
  );
  const post = inverse.post ?? action.post;
  return {
    action: inverse.name,
    actionDigest: build.digestOf(inverse),
    idempotency: inverse.idempotency,
    call: buildCall(inverse, { index, target: bound.target, args: new Map(literals) }),
    args,
    restores: sortedUnique(effects.map((assignment) => assignment.fact)),
    reads: sortedUnique([...(bound.target === null ? [] : [bound.target]), ...objectsChanged(index, effects)]),
    withinMs: post?.withinMs ?? 0,
    everyMs: post?.everyMs ?? 1_000,
    fenced: isFenced(inverse),
    landsWithinMs: inverse.landsWithinMs,
    retry: inverse.retry,
  };
}

function compensationArgument(
  build: StepBuild,
  bound: BoundStep,
  from: { readonly argument: CompensationDeclaration["args"][number]; readonly inverse: Action },
): Compensation["args"][number] | undefined {
  const { argument, inverse } = from;
  const { name } = argument;
  const declared = inverse.input.find((candidate) => candidate.name === name);
  invariant(declared !== undefined, "a checked compensation names arguments of its action");
  const { type } = declared;
  switch (argument.from) {
    case "literal":
      return { name, type, from: "literal", value: argument.value };
    case "before":
      invariant(bound.target !== null, "a checked compensation reads a fact of its target");
      return { name, type, from: "before", fact: factName(bound.target, String(argument.value)) };
    case "arg": {
      const own = bound.args.find((candidate) => candidate.name === argument.value);
      if (own?.value.kind === "literal") return { name, type, from: "literal", value: own.value.value };
      if (own === undefined) return undefined;
      // A way back that depends on a value that nobody approved is no way back.
      const claim = `undoing ${quote(bound.step.id)} needs ${quote(own.name)}, which would be known only while running`;
      build.pass.problems.push(problem("E_PLAN_GUARD_ARGUMENT", `${bound.step.pointer}/args`, claim));
      return undefined;
    }
  }
}
