import { isCallStep } from "../../src/core/plan/kinds/index.ts";
import { thenStepsOf } from "../../src/core/plan/kinds/undo-calls.ts";
import type { CallStep, Plan } from "../../src/core/plan/plan.ts";
import type { Event } from "../../src/core/run/words/event.ts";
import { callOf } from "../steps-of.ts";

/** One kind of event. */
export type EventOf<Kind extends Event["kind"]> = Extract<Event, { readonly kind: Kind }>;

/** A step of a plan that is a call, or `null`. */
export function callStepOf(plan: Plan, stepId: string): CallStep | null {
  return callOf(plan, stepId);
}

/** The step whose undo an action follows; `null` for a step of the plan itself. */
export function undoneBefore(plan: Plan, stepId: string): CallStep | null {
  const own = plan.steps.filter(isCallStep);
  return own.find((step) => thenStepsOf(step).some(({ id }) => id === stepId)) ?? null;
}

/** The box of a target: `box/a` is the box `a`. */
export function boxOf(target: string | null | undefined): string {
  return (target ?? "").slice("box/".length);
}

/** The level at which a verified write left its box. */
export function leftLevel(left: { readonly facts: readonly { readonly value: unknown }[] } | null): number | null {
  const level = left?.facts[0]?.value;
  return typeof level === "number" ? level : null;
}
