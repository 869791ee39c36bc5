import type { Plan } from "../../core/plan/plan.ts";
import { type StepSketch, planOf } from "../../core/run/plan.fixture.ts";

/** A plan the simulator runs, by the name its failures are told with. */
export interface NamedPlan {
  readonly name: string;
  readonly plan: Plan;
}

const natural = { idempotency: "natural", landsWithinMs: 3_000 } as const;

const shapes: readonly { readonly name: string; readonly steps: readonly StepSketch[]; readonly goal?: string; readonly bounds?: Partial<Plan["bounds"]> }[] = [
  { name: "one write", steps: [{ id: "a", ...natural }] },
  { name: "two keyed writes", steps: [{ id: "a" }, { id: "b", after: ["a"] }] },
  { name: "three writes without a key", steps: [{ id: "a", idempotency: "none" }, { id: "b", after: ["a"], ...natural }, { id: "c", after: ["b"], idempotency: "none" }] },
  { name: "two branches at once", steps: [{ id: "a" }, { id: "b", idempotency: "none" }, { id: "c", after: ["a", "b"] }] },
  { name: "two branches that share a box", steps: [{ id: "a", box: "x", level: 1, ...natural }, { id: "b", box: "x", level: 2, ...natural }, { id: "c" }], goal: "box.c.level == 1" },
  {
    name: "a probe and its branches",
    steps: [
      { id: "p", kind: "probe", box: "a", outcomes: ["low", "high"] },
      { id: "a", after: ["p"], when: "p == 'low'", level: 2 },
      { id: "b", after: ["p"], when: "p == 'high'" },
      { id: "esc", kind: "escalate", after: ["p"], when: "p in ['none_of_these', 'no_answer']" },
      { id: "end", kind: "end", after: ["a", "b"], when: "a == 'done' || b == 'done'" },
    ],
  },
  {
    name: "a step that may fail",
    steps: [
      { id: "a", onFailure: "branch", idempotency: "none", landsWithinMs: 3_000 },
      { id: "b", after: ["a"], when: "a == 'failed'" },
      { id: "c", after: ["a"], when: "a == 'done'", pre: "box.a.level == 1" },
    ],
  },
  { name: "a wait and a person", steps: [{ id: "a" }, { id: "w", kind: "wait", after: ["a"] }, { id: "q", kind: "approve", after: ["w"] }, { id: "b", after: ["q"], when: "q == 'approved'" }, { id: "esc", kind: "escalate", after: ["q"], when: "q != 'approved'" }, { id: "end", kind: "end", after: ["b"], when: "b == 'done'" }] },
  { name: "one that cannot be undone", steps: [{ id: "a", ...natural, pre: "box.b.level == 0" }, { id: "b", after: ["a"], irreversible: true }, { id: "c", after: ["b"], ...natural }] },
  { name: "one box twice", steps: [{ id: "a", box: "x", level: 1, ...natural }, { id: "b", box: "x", level: 2, after: ["a"], ...natural, fenced: true }, { id: "c", after: ["b"], onFailure: "stop" }], goal: "box.x.level == 2" },
  { name: "tight bounds", steps: [{ id: "a", costUsd: 1, cooldownMs: 500 }, { id: "b", box: "a", level: 2, after: ["a"], costUsd: 1, cooldownMs: 500 }], bounds: { callCount: 3, costUsd: 2, durationMs: 60_000 } },
  { name: "an output that becomes an argument", steps: [{ id: "p", kind: "probe", box: "z" }, { id: "a", after: ["p"], when: "p != 'no_answer'", level: 0, args: [{ name: "level", type: { kind: "integer", min: 0, max: 9 }, integrity: "external", value: { kind: "output", stepId: "p", field: "level", pointer: "" } }] }, { id: "esc", kind: "escalate", after: ["p"], when: "p == 'no_answer'" }, { id: "end", kind: "end", after: ["a"], when: "a == 'done'" }] },
];

/** Every plan of the simulator; built once. */
export const boxPlans: readonly NamedPlan[] = shapes.map(({ name, steps, goal, bounds }) => ({
  name,
  plan: planOf(steps, { ...(goal === undefined ? {} : { goal }), ...(bounds === undefined ? {} : { bounds }) }),
}));
