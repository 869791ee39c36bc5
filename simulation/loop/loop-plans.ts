import { type ObservedObject, readObject } from "../../src/core/plan/compile/read-object.ts";
import { readsOf } from "../../src/core/plan/kinds/index.ts";
import type { ObjectObservation, ObjectRef, Plan, PlanStep } from "../../src/core/plan/plan.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { type NamedPlan, simulatedPlans } from "../plans/box-plans.ts";
import type { World } from "../world.ts";

/*
 * The simulator's plans for the real driver: every box says how it is read, probes are classified by their output,
 * every call except a reading carries its key, and reading back takes a second or two.
 */

const unset: JsonValue = { level: 0, version: "0" };

const withinMs = 1_000;

/** The pause is longer than the bound on reading, so that a reading that shows nothing is taken exactly once more. */
const everyMs = 2_000;

/** The plans that the schedules of the loop use. */
export const loopPlans: readonly NamedPlan[] = simulatedPlans.map(({ name, plan }) => ({ name, plan: loopPlan(plan) }));

function loopPlan(plan: Plan): Plan {
  const observations = [...objectsOf(plan)].sort().map(observationOf);
  const fingerprints = new Map(
    observations.map((observation) => [observation.object, readObject(observation, unset).fingerprint]),
  );
  return {
    ...plan,
    observations,
    steps: plan.steps.map(loopStep),
    pins: {
      ...plan.pins,
      targets: plan.pins.targets.map((target) => ({
        ...target,
        fingerprint: fingerprints.get(target.object) ?? target.fingerprint,
      })),
    },
  };
}

function loopStep(step: PlanStep): PlanStep {
  if (step.kind === "probe") {
    const { box } = step.call.with as { readonly box: string };
    const outcomes = step.outcomes.map(({ name }, index) => ({
      name,
      when: `output.level % ${step.outcomes.length} == ${index}`,
    }));
    return { ...step, outcomes, call: { ...step.call, with: { box, key: { $key: true } } } };
  }
  if (step.kind !== "act") return step;
  const { compensation } = step;
  const thenRun = compensation?.thenRun?.map((next) => ({ ...next, withinMs, everyMs }));
  return {
    ...step,
    post: step.post === null ? null : { ...step.post, withinMs, everyMs },
    compensation:
      compensation === null
        ? null
        : { ...compensation, withinMs, everyMs, ...(thenRun === undefined ? {} : { thenRun }) },
  };
}

/** Every object that a step reads or writes. */
function objectsOf({ pins, steps }: Plan): ReadonlySet<ObjectRef> {
  return new Set([...pins.targets.map(({ object }) => object), ...steps.flatMap(readsOf)]);
}

function observationOf(object: ObjectRef): ObjectObservation {
  return {
    object,
    fence: "/version",
    fingerprint: ["/level"],
    facts: [{ fact: "level", pointer: "/level", map: null, atLeast: null, type: { kind: "integer", min: 0, max: 9 } }],
    call: {
      connection: "boxes",
      connector: "test",
      operation: "get",
      access: "read",
      with: { box: object.slice("box/".length) },
      timeoutMs: 1_000,
      outputBytesMax: 1_000,
    },
  };
}

/** The output of reading a box. */
export function boxOutput(world: World, box: string): JsonValue {
  return { level: world.levels.get(box) ?? 0, version: String(world.versions.get(box) ?? 0) };
}

/** The pinned targets of a plan as they are now. */
export function targetsNow(world: World, { pins, observations }: Plan): readonly ObservedObject[] {
  return pins.targets.flatMap(({ object }) => {
    const observation = observations.find((candidate) => candidate.object === object);
    return observation === undefined ? [] : [readObject(observation, boxOutput(world, object.slice("box/".length)))];
  });
}

/** The same plan on other boxes, whose names begin with the prefix. */
export function onOtherBoxes(plan: Plan, prefix: string): Plan {
  const known = others.get(plan)?.get(prefix);
  if (known !== undefined) return known;
  const text = JSON.stringify(plan)
    .replace(/box\/(\w+)/g, `box/${prefix}$1`)
    .replace(/box\.(\w+)\./g, `box.${prefix}$1.`)
    .replace(/"box":"(\w+)"/g, `"box":"${prefix}$1"`);
  // A plan is plain data, and only names have changed.
  const other = JSON.parse(text) as Plan;
  others.set(plan, (others.get(plan) ?? new Map<string, Plan>()).set(prefix, other));
  return other;
}

const others = new WeakMap<Plan, Map<string, Plan>>();
