import type { Action, UndoCall } from "../../domain/domain.ts";
import { problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { sortedUnique } from "../../value/sorted-unique.ts";
import { quote } from "../../value/text.ts";
import type { Assignment, Compensation, ObjectRef, ThenRun } from "../plan.ts";
import type { BoundStep } from "./binding.ts";
import { buildCall, buildOperation, isFenced } from "./build-call.ts";
import { declaredBy, groundUndo } from "./ground-undo.ts";
import { lockNames } from "./lock-names.ts";
import { factName } from "./read-object.ts";
import { objectsChanged, type StepBuild } from "./step-build.ts";

type UndoArgument = Compensation["args"][number];

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
  const thenRun = (action.compensate.thenRun ?? []).flatMap((call) => buildThenRun(build, bound, call) ?? []);
  // A fact that the actions after the undo change is as before only once they have run. It is read back there.
  const later = new Set(thenRun.flatMap(({ restores }) => restores));
  const changed = effects.filter(({ fact }) => !later.has(fact));
  const { target } = bound;
  const args = argumentsOf(build, bound, { call: action.compensate, action: inverse });
  const post = inverse.post ?? action.post;
  return {
    ...headOf(build, inverse, { args, target }),
    restores: sortedUnique(changed.map((assignment) => assignment.fact)),
    reads: sortedUnique([...(target === null ? [] : [target]), ...objectsChanged(index, changed)]),
    withinMs: post?.withinMs ?? 0,
    everyMs: post?.everyMs ?? 1_000,
    ...declaredBy(groundUndo(build.pass, inverse, { args, target, pointer: bound.step.pointer })),
    ...(thenRun.length === 0 ? {} : { thenRun }),
  };
}

/** What runs once the step is undone. The steps that it covers are found when all steps are there. */
function buildThenRun(build: StepBuild, bound: BoundStep, call: UndoCall): ThenRun | undefined {
  const { index } = build.pass;
  const action = index.actions.get(call.action);
  invariant(action !== undefined, "a checked way back runs declared actions");
  const args = argumentsOf(build, bound, { call, action });
  // An argument that is not known was refused. So would be everything that is made of it.
  if (args.length < action.input.length) return undefined;
  const target = targetOf(action, args);
  const undo = groundUndo(build.pass, action, { args, target, pointer: bound.step.pointer });
  const changed = [...undo.during, ...undo.effect];
  const locks = lockNames(action.locks, { target, args: literalsOf(args) });
  return {
    ...headOf(build, action, { args, target }),
    restores: sortedUnique(changed.map(({ fact }) => fact)),
    reads: sortedUnique([...(target === null ? [] : [target]), ...objectsChanged(index, changed)]),
    withinMs: action.post?.withinMs ?? 0,
    everyMs: action.post?.everyMs ?? 1_000,
    ...declaredBy(undo),
    target,
    locks: sortedUnique([...locks, target ?? "domain"]),
    covers: [],
  };
}

function targetOf({ target }: Action, args: readonly UndoArgument[]): ObjectRef | null {
  if (target === null) return null;
  const named = args.find(({ name }) => name === target.argument);
  invariant(named?.from === "literal", "what runs after an undo names its object");
  return `${target.type}/${String(named.value)}`;
}

type UndoHead = Pick<
  Compensation,
  "action" | "actionDigest" | "idempotency" | "call" | "args" | "fenced" | "landsWithinMs" | "retry" | "operation"
>;

/** What the plan says of a write of a way back, whatever it is proven by. */
function headOf(
  build: StepBuild,
  action: Action,
  { args, target }: { readonly args: readonly UndoArgument[]; readonly target: ObjectRef | null },
): UndoHead {
  const literals = literalsOf(args).map(({ name, value }) => [name, value] as const);
  const place = { index: build.pass.index, target, args: new Map(literals) };
  // A way back that takes too long is left running: what it has begun is what puts the world right.
  const operation = buildOperation(action, place, { mayCancel: false });
  return {
    action: action.name,
    actionDigest: build.digestOf(action),
    idempotency: action.idempotency,
    call: buildCall(action, place),
    args,
    fenced: isFenced(action),
    landsWithinMs: action.landsWithinMs,
    retry: action.retry,
    ...(operation === undefined ? {} : { operation }),
  };
}

type LiteralArgument = Extract<UndoArgument, { readonly from: "literal" }>;

function literalsOf(args: readonly UndoArgument[]): readonly LiteralArgument[] {
  return args.filter((argument) => argument.from === "literal");
}

function argumentsOf(
  build: StepBuild,
  bound: BoundStep,
  { call, action }: { readonly call: UndoCall; readonly action: Action },
): readonly UndoArgument[] {
  return call.args
    .map((argument) => undoArgument(build, bound, { argument, inverse: action }))
    .filter((argument) => argument !== undefined);
}

function undoArgument(
  build: StepBuild,
  bound: BoundStep,
  from: { readonly argument: UndoCall["args"][number]; readonly inverse: Action },
): UndoArgument | undefined {
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
