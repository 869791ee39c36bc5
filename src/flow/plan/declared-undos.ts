import type { Action } from "../../core/domain/domain.ts";
import type { DomainIndex } from "../../core/domain/domain-index.ts";
import type { GuardValue } from "../../core/guard/formula.ts";
import { conjunctsIn } from "../../core/guard/plan-guard.ts";
import {
  type GroundPlace,
  groundChange,
  groundGuard,
  orderedArgsOf,
  toGuardValue,
} from "../../core/plan/compile/ground-guard.ts";
import { isCallStep } from "../../core/plan/kinds/index.ts";
import { thenRunsOf, undoCallsOf } from "../../core/plan/kinds/undo-calls.ts";
import type { CallStep, ObjectRef, Plan, WayBackCall } from "../../core/plan/plan.ts";
import type { DeclaredUndo, DeclaredUndos, UndoneTo } from "../../core/proof/way-back/undo-writes.ts";

/** What the domain declares of the writes of ways back: their preconditions, and every fact that they set. */
export function declaredUndosOf(plan: Plan, index: DomainIndex): DeclaredUndos {
  const steps = new Map(plan.steps.filter(isCallStep).map((step) => [step.id, step]));
  return (stepId) => {
    const step = steps.get(stepId);
    return step === undefined ? [] : declaredOf(step, index);
  };
}

function declaredOf(step: CallStep, index: DomainIndex): readonly DeclaredUndo[] {
  const targets = [step.target, ...thenRunsOf(step).map(({ target }) => target)];
  const declared: DeclaredUndo[] = [];
  for (const [position, call] of undoCallsOf(step).entries()) {
    const action = index.actions.get(call.action);
    // A pack that has changed since is not the one that the plan was made with: it says nothing of this way back.
    if (action === undefined) return [];
    declared.push(declare(call, { action, target: targets[position] ?? null, index }));
  }
  return declared;
}

function declare(
  call: WayBackCall,
  from: { readonly action: Action; readonly target: ObjectRef | null; readonly index: DomainIndex },
): DeclaredUndo {
  const { action } = from;
  const takes = call.args.flatMap((argument) => (argument.from === "before" ? [argument.fact] : []));
  const place = placeOf(call, { ...from, before: new Map() });
  const sets = new Map<string, UndoneTo>();
  for (const text of action.effect) {
    const change = groundChange(text, place);
    if (!change.ok || change.value === null) continue;
    const { fact, value, argument } = change.value;
    const source = call.args.find(({ name }) => name === argument);
    if (value !== null) sets.set(fact, { kind: "value", value });
    else if (source?.from === "before") sets.set(fact, { kind: "before", fact: source.fact });
    else sets.set(fact, { kind: "unknown" });
  }
  return {
    sets,
    takes,
    pre: (before) => {
      const grounded = groundGuard(action.pre, placeOf(call, { ...from, before }));
      return grounded.ok ? conjunctsIn(grounded.value.formula ?? null) : null;
    },
  };
}

function placeOf(
  call: WayBackCall,
  from: {
    readonly action: Action;
    readonly target: ObjectRef | null;
    readonly index: DomainIndex;
    readonly before: ReadonlyMap<string, GuardValue>;
  },
): GroundPlace {
  const { action, target, index, before } = from;
  return {
    index,
    target,
    args: new Map(
      call.args.map((argument) => [
        argument.name,
        argument.from === "literal" ? toGuardValue(argument.value) : before.get(argument.fact),
      ]),
    ),
    objectArgs: new Map(
      action.input.flatMap(({ name, type }) => (type.kind === "object" ? [[name, type.of] as const] : [])),
    ),
    orderedArgs: orderedArgsOf(action.input),
    inputs: new Map(),
    pointer: "",
  };
}
