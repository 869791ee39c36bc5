import type { Action } from "../../domain/domain.ts";
import type { GuardValue } from "../../guard/formula.ts";
import { problem } from "../../value/codes.ts";
import type { Digest } from "../../value/digest.ts";
import { invariant } from "../../value/invariant.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { sortedUnique } from "../../value/sorted-unique.ts";
import { quote } from "../../value/text.ts";
import type { Assignment, CallStep, Compensation, ObjectRef, Verification } from "../plan.ts";
import type { BoundStep } from "./bind-arguments.ts";
import { buildCall, isFenced } from "./build-call.ts";
import { type Compilation, takeOr } from "./compilation.ts";
import {
  bothGuards,
  type GroundGuard,
  type GroundPlace,
  groundAssignment,
  groundGuard,
  trueGuard,
} from "./ground-guard.ts";
import { factName } from "./read-object.ts";

/** What a step is built from beside its binding. */
export interface StepBuild {
  readonly compilation: Compilation;
  readonly digestOf: (action: Action) => Digest;
  /** Inputs that a guard can read. */
  readonly guardInputs: ReadonlyMap<string, GuardValue>;
}

/**
 * Builds the step that the kernel runs: everything the action declares, made particular for this target and these arguments.
 *
 * @param asRead - a probe none of whose outcomes is read: compiled as a plain read, so that an answer that never comes is a
 * failure of the step and not an outcome nobody looks at
 * @returns the step; problems with its guards go to the compilation
 */
export function buildCallStep(
  build: StepBuild,
  bound: BoundStep,
  options: { readonly when: string; readonly asRead: boolean },
): CallStep | undefined {
  const { step, target } = bound;
  const { action, source } = step;
  invariant(action !== null, "a call step has an action");
  const { index } = build.compilation;
  const literals = literalArgs(bound);
  // An argument was refused already; what hangs on it would be refused again.
  if (bound.args.length < action.input.length) return undefined;
  const guards = groundStep(build, bound, action);
  const compensation = buildCompensation(build, bound, { action, effects: [...guards.during, ...guards.effect] });
  const writes = action.class !== "read";
  const reads = sortedUnique([
    ...guards.pre.reads,
    ...(writes && target !== null ? [target] : []),
    ...(writes ? objectsOf(build, guards.effect) : []),
  ]);
  return {
    kind: options.asRead ? "act" : (source.kind as "act" | "probe"),
    id: step.id,
    purpose: source.purpose,
    after: step.after,
    when: options.when,
    action: action.name,
    actionDigest: build.digestOf(action),
    class: earnedClass(build, action),
    idempotency: action.idempotency,
    target,
    args: bound.args,
    call: buildCall(action, { index, target, args: literals }),
    output: action.output,
    outcomes: options.asRead || source.kind === "act" ? [] : action.outcomes,
    pre: guards.pre.text,
    reads,
    during: guards.during,
    effect: guards.effect,
    post: verificationOf(action, { expect: guards.expect, target, changed: objectsOf(build, guards.effect) }),
    fenced: isFenced(action),
    compensation,
    locks: locksOf(action, bound, index.actions.get(action.compensate?.action ?? "")),
    landsWithinMs: action.landsWithinMs,
    retry: action.retry,
    cooldownMs: action.cooldownMs,
    rate: action.rate,
    costUsd: action.costUsd,
    onFailure: onFailureOf(source, action),
    ...(step.wave === null ? {} : { wave: step.wave }),
  };
}

interface StepGuards {
  readonly pre: GroundGuard;
  readonly expect: GroundGuard;
  readonly during: readonly Assignment[];
  readonly effect: readonly Assignment[];
}

function groundStep(build: StepBuild, bound: BoundStep, action: Action): StepGuards {
  const { compilation } = build;
  const { pointer, source } = bound.step;
  const place: GroundPlace = {
    index: compilation.index,
    target: bound.target,
    inputs: new Map(),
    args: guardArgs(bound),
    pointer: `${pointer}/args`,
    objectArgs: new Map(
      action.input.flatMap((declared) =>
        declared.type.kind === "object" ? [[declared.name, declared.type.of] as const] : [],
      ),
    ),
  };
  const ground = (text: string): GroundGuard => takeOr(compilation, groundGuard(text, place)) ?? trueGuard;
  const assign = (text: string): readonly Assignment[] => {
    const assignment = takeOr(compilation, groundAssignment(text, place));
    return assignment === undefined ? [] : [assignment];
  };
  const own = action.post === null ? trueGuard : ground(action.post.expect);
  const expected = source.expect.map((text, position) => {
    const guard =
      takeOr(
        compilation,
        groundGuard(text, {
          ...place,
          target: null,
          args: new Map(),
          inputs: build.guardInputs,
          pointer: `${pointer}/expect/${position}`,
        }),
      ) ?? trueGuard;
    guard.inputsUsed.forEach((input) => compilation.inputsUsed.add(input));
    return guard;
  });
  return {
    pre: ground(action.pre),
    expect: expected.reduce(bothGuards, own),
    during: action.during.flatMap(assign),
    effect: action.effect.flatMap(assign),
  };
}

function literalArgs(bound: BoundStep): ReadonlyMap<string, JsonValue> {
  return new Map(
    bound.args.flatMap((argument) =>
      argument.value.kind === "literal" ? [[argument.name, argument.value.value] as const] : [],
    ),
  );
}

function guardArgs(bound: BoundStep): ReadonlyMap<string, GuardValue | undefined> {
  return new Map(
    bound.args.map((argument) => [
      argument.name,
      argument.value.kind === "literal" ? toGuardValue(argument.value.value) : undefined,
    ]),
  );
}

/** A value that a guard can compare, or `undefined`. */
export function toGuardValue(value: JsonValue): GuardValue | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined;
}

/** Reversible is earned: declared, and once undone for real under this digest. */
function earnedClass(build: StepBuild, action: Action): CallStep["class"] {
  if (action.class !== "reversible") return action.class;
  return build.compilation.request.roundTrips.includes(build.digestOf(action)) ? "reversible" : "irreversible";
}

function verificationOf(
  action: Action,
  from: { readonly expect: GroundGuard; readonly target: ObjectRef | null; readonly changed: readonly ObjectRef[] },
): Verification | null {
  if (action.post === null || action.class === "read") return null;
  const { post } = action;
  const reads = sortedUnique([...from.expect.reads, ...from.changed, ...(from.target === null ? [] : [from.target])]);
  return { expect: from.expect.text, reads, withinMs: post.withinMs, everyMs: post.everyMs, holdMs: post.holdMs };
}

function onFailureOf(source: BoundStep["step"]["source"], action: Action): CallStep["onFailure"] {
  // A probe's trouble is an outcome; what is left is a defect of the step, and nothing to go on from.
  if (source.kind !== "probe" || source.onFailure !== "branch") return source.onFailure;
  return action.onFailure === "branch" ? "stop" : action.onFailure;
}

function locksOf(action: Action, bound: BoundStep, inverse: Action | undefined): readonly string[] {
  const objectArgs = new Map<string, string>(
    bound.args.flatMap((argument) =>
      argument.type.kind === "object" && argument.value.kind === "literal"
        ? [[`arg.${argument.name}`, `${argument.type.of}/${String(argument.value.value)}`] as const]
        : [],
    ),
  );
  const resolve = (lock: string): string => (lock === "self" ? (bound.target ?? lock) : (objectArgs.get(lock) ?? lock));
  // The way back must not have to wait for a lock: what it needs is held from the beginning.
  const declared = [...action.locks, ...(inverse?.locks ?? []).filter((lock) => !lock.startsWith("arg."))];
  const own = action.class === "read" ? [] : [bound.target ?? "domain"];
  return sortedUnique([...declared.map(resolve), ...own]);
}

function buildCompensation(
  build: StepBuild,
  bound: BoundStep,
  from: { readonly action: Action; readonly effects: readonly Assignment[] },
): Compensation | null {
  const { action, effects } = from;
  const { index } = build.compilation;
  const inverse = action.compensate === null ? undefined : index.actions.get(action.compensate.action);
  if (inverse === undefined || action.compensate === null) return null;
  const args = action.compensate.args.map((argument) => compensationArgument(build, bound, { argument, inverse }));
  const known = args.filter((argument) => argument !== undefined);
  const literals = new Map(
    known.flatMap((argument) => (argument.from === "literal" ? [[argument.name, argument.value] as const] : [])),
  );
  const restores = sortedUnique(effects.map((assignment) => assignment.fact));
  const post = inverse.post ?? action.post;
  return {
    action: inverse.name,
    actionDigest: build.digestOf(inverse),
    idempotency: inverse.idempotency,
    call: buildCall(inverse, { index, target: bound.target, args: literals }),
    args: known,
    restores,
    reads: sortedUnique([...(bound.target === null ? [] : [bound.target]), ...objectsOf(build, effects)]),
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
  from: { readonly argument: NonNullable<Action["compensate"]>["args"][number]; readonly inverse: Action },
): Compensation["args"][number] | undefined {
  const { argument, inverse } = from;
  const declared = inverse.input.find((candidate) => candidate.name === argument.name);
  invariant(declared !== undefined, "a checked compensation names arguments of its action");
  const { name } = argument;
  switch (argument.from) {
    case "literal":
      return { name, type: declared.type, from: "literal", value: argument.value };
    case "before": {
      invariant(bound.target !== null, "a checked compensation reads a fact of its target");
      return { name, type: declared.type, from: "before", fact: factName(bound.target, String(argument.value)) };
    }
    case "arg": {
      const own = bound.args.find((candidate) => candidate.name === argument.value);
      if (own?.value.kind === "literal") return { name, type: declared.type, from: "literal", value: own.value.value };
      // A way back that hangs on a value nobody has approved is none.
      if (own !== undefined)
        build.compilation.problems.push(
          problem(
            "E_PLAN_GUARD_ARGUMENT",
            `${bound.step.pointer}/args`,
            `undoing ${quote(bound.step.id)} needs ${quote(own.name)}, which would be known only while running`,
          ),
        );
      return undefined;
    }
  }
}

function objectsOf(build: StepBuild, assignments: readonly Assignment[]): readonly ObjectRef[] {
  return assignments.flatMap((assignment) => build.compilation.index.facts.get(assignment.fact)?.object ?? []);
}
