import type { Action } from "../../domain/domain.ts";
import { equationsOf } from "../../domain/effect-equations.ts";
import type { Assignment } from "../plan.ts";
import type { BoundStep } from "./binding.ts";
import { takeOr } from "./compilation.ts";
import {
  bothGuards,
  type GroundGuard,
  type GroundPlace,
  groundAssignment,
  groundGuard,
  orderedArgsOf,
  toGuardValue,
  trueGuard,
} from "./ground-guard.ts";
import type { StepBuild } from "./step-build.ts";

/** What an action's guards and effects say about this target and these arguments. */
export interface StepGuards {
  readonly pre: GroundGuard;
  /** The action's post-condition and the step's own expectations. */
  readonly expect: GroundGuard;
  readonly during: readonly Assignment[];
  readonly effect: readonly Assignment[];
}

/** Makes an action's guards and effects speak of facts alone; what cannot be is a problem of the pass, and left out. */
export function groundStep(build: StepBuild, bound: BoundStep, action: Action): StepGuards {
  const { pass } = build;
  const place = placeOf(build, bound, action);
  const ground = (text: string): GroundGuard => takeOr(pass, groundGuard(text, place)) ?? trueGuard;
  const assign = (text: string): Assignment | readonly Assignment[] =>
    takeOr(pass, groundAssignment(text, place)) ?? [];
  const own = action.post === null ? trueGuard : ground(action.post.expect);
  const expected = bound.step.source.expect.map((text, position) =>
    groundExpectation(build, place, { text, pointer: `${bound.step.pointer}/expect/${position}` }),
  );
  // What the plan says a write does is read back, also where the action's own `post` names less.
  const shown = action.post === null ? trueGuard : ground(equationsOf(action.effect));
  return {
    pre: ground(action.pre),
    expect: expected.reduce(bothGuards, bothGuards(own, shown)),
    during: action.during.flatMap(assign),
    effect: action.effect.flatMap(assign),
  };
}

/** An expectation is the proposal's own: it knows the inputs, and neither the target nor the arguments. */
function groundExpectation(
  { pass, inputsUsed }: StepBuild,
  place: GroundPlace,
  { text, pointer }: { readonly text: string; readonly pointer: string },
): GroundGuard {
  const at = { ...place, target: null, args: new Map(), inputs: pass.guardInputs, pointer };
  const guard = takeOr(pass, groundGuard(text, at)) ?? trueGuard;
  for (const input of guard.inputsUsed) inputsUsed.add(input);
  return guard;
}

function placeOf({ pass }: StepBuild, bound: BoundStep, action: Action): GroundPlace {
  const args = bound.args.map(
    ({ name, value }) => [name, value.kind === "literal" ? toGuardValue(value.value) : undefined] as const,
  );
  const objectArgs = action.input.flatMap(({ name, type }) =>
    type.kind === "object" ? [[name, type.of] as const] : [],
  );
  return {
    index: pass.index,
    target: bound.target,
    inputs: new Map(),
    args: new Map(args),
    pointer: `${bound.step.pointer}/args`,
    objectArgs: new Map(objectArgs),
    orderedArgs: orderedArgsOf(action.input),
  };
}
