import type { WayBack } from "../../plan/branches/way-back.ts";
import { invariant } from "../../value/invariant.ts";
import { chainItems } from "../collections/chain.ts";
import { vectorAt, vectorWith } from "../collections/persistent-vector.ts";
import { stepAt } from "../ready/prepare.ts";
import type { MutableRun } from "./mutable-run.ts";

/*
 * The start of a way back. Its order stands in the event, so that a log of any release folds under every later one. The
 * assertions say what holds of every order, however it was found.
 */

/** Asserts that a way back is one of this run. Cost: the touched steps, once a run. */
export function checkWayBack(next: MutableRun, { order, covered }: WayBack): void {
  const touched = chainItems(next.touched);
  const isCovered = new Set(covered.flatMap(({ steps }) => steps));
  const undone = order.filter((index) => stepAt(next.prepared, index).thenRun === null);
  const left = touched.filter((index) => !isCovered.has(index));
  invariant(
    undone.length === left.length && undone.every((index, position) => index === left[position]),
    "compensation covers exactly the touched steps, newest first (I4)",
  );
  invariant(
    touched.length - left.length === covered.reduce((sum, { steps }) => sum + steps.length, 0),
    "a step that another one covers is touched, and covered once (I4)",
  );
  checkThenRuns(next, order);
  checkCovered(next, { order, covered });
}

/** What runs after undos stands behind each of them, and behind the step that declares it. */
function checkThenRuns({ prepared }: MutableRun, order: readonly number[]): void {
  const lastOf = new Map<string, number>();
  const places = new Map(order.map((index, position) => [index, position]));
  invariant(places.size === order.length, "nothing of a way back runs twice (I4)");
  for (const [position, index] of order.entries()) {
    const { thenRun } = stepAt(prepared, index);
    if (thenRun === null) continue;
    const behind = places.get(thenRun.behind);
    invariant(behind !== undefined && behind < position, "what runs after an undo runs behind it (I4)");
    lastOf.set(thenRun.key, position);
  }
  for (const [position, index] of order.entries())
    for (const { key } of stepAt(prepared, index).thenRuns)
      invariant((lastOf.get(key) ?? -1) > position, "what must run after an undo runs (I4)");
}

/** A covered step is one that its plan says is put right. */
function checkCovered({ prepared }: MutableRun, { order, covered }: WayBack): void {
  const undone = new Set(order);
  for (const { by, steps } of covered) {
    const key = stepAt(prepared, by).thenRun?.key;
    const mayCover = new Set(
      order.flatMap((index) =>
        stepAt(prepared, index).thenRuns.flatMap((next) => (next.key === key ? next.covers : [])),
      ),
    );
    invariant(
      undone.has(by) && steps.every((index) => mayCover.has(index)),
      "a step is covered only by what its plan says puts it right (I4)",
    );
  }
}

/** Lets what runs after undos wait for them, with the world before the step that declares it. */
export function waitForUndos(next: MutableRun, order: readonly number[]): void {
  for (const index of order) {
    const { thenRun } = stepAt(next.prepared, index);
    if (thenRun === null) continue;
    const behind = vectorAt(next.steps, thenRun.behind);
    invariant(
      (behind.kind === "settled" || behind.kind === "failed") && behind.done !== null,
      "what runs after an undo waits for a touched step (I4)",
    );
    const done = { baseline: behind.done.baseline, hasRun: true } as const;
    next.steps = vectorWith(next.steps, index, { kind: "undo_waiting", done });
  }
}
