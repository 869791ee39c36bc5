import type { Plan } from "../../src/core/plan/plan.ts";
import { planOf, type StepSketch } from "../../src/core/run/fixtures/plan.fixture.ts";
import { drawPlan } from "./draw-plan.ts";

/** A plan that the simulator runs, and a name for messages. */
export interface NamedPlan {
  readonly name: string;
  readonly plan: Plan;
}

/** How many plans are drawn by chance. */
const drawnCount = 24;

const natural = { idempotency: "natural", landsWithinMs: 3_000 } as const;

interface Shape {
  readonly name: string;
  readonly steps: readonly StepSketch[];
  readonly goal?: string;
  readonly bounds?: Partial<Plan["bounds"]>;
  readonly invariants?: Readonly<Record<string, string>>;
}

const shapes: readonly Shape[] = [
  { name: "one write", steps: [{ id: "a", ...natural }] },
  {
    name: "an edit and a reload",
    steps: [
      { id: "e", thenRun: ["s"], ...natural },
      { id: "r", box: "s", after: ["e"] },
    ],
  },
  { name: "two keyed writes", steps: [{ id: "a" }, { id: "b", after: ["a"] }] },
  {
    name: "three writes without a key",
    steps: [
      { id: "a", idempotency: "none" },
      { id: "b", after: ["a"], ...natural },
      { id: "c", after: ["b"], idempotency: "none" },
    ],
  },
  {
    name: "two branches at once",
    steps: [{ id: "a" }, { id: "b", idempotency: "none" }, { id: "c", after: ["a", "b"] }],
  },
  {
    name: "two branches that share a box",
    steps: [{ id: "a", box: "x", level: 1, ...natural }, { id: "b", box: "x", level: 2, ...natural }, { id: "c" }],
    goal: "box.c.level == 1",
  },
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
  {
    name: "a wait and a person",
    steps: [
      { id: "a" },
      { id: "w", kind: "wait", after: ["a"] },
      { id: "q", kind: "approve", after: ["w"] },
      { id: "b", after: ["q"], when: "q == 'approved'" },
      { id: "esc", kind: "escalate", after: ["q"], when: "q != 'approved'" },
      { id: "end", kind: "end", after: ["b"], when: "b == 'done'" },
    ],
  },
  {
    name: "one that cannot be undone",
    steps: [
      { id: "a", ...natural, pre: "box.b.level == 0" },
      { id: "b", after: ["a"], irreversible: true },
      { id: "c", after: ["b"], ...natural },
    ],
  },
  {
    name: "one box twice",
    steps: [
      { id: "a", box: "x", level: 1, ...natural },
      { id: "b", box: "x", level: 2, after: ["a"], ...natural, fenced: true },
      { id: "c", after: ["b"], onFailure: "stop" },
    ],
    goal: "box.x.level == 2",
  },
  {
    name: "tight bounds",
    steps: [
      { id: "a", costUsd: 1, cooldownMs: 500 },
      { id: "b", box: "a", level: 2, after: ["a"], costUsd: 1, cooldownMs: 500 },
    ],
    bounds: { callCount: 3, costUsd: 2, durationMs: 60_000 },
  },
  {
    name: "an output that becomes an argument",
    steps: [
      { id: "p", kind: "probe", box: "z" },
      {
        id: "a",
        after: ["p"],
        when: "p != 'no_answer'",
        level: 0,
        args: [
          {
            name: "level",
            type: { kind: "integer", min: 0, max: 9 },
            integrity: "external",
            value: { kind: "output", stepId: "p", field: "level", pointer: "" },
          },
        ],
      },
      { id: "esc", kind: "escalate", after: ["p"], when: "p == 'no_answer'" },
      { id: "end", kind: "end", after: ["a"], when: "a == 'done'" },
    ],
  },
];

/**
 * Plans like a decided policy, a fleet and a long wait: they have more steps at once, and more ways to end, than those
 * above.
 */
const wideShapes: readonly Shape[] = [
  {
    name: "an edit, a reload, a second edit and a reload",
    steps: [
      { id: "e", box: "f", level: 1, thenRun: ["s"], ...natural },
      { id: "r", box: "s", level: 1, after: ["e"], ...natural },
      { id: "d", box: "f", level: 2, thenRun: ["s"], after: ["r"] },
      { id: "q", box: "s", level: 2, after: ["d"], idempotency: "none" },
      { id: "c", after: ["q"], idempotency: "none", landsWithinMs: 500 },
    ],
  },
  {
    name: "two edits at once, a reload, and a probe that may ask for the way back",
    steps: [
      { id: "e", thenRun: ["s"] },
      { id: "d", thenRun: ["s", "t"], idempotency: "none", landsWithinMs: 500 },
      { id: "r", box: "s", after: ["e", "d"], ...natural, onFailure: "stop" },
      { id: "p", kind: "probe", box: "z", after: ["r"], outcomes: ["good", "bad"] },
      { id: "end", kind: "end", after: ["p"], when: "p == 'good'" },
      { id: "back", kind: "end", world: "rollback", after: ["p"], when: "p != 'good'" },
    ],
  },
  {
    name: "endings that come up together",
    steps: [
      { id: "p", kind: "probe", box: "z", outcomes: ["low", "high"] },
      { id: "low", kind: "end", after: ["p"], when: "p == 'low'" },
      { id: "high", kind: "end", after: ["p"], when: "p == 'high'" },
      { id: "esc", kind: "escalate", after: ["p"], when: "p in ['none_of_these', 'no_answer']" },
    ],
  },
  {
    name: "a policy of two probes",
    steps: [
      { id: "p", kind: "probe", box: "z", outcomes: ["low", "high"] },
      { id: "a", after: ["p"], when: "p == 'low'", onFailure: "branch", attemptsMax: 3 },
      {
        id: "q",
        kind: "probe",
        box: "a",
        after: ["p", "a"],
        when: "p == 'high' || a != 'not_run'",
        outcomes: ["set", "unset"],
      },
      { id: "good", kind: "end", after: ["a", "q"], when: "a == 'done' && q in ['set', 'unset']" },
      { id: "fair", kind: "end", after: ["a", "q"], when: "a != 'done' && q == 'set'" },
      { id: "poor", kind: "escalate", after: ["a", "q"], when: "a != 'done' && q == 'unset'" },
      { id: "esc", kind: "escalate", after: ["p"], when: "p in ['none_of_these', 'no_answer']" },
      { id: "blind", kind: "escalate", after: ["q"], when: "q in ['none_of_these', 'no_answer']" },
    ],
  },
  {
    name: "branches that meet again",
    steps: [
      { id: "p", kind: "probe", box: "z", outcomes: ["low", "high"] },
      { id: "a", after: ["p"], when: "p != 'high'", ...natural },
      { id: "b", after: ["p"], when: "p == 'high'", idempotency: "none", landsWithinMs: 500 },
      { id: "c", after: ["a", "b"], when: "a == 'done' || b == 'done'", onFailure: "recover", holdMs: 400 },
    ],
    goal: "box.c.level == 1",
  },
  {
    name: "waits and a question that expires, beside a write",
    steps: [
      { id: "a", ...natural, cooldownMs: 300 },
      { id: "q", kind: "approve", forMs: 900 },
      { id: "w", kind: "wait", forMs: 2_000 },
      { id: "v", kind: "wait", forMs: 700, after: ["a"] },
      { id: "yes", kind: "end", after: ["q", "v", "w"], when: "q == 'approved' && v == 'elapsed' && w == 'elapsed'" },
      { id: "late", kind: "end", after: ["q", "v", "w"], when: "q == 'expired' && v == 'elapsed' && w == 'elapsed'" },
      { id: "no", kind: "escalate", after: ["q"], when: "q == 'rejected'" },
    ],
  },
  {
    name: "a fleet in waves",
    steps: [
      { id: "a", onFailure: "branch" },
      { id: "wave2", kind: "wait", forMs: 1, after: ["a"], when: "a == 'done'" },
      ...["b", "c"].map(
        (id) => ({ id, onFailure: "branch", after: ["wave2"], rate: { count: 2, perMs: 1_000 } }) as const,
      ),
      { id: "waves", kind: "wait", forMs: 1, after: ["a", "b", "c"], when: "b == 'done' || c == 'done'" },
      { id: "given_up", kind: "escalate", after: ["a", "waves"], when: "a != 'not_run' && waves == 'not_run'" },
      { id: "end", kind: "end", after: ["waves"] },
    ],
    bounds: { callCount: 3 },
  },
  {
    name: "writes under invariants that somebody else can break",
    steps: [
      { id: "a", ...natural },
      { id: "b", after: ["a"], level: 7, onFailure: "stop", holdMs: 400 },
      { id: "c", after: ["b"] },
    ],
    goal: "box.c.level == 1 && box.z.level <= 9",
    invariants: {
      z_is_left_alone: "(box.z.level == 0 || box.b.level == 7) && (box.z.level == 0 || box.c.level == 7)",
      a_is_low: "box.a.level <= 1 || box.b.level == 7",
    },
  },
  {
    name: "two writes at once under one invariant",
    steps: [{ id: "a" }, { id: "b", idempotency: "none", landsWithinMs: 500 }, { id: "c", after: ["a", "b"] }],
    invariants: { one_is_low: "box.a.level <= 1 || box.b.level <= 1" },
  },
  {
    name: "more calls than there are places",
    steps: [
      { id: "a", ...natural },
      { id: "b", onFailure: "stop" },
      { id: "r", kind: "probe", box: "a", pre: "box.a.level < 9" },
      ...Array.from({ length: 14 }, (_, index) => ({ id: `p${index}`, kind: "probe", box: "z" }) as const),
    ],
  },
];

/** Plans whose writes only start operations. */
const operationShapes: readonly Shape[] = [
  { name: "one operation", steps: [{ id: "a", operation: {} }] },
  {
    name: "operations that can be cancelled",
    steps: [
      { id: "a", operation: { mayCancel: true }, undoOperation: {} },
      { id: "b", after: ["a"], idempotency: "none", operation: { mayCancel: true } },
      { id: "c", after: ["b"] },
    ],
  },
  {
    name: "operations side by side, beside a write",
    steps: [
      { id: "a", operation: { withinMs: 5_000 }, onFailure: "branch" },
      { id: "b", operation: { mayCancel: true }, idempotency: "none" },
      { id: "c", ...natural },
      { id: "d", after: ["a", "b", "c"], when: "a == 'done'", undoOperation: {} },
    ],
    goal: "box.c.level == 1",
  },
  {
    name: "operations under an invariant",
    steps: [
      { id: "a", operation: {}, onFailure: "stop" },
      { id: "b", after: ["a"], level: 2, operation: { mayCancel: true }, onFailure: "escalate", holdMs: 400 },
    ],
    invariants: { one_is_low: "box.a.level <= 2 || box.b.level <= 2" },
  },
];

const planned = ({ name, steps, ...sketch }: Shape): NamedPlan => ({ name, plan: planOf(steps, sketch) });

/** The plans that are small enough for an exhaustive search. */
export const boxPlans: readonly NamedPlan[] = [...shapes, ...operationShapes.slice(0, 2)].map(planned);

/** All plans that schedules are made of: the small ones, the wider ones, and plans drawn by chance. */
export const simulatedPlans: readonly NamedPlan[] = [
  ...[...shapes, ...wideShapes].map(planned),
  ...Array.from({ length: drawnCount }, (_, seed) => ({ name: `drawn ${seed}`, plan: drawPlan(seed) })),
  ...operationShapes.map(planned),
];
