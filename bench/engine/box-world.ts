// Boxes in memory. They cost next to nothing, so that the figures show the engine and not its targets.

import { readObject } from "../../src/core/plan/compile/read-object.ts";
import type { ObjectObservation, Plan } from "../../src/core/plan/plan.ts";
import { alice } from "../../src/core/run/fixtures/driver.fixture.ts";
import { boxRef, planOf, type StepSketch } from "../../src/core/run/fixtures/plan.fixture.ts";
import type { StartInput } from "../../src/core/run/words/input.ts";
import { canonicalText } from "../../src/core/value/canonical.ts";
import type { Connections } from "../../src/engine/effects/connections.ts";
import { textDigest } from "../../src/log/seal.ts";
import type { Connector } from "../../src/ports.ts";

/** A plan of `stepCount` writes one after another, each on a box of its own. */
export function sequentialPlan(stepCount: number, prefix: string): Plan {
  return planOnBoxes(
    Array.from({ length: stepCount }, (_, index) => ({
      id: `s${index}`,
      box: `${prefix}s${index}`,
      after: index === 0 ? [] : [`s${index - 1}`],
    })),
  );
}

/** A plan of `stepCount` reads one after another, each of one box. */
export function readingPlan(stepCount: number): Plan {
  const plan = planOnBoxes(
    Array.from({ length: stepCount }, (_, index) => ({
      id: `s${index}`,
      kind: "probe",
      after: index === 0 ? [] : [`s${index - 1}`],
    })),
  );
  // Classifying an answer is part of the pack's cost, so these answers are not classified.
  return {
    ...plan,
    steps: plan.steps.map((step) => (step.kind === "probe" ? { ...step, kind: "act", outcomes: [] } : step)),
  };
}

/** A plan of these steps, with an observation of each box that they write. */
export function planOnBoxes(sketches: readonly StepSketch[]): Plan {
  const plan = planOf(sketches);
  const observations = plan.pins.targets.map(({ object }) => observationOf(object.slice("box/".length)));
  const targets = observations.map((observation) => {
    const { object, fingerprint, facts } = readObject(observation, { level: 0 });
    return {
      object,
      fingerprint,
      facts: facts.flatMap(({ name, value }) => (value === null ? [] : [{ name, value }])),
    };
  });
  return { ...plan, observations, bounds: { ...plan.bounds, durationMs: 86_400_000 }, pins: { ...plan.pins, targets } };
}

function observationOf(box: string): ObjectObservation {
  return {
    object: boxRef(box),
    call: {
      connection: "boxes",
      connector: "test",
      operation: "get",
      access: "read",
      with: { box },
      timeoutMs: 1_000,
      outputBytesMax: 10_000,
    },
    facts: [{ fact: "level", pointer: "/level", map: null, atLeast: null, type: { kind: "integer", min: 0, max: 9 } }],
    fingerprint: ["/level"],
    fence: "/level",
  };
}

/** The input that starts a plan as a run. */
export function startOf(plan: Plan, runId: string, nowMs: number): StartInput {
  const planHash = textDigest("interlock.plan/1", canonicalText(plan));
  const { domain, pack, connections, policies, situation, evidence, engine, targets } = plan.pins;
  const fenced = targets.map((target) => ({ ...target, fence: "0" }));
  return {
    kind: "start",
    runId,
    plan,
    planHash,
    actor: alice,
    atMs: nowMs,
    current: { domain, pack, connections, policies, situation, evidence, engine, targets: fenced },
    authorization: {
      kind: "approval",
      approvalId: `ap_${runId}`,
      planHash,
      principal: alice,
      expiresAtMs: nowMs + 86_400_000,
      attended: true,
      solo: false,
    },
  };
}

/** A connection to boxes that keep their levels and answer at once. */
export function boxConnections(levels: Map<string, number>): Connections {
  const connector: Connector = {
    name: "test",
    operations: [],
    checkSettings: () => [],
    perform: async ({ operation, with: call }) => {
      const { box, level } = call as { readonly box: string; readonly level: number };
      if (operation === "set") levels.set(box, level);
      return { kind: "applied", output: { level: levels.get(box) ?? 0 }, outputBytes: 11, outcome: null };
    },
  };
  return new Map([["boxes", { name: "boxes", connector, settings: {}, secrets: new Map() }]]);
}
