import type { FactValue } from "../../domain/domain.ts";
import { canonicalText } from "../../value/canonical.ts";
import { isCallStep } from "../kinds/index.ts";
import type { CallStep, Plan } from "../plan.ts";

/** Writes that are equal but for their target: one action, with the same arguments, on one object after the other. */
export interface WriteGroup {
  readonly action: string;
  readonly class: "irreversible" | "reversible";
  /** Each object once, in the order of the plan; the action's own name for one that has no target. */
  readonly targets: readonly string[];
  readonly changes: readonly PredictedChange[];
  /**
   * What a person types to approve the group: its action and its target, `host.reboot host/h1`, and for several
   * `host.reboot host/h1 and 39 more`.
   */
  readonly phrase: string;
}

/** What an action declares that it does to a fact; `before` is what was read when it was planned. */
export interface PredictedChange {
  readonly fact: string;
  /** `null` if it was not known. */
  readonly before: FactValue | null;
  readonly after: FactValue;
}

/** The writes of a plan, equal ones together, in the order of the first of each group. */
export function groupWrites(plan: Plan): readonly WriteGroup[] {
  const known = new Map(plan.pins.targets.flatMap(({ facts }) => facts.map(({ name, value }) => [name, value])));
  const groups = new Map<string, CallStep[]>();
  for (const step of plan.steps) {
    if (!isCallStep(step) || step.class === "read") continue;
    const key = keyOf(step);
    groups.set(key, [...(groups.get(key) ?? []), step]);
  }
  return [...groups.values()].map((steps) => groupOf(steps, known));
}

function groupOf(steps: readonly CallStep[], known: ReadonlyMap<string, FactValue | null>): WriteGroup {
  const [first] = steps;
  const action = first?.action ?? "";
  const targets = [...new Set(steps.map((step) => step.target ?? step.action))];
  const more = targets.length > 1 ? ` and ${targets.length - 1} more` : "";
  return {
    action,
    class: first?.class === "reversible" ? "reversible" : "irreversible",
    targets,
    changes: steps.flatMap((step) =>
      step.effect.map(({ fact, value }) => ({ fact, before: known.get(fact) ?? null, after: value })),
    ),
    phrase: `${action} ${targets[0] ?? ""}${more}`,
  };
}

/** Steps with one key differ in nothing that a person decides about, except in the object. */
function keyOf({ action, class: kind, args, target, compensation, wave }: CallStep): string {
  const others = args.map(({ name, value }) =>
    value.kind === "literal" && value.value === idOf(target) ? { name } : { name, value },
  );
  return canonicalText({ action, kind, others, wave: wave?.of ?? null, undo: compensation?.action ?? null });
}

function idOf(target: string | null): string | null {
  return target === null ? null : target.slice(target.indexOf("/") + 1);
}
