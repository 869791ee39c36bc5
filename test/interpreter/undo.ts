// How a write is undone, by the declarations of its action: which calls are made, and what each makes of facts.
import { type Action, dataOf, isValue, textOf, type UndoCall } from "./declarations.ts";
import { assign, ground, type Names } from "./ground.ts";
import { conjunctsOf, type Guard, GuardError, type Value } from "./guard.ts";

type Facts = ReadonlyMap<string, Value | undefined>;

/** One call of a way back. */
export interface UndoWrite {
  readonly action: string;
  /** What it does, to what, and with which arguments: calls that agree in it are the same. */
  readonly key: string;
  readonly target: string;
  /** Facts that must then be as they were before the step. */
  readonly restores: readonly string[];
  /** Facts whose values of before are arguments. */
  readonly takes: readonly string[];
  /** By fact that it sets from an argument of that kind: where the value comes from. */
  readonly copies: ReadonlyMap<string, string>;
  /** What it does, once it is known what the facts were before the step. */
  at(before: Facts): { readonly pre: readonly Guard[]; readonly during: Facts; readonly effect: Facts };
}

/** The undo of a write, and the calls that run after it. */
export interface Undo {
  readonly call: UndoWrite;
  readonly then: readonly UndoWrite[];
}

/** The undo of a step, with the arguments and the target that the step has; `null` where its action declares none. */
export function undoOf(action: Action, names: Names, changed: readonly string[]): Undo | null {
  if (action.compensate === null) return null;
  const [inverse, then] = [callOf(action.compensate, action, names), action.compensate.thenRun];
  if (inverse === null) return null;
  const behind = then.flatMap((call) => callOf(call, action, names) ?? []);
  const later = new Set(behind.flatMap(({ restores }) => restores));
  return {
    call: { ...inverse, restores: [...new Set(changed)].filter((fact) => !later.has(fact)) },
    then: behind,
  };
}

function callOf(call: UndoCall, owner: Action, names: Names): UndoWrite | null {
  const action = names.domain.actions.get(call.action);
  if (action === undefined) return null;
  const args = new Map<string, Value | undefined>();
  const sources = new Map<string, string>();
  for (const name of action.input.keys()) {
    const bound = call.args.get(name);
    if (bound?.from === "before") sources.set(name, `${names.target}.${textOf(bound.value)}`);
    else if (bound?.from === "literal") args.set(name, isValue(bound.value) ? bound.value : undefined);
    else args.set(name, names.args.get(bound === undefined ? targetArgument(owner, action) : textOf(bound.value)));
  }
  const types = new Map([...action.input].map(([name, { type }]) => [name, textOf(dataOf(type)["object"])]));
  const declared = new Map([...action.input].map(([name, { type }]) => [name, type]));
  const own = action.target ?? "";
  const target = action.target === null ? "" : `${types.get(own)}.${String(args.get(own))}`;
  const at: UndoWrite["at"] = (before) => {
    const known = new Map([...args, ...[...sources].map(([name, fact]) => [name, before.get(fact)] as const)]);
    const place: Names = { ...names, args: known, types, declared, target };
    return {
      pre: preOf(action.pre, place),
      during: assign(action.during, place),
      effect: assign(action.effect, place),
    };
  };
  const { during, effect } = at(new Map());
  const copies = action.effect.flatMap(({ value }, index) => {
    const source = value.kind === "path" && value.path[0] === "arg" ? sources.get(value.path[1] ?? "") : undefined;
    const fact = [...effect.keys()][index];
    return source === undefined || fact === undefined ? [] : [[fact, source] as const];
  });
  return {
    action: action.name,
    key: JSON.stringify([action.name, target, [...args].sort(), [...sources].sort()]),
    target,
    restores: [...new Set([...during.keys(), ...effect.keys()])],
    takes: [...sources.values()],
    copies: new Map(copies),
    at,
  };
}

/** A precondition that speaks of an object nobody knows is not known. */
function preOf(pre: Guard, names: Names): readonly Guard[] {
  try {
    return conjunctsOf(ground(pre, names));
  } catch (error) {
    if (error instanceof GuardError) return [];
    throw error;
  }
}

/** The target is passed on by itself. */
function targetArgument(owner: Action, inverse: Action): string {
  return inverse.target === null ? "" : (owner.target ?? "");
}
