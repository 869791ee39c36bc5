import type { Formula, GuardValue } from "../../guard/formula.ts";
import { placeThenRuns, type ThenRuns } from "../../plan/branches/way-back.ts";
import { isCallStep } from "../../plan/kinds/index.ts";
import { undoCallsOf } from "../../plan/kinds/undo-calls.ts";
import type { Plan, WayBackCall } from "../../plan/plan.ts";
import { invariant } from "../../value/invariant.ts";

/** What a write of a way back makes of a fact: a value, what a fact was before the step, or nobody knows. */
export type UndoneTo =
  | { readonly kind: "value"; readonly value: GuardValue }
  | { readonly kind: "before"; readonly fact: string }
  | { readonly kind: "unknown" };

/** What the domain declares of one write of a way back, beside what stands in the plan. */
export interface DeclaredUndo {
  readonly sets: ReadonlyMap<string, UndoneTo>;
  /** The facts whose values of before are arguments, so that the precondition may hang on them. */
  readonly takes: readonly string[];
  /** Its precondition once it is known what those facts were, a conjunct each; `null` where it is not known. */
  pre(before: ReadonlyMap<string, GuardValue>): readonly Formula[] | null;
}

/** What the domain declares of the writes of a step's way back, in the order of `undoCallsOf`. */
export type DeclaredUndos = (stepId: string) => readonly DeclaredUndo[];

/** One write of a way back. */
export interface UndoWrite extends DeclaredUndo {
  /** The step that it undoes, or whose undo it follows, by its place in the plan. */
  readonly owner: number;
  /** Its own place, as the order of a way back names it. */
  readonly at: number;
  readonly action: string;
  readonly isThenRun: boolean;
  readonly during: ReadonlyMap<string, GuardValue>;
  /** Facts that it has to put back to what they were before the step. */
  readonly restores: readonly string[];
  /** Whether it puts back each fact that it sets, and shows nothing else meanwhile. */
  readonly isPlain: boolean;
}

/** The writes that ways back of a plan may make. */
export interface UndoWrites {
  readonly all: readonly UndoWrite[];
  readonly byPlace: ReadonlyMap<number, UndoWrite>;
  readonly thenRuns: ThenRuns;
  /** Steps that an action after an undo may put right, so that they have no undo of their own, by their places. */
  readonly coverable: ReadonlySet<number>;
  /** Writes without a way back, by their places. */
  readonly blockers: readonly number[];
  /** The facts whose values of before the way back of a step needs. */
  readOf(at: number): ReadonlySet<string>;
}

/** Collects the writes of the ways back of a plan. */
export function undoWritesOf(plan: Plan, declared: DeclaredUndos): UndoWrites {
  const thenRuns = placeThenRuns(plan);
  const all: UndoWrite[] = [];
  const blockers: number[] = [];
  for (const [at, step] of plan.steps.entries()) {
    if (!isCallStep(step) || step.class === "read") continue;
    if (step.compensation === null) {
      blockers.push(at);
      continue;
    }
    const said = declared(step.id);
    const places = thenRuns.places.get(at) ?? [];
    for (const [position, call] of undoCallsOf(step).entries()) {
      const own = position === 0 ? at : places[position - 1]?.by;
      invariant(own !== undefined, "each action after an undo has a place");
      const { sets, takes, pre } = said[position] ?? { sets: declaredIn(call), takes: [], pre: () => null };
      const during = new Map((call.during ?? []).map(({ fact, value }) => [fact, value]));
      const { action, restores } = call;
      const isPlain =
        position === 0 &&
        during.size === 0 &&
        [...sets].every(([fact, to]) => restores.includes(fact) && to.kind === "before" && to.fact === fact) &&
        restores.every((fact) => sets.has(fact));
      all.push({ owner: at, at: own, action, isThenRun: position > 0, during, restores, sets, takes, pre, isPlain });
    }
  }
  const covers = [...thenRuns.places.values()].flatMap((places) => places.flatMap((place) => place.covers));
  const read = new Map<number, Set<string>>();
  for (const write of all) {
    const facts = read.get(write.owner) ?? new Set();
    for (const fact of neededBy(write)) facts.add(fact);
    read.set(write.owner, facts);
  }
  return {
    all,
    byPlace: new Map(all.map((write) => [write.at, write])),
    thenRuns,
    coverable: new Set(covers),
    blockers,
    readOf: (at) => read.get(at) ?? new Set(),
  };
}

function neededBy({ restores, takes, sets }: UndoWrite): readonly string[] {
  return [...restores, ...takes, ...[...sets.values()].flatMap((to) => (to.kind === "before" ? [to.fact] : []))];
}

/** What stands in the plan itself. A fact that it does not name is taken to be put back as it was before. */
function declaredIn({ effect = [], copies = [], restores }: WayBackCall): ReadonlyMap<string, UndoneTo> {
  return new Map<string, UndoneTo>([
    ...restores.map((fact) => [fact, { kind: "before", fact }] as const),
    ...copies.map(({ fact, of }) => [fact, { kind: "before", fact: of }] as const),
    ...effect.map(({ fact, value }) => [fact, { kind: "value", value }] as const),
  ]);
}
