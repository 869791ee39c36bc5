import { isCallStep } from "../../src/core/plan/kinds/index.ts";
import type { CallStep, Plan } from "../../src/core/plan/plan.ts";
import type { Event } from "../../src/core/run/words/event.ts";

/** One kind of event. */
export type EventOf<Kind extends Event["kind"]> = Extract<Event, { readonly kind: Kind }>;

/** A step of a plan that is a call, or `null`. */
export function callStepOf(plan: Plan, stepId: string): CallStep | null {
  const step = plan.steps.find((candidate) => candidate.id === stepId);
  return step !== undefined && isCallStep(step) ? step : null;
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
