import { canonicalText } from "../../value/canonical.ts";
import { invariant } from "../../value/invariant.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { isCallStep } from "../kinds/index.ts";
import { thenRunsOf, thenStepsOf } from "../kinds/undo-calls.ts";
import type { CallStep, Compensation, Plan } from "../plan.ts";

/*
 * The order of a way back. Steps are named by their index in the plan, and the actions that run after undos stand
 * behind them, from `plan.steps.length` on.
 */

/** An action that runs once a step is undone. */
export interface ThenRunPlace {
  readonly by: number;
  /** What it does. Of undos in a row that ask for the same, only the last is followed by it. */
  readonly key: string;
  /** Indexes of later steps that it puts right. */
  readonly covers: readonly number[];
}

/** An action that runs after an undo, as a step. */
export interface ThenRunStep {
  readonly step: CallStep;
  readonly index: number;
  readonly key: string;
  /** The step whose undo it follows. */
  readonly behind: number;
}

/** The actions of a plan that run after undos. */
export interface ThenRuns {
  readonly steps: readonly ThenRunStep[];
  /** By the index of the step that is undone, in their order. A step without any has no entry. */
  readonly places: ReadonlyMap<number, readonly ThenRunPlace[]>;
}

/** Gives each action that runs after an undo its place. */
export function placeThenRuns(plan: Pick<Plan, "steps">): ThenRuns {
  const indexById = new Map(plan.steps.map(({ id }, index) => [id, index]));
  const steps: ThenRunStep[] = [];
  const places = new Map<number, readonly ThenRunPlace[]>();
  for (const [index, step] of plan.steps.entries()) {
    if (!isCallStep(step)) continue;
    const declared = thenRunsOf(step);
    const own = thenStepsOf(step).map((next, position): ThenRunPlace => {
      const by = plan.steps.length + steps.length;
      const key = keyOf(next);
      steps.push({ step: next, index: by, key, behind: index });
      const covers = (declared[position]?.covers ?? []).map((id) => {
        const covered = indexById.get(id);
        invariant(covered !== undefined, "a plan's references name its own steps");
        return covered;
      });
      return { by, key, covers };
    });
    if (own.length > 0) places.set(index, own);
  }
  return { steps, places };
}

/** What an action after an undo does, to what, and with which arguments. */
function keyOf({ target, compensation }: CallStep): string {
  invariant(compensation !== null, "what runs after an undo is a way back");
  const { action, actionDigest, args, call } = compensation;
  return canonicalText({ target, action, actionDigest, args: args.map(plainArgument), with: call.with });
}

function plainArgument(argument: Compensation["args"][number]): JsonValue {
  return argument.from === "literal" ? [argument.name, argument.value] : [argument.name, { before: argument.fact }];
}

/** The way back of a run. */
export interface WayBack {
  /** Touched steps newest first, and behind each the actions that run after its undo. */
  readonly order: readonly number[];
  /** Touched steps that an action of the order puts right, so that they have no undo of their own. */
  readonly covered: readonly Covered[];
}

/** Steps that one action after an undo puts right, newest first. */
export interface Covered {
  readonly by: number;
  readonly steps: readonly number[];
}

/** Undos that one and the same action follows: it runs once, behind the oldest of them. */
interface Group {
  /** The action, as the oldest of the undone steps declares it. */
  readonly by: number;
  readonly key: string;
  readonly oldest: number;
  /** Later steps that it puts right if they have touched the world before the group is closed. */
  readonly mayCover: Set<number>;
  readonly covered: number[];
}

/**
 * Finds in which order a run undoes what it has touched: newest first, with two exceptions that the plan declares. What
 * must run after an undo runs right behind it, once for all the undos in a row that ask for the same. A later step
 * that did the same already is put right by that, so it is not undone before.
 *
 * A file edited twice, a reload, a third edit and a reload come back as: the third edit, a reload, the other two edits,
 * a reload.
 *
 * @param touched - newest first
 *
 * Cost: O(touched steps × actions after undos that are open at once).
 */
export function orderWayBack({ places }: Pick<ThenRuns, "places">, touched: readonly number[]): WayBack {
  if (places.size === 0) return { order: touched, covered: [] };
  const groups = groupUndos(places, touched);
  const behind = new Map<number, Group[]>();
  for (const group of groups) behind.set(group.oldest, [...(behind.get(group.oldest) ?? []), group]);
  const isCovered = new Set(groups.flatMap(({ covered }) => covered));
  const order = touched.flatMap((index) =>
    isCovered.has(index) ? [] : [index, ...(behind.get(index) ?? []).map(({ by }) => by)],
  );
  const covered = groups.flatMap(({ by, covered: steps }) =>
    steps.length === 0 ? [] : [{ by, steps: steps.toReversed() }],
  );
  return { order, covered };
}

/** The groups of undos, each as it opened: the oldest first, and the actions of one step in their order. */
function groupUndos(places: ThenRuns["places"], touched: readonly number[]): readonly Group[] {
  const groups: Group[] = [];
  const open = new Map<string, Group>();
  // By covered step: the groups that may cover it, the oldest first.
  const coverers = new Map<number, Group[]>();
  for (const index of touched.toReversed()) {
    const covering = coverers.get(index)?.find((group) => open.get(group.key) === group);
    if (covering !== undefined) {
      covering.covered.push(index);
      continue;
    }
    for (const { by, key, covers } of places.get(index) ?? []) {
      let group = open.get(key);
      if (group === undefined || group.covered.length > 0) {
        group = { by, key, oldest: index, mayCover: new Set(), covered: [] };
        groups.push(group);
        open.set(key, group);
      }
      for (const later of covers) {
        if (group.mayCover.has(later)) continue;
        group.mayCover.add(later);
        coverers.set(later, [...(coverers.get(later) ?? []), group]);
      }
    }
  }
  return groups;
}
