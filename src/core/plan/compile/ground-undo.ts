import type { Action } from "../../domain/domain.ts";
import type { Assignment, Compensation, ObjectRef } from "../plan.ts";
import { type Pass, takeOr } from "./compilation.ts";
import { type GroundChange, type GroundPlace, groundChange, toGuardValue } from "./ground-guard.ts";

/** What an action of a way back makes of facts. */
export interface GroundUndo {
  readonly during: readonly GroundChange[];
  readonly effect: readonly GroundChange[];
  /** By argument: the fact whose value of before it puts back. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Makes the effects of an action speak of facts alone. Some of its arguments may be known only on the way back. */
export function groundUndo(
  pass: Pass,
  action: Action,
  from: {
    readonly args: Compensation["args"];
    readonly target: ObjectRef | null;
    readonly pointer: string;
  },
): GroundUndo {
  const { args, target } = from;
  const objectArgs = action.input.flatMap(({ name, type }) =>
    type.kind === "object" ? [[name, type.of] as const] : [],
  );
  const place: GroundPlace = {
    index: pass.index,
    target,
    inputs: new Map(),
    args: new Map(
      args.map((argument) => [argument.name, argument.from === "literal" ? toGuardValue(argument.value) : undefined]),
    ),
    objectArgs: new Map(objectArgs),
    pointer: `${from.pointer}/args`,
  };
  const ground = (text: string): readonly GroundChange[] => {
    const change = takeOr(pass, groundChange(text, place));
    return change === undefined || change === null ? [] : [change];
  };
  return {
    during: action.during.flatMap(ground),
    effect: action.effect.flatMap(ground),
    sources: new Map(args.flatMap((argument) => (argument.from === "before" ? [[argument.name, argument.fact]] : []))),
  };
}

/** The parts of a way back that follow from its declared effects. One that declares nothing of the kind has none. */
export function declaredBy({
  during,
  effect,
  sources,
}: GroundUndo): Pick<Compensation, "during" | "effect" | "copies"> {
  const known = (changes: readonly GroundChange[]): readonly Assignment[] =>
    changes.flatMap(({ fact, value }) => (value === null ? [] : [{ fact, value }]));
  const copies = effect.flatMap(({ fact, argument }) => {
    const of = argument === null ? undefined : sources.get(argument);
    return of === undefined || of === fact ? [] : [{ fact, of }];
  });
  return {
    ...(known(during).length === 0 ? {} : { during: known(during) }),
    ...(known(effect).length === 0 ? {} : { effect: known(effect) }),
    ...(copies.length === 0 ? {} : { copies }),
  };
}
