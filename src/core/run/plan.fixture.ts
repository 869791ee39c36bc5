import type { CallStep, ObjectRef, Plan, PlanStep } from "../plan/plan.ts";
import { kernelVersion } from "../plan/plan.ts";
import { digest } from "../value/digest.ts";

/*
 * Small plans over a world of boxes. A box `box/a` shows one fact, `box.a.level`, and can be set to a level; its fingerprint is
 * its level too, so that whoever else sets it is noticed.
 */

/** What a step of a test plan says; everything else has a plain default. */
export interface StepSketch {
  readonly id: string;
  readonly kind?: PlanStep["kind"];
  readonly after?: readonly string[];
  readonly when?: string;
  /** The box that is set or read. */
  readonly box?: string;
  readonly level?: number;
  readonly pre?: string;
  readonly outcomes?: readonly string[];
  readonly idempotency?: CallStep["idempotency"];
  readonly onFailure?: CallStep["onFailure"];
  readonly attemptsMax?: number;
  readonly undoAttemptsMax?: number;
  readonly landsWithinMs?: number | null;
  readonly irreversible?: boolean;
  readonly fenced?: boolean;
  readonly cooldownMs?: number;
  readonly rate?: CallStep["rate"];
  readonly costUsd?: number;
  readonly holdMs?: number;
  readonly args?: CallStep["args"];
  readonly forMs?: number;
}

/** Overrides of a test plan as a whole. */
export interface PlanSketch {
  readonly goal?: string;
  readonly environment?: Plan["domain"]["environment"];
  readonly bounds?: Partial<Plan["bounds"]>;
  /** Levels the boxes had when the plan was made; 0 unless said. */
  readonly levels?: Readonly<Record<string, number>>;
}

/** The fingerprint of a box at a level. */
export function boxFingerprint(level: number): ReturnType<typeof digest> {
  let known = fingerprints.get(level);
  if (known === undefined) {
    known = digest("interlock.fingerprint/1", [level]);
    fingerprints.set(level, known);
  }
  return known;
}

const fingerprints = new Map<number, ReturnType<typeof digest>>();

/** A digest for tests, by its name. */
export function testDigest(name: string): ReturnType<typeof digest> {
  return digest("interlock.test/1", name);
}

/** A plan of these steps; one without an ending gets an `end` after everything. */
export function planOf(sketches: readonly StepSketch[], sketch: PlanSketch = {}): Plan {
  const named = sketches.some((step) => step.kind === "end" || step.kind === "escalate");
  const all: readonly StepSketch[] = named ? sketches : [...sketches, { id: "end", kind: "end", after: sketches.map((step) => step.id), when: anyRan(sketches) }];
  const boxes = [...new Set(all.flatMap((step) => ((step.kind ?? "act") === "act" ? [step.box ?? step.id] : [])))].sort();
  const goal = sketch.goal ?? "";
  const steps = all.map((step) => stepOf(step, goal));
  return {
    format: "interlock.plan/1",
    goal,
    summary: "a plan of a test",
    assumptions: [],
    proposer: { kind: "file", id: "test", onBehalfOf: "test" },
    domain: { name: "boxes", version: "1", environment: sketch.environment ?? "lab" },
    inputs: [],
    steps,
    observations: [],
    invariants: [],
    proof: { kind: "not_attempted" },
    bounds: {
      stepCount: steps.length, writeCount: steps.length, callCount: 1_000_000, outputBytes: 1_000_000, costUsd: 1_000, durationMs: 86_400_000, ...sketch.bounds,
    },
    pins: {
      domain: testDigest("domain"), pack: null, connections: testDigest("connections"), policies: null, situation: null, evidence: null, engine: kernelVersion,
      targets: boxes.map((box) => {
        const level = sketch.levels?.[box] ?? 0;
        return { object: boxRef(box), fingerprint: boxFingerprint(level), facts: [{ name: `box.${box}.level`, value: level }] };
      }),
    },
    parent: null,
  };
}

/** The object of a box. */
export function boxRef(box: string): ObjectRef {
  return `box/${box}`;
}

function anyRan(sketches: readonly StepSketch[]): string {
  const hasBranch = sketches.some((step) => step.when !== undefined);
  return hasBranch ? sketches.map((step) => `${step.id} != 'not_run'`).join(" || ") : "";
}

function stepOf(sketch: StepSketch, goal: string): PlanStep {
  const base = { id: sketch.id, purpose: "", after: sketch.after ?? [], when: sketch.when ?? "" };
  switch (sketch.kind ?? "act") {
    case "wait": return { ...base, kind: "wait", forMs: sketch.forMs ?? 1_000 };
    case "approve": return { ...base, kind: "approve", question: "go on?", withinMs: sketch.forMs ?? 60_000 };
    case "escalate": return { ...base, kind: "escalate", reason: "a person takes over" };
    case "end": return { ...base, kind: "end", reads: boxesIn(goal) };
    case "probe": return { ...base, ...probeOf(sketch) };
    case "act": return { ...base, ...writeOf(sketch) };
  }
}

function boxesIn(guard: string): readonly ObjectRef[] {
  return [...new Set([...guard.matchAll(/box\.(\w+)\./g)].map((match) => boxRef(match[1] ?? "")))].sort();
}

type CallBody = Omit<CallStep, "id" | "purpose" | "after" | "when">;

function probeOf(sketch: StepSketch): CallBody {
  const outcomes = (sketch.outcomes ?? ["yes", "no"]).map((name) => ({ name, when: "true" }));
  const reads = boxesIn(sketch.pre ?? "");
  return { ...callDefaults(sketch), kind: "probe", class: "read", call: callTo("read", sketch), pre: sketch.pre ?? "", reads, outcomes, output: [{ name: "level", pointer: "/level", type: { kind: "integer", min: 0, max: 9 } }] };
}

function writeOf(sketch: StepSketch): CallBody {
  const box = sketch.box ?? sketch.id;
  const fact = `box.${box}.level`;
  const level = sketch.level ?? 1;
  const idempotency = sketch.idempotency ?? "keyed";
  const undo: CallStep["compensation"] = {
    action: "box.set",
    actionDigest: testDigest("box.set"),
    idempotency,
    call: { ...callTo("write", sketch), with: { box, level: { $arg: "level" }, key: { $key: true }, fence: { $fence: true } } },
    args: [{ name: "level", type: { kind: "integer", min: 0, max: 9 }, from: "before", fact: "level" }],
    restores: [fact],
    reads: [boxRef(box)],
    withinMs: 5_000,
    everyMs: 100,
    fenced: sketch.fenced ?? false,
    landsWithinMs: sketch.landsWithinMs ?? null,
    retry: { attemptsMax: sketch.undoAttemptsMax ?? 2, backoffMs: 100 },
  };
  return {
    ...callDefaults(sketch),
    kind: "act",
    class: sketch.irreversible === true ? "irreversible" : "reversible",
    target: boxRef(box),
    call: { ...callTo("write", sketch), with: { box, level: sketch.args === undefined ? level : { $arg: "level" }, key: { $key: true }, fence: { $fence: true } } },
    pre: sketch.pre ?? "",
    reads: [...new Set([boxRef(box), ...boxesIn(sketch.pre ?? "")])].sort(),
    effect: [{ fact, value: level }],
    post: { expect: `${fact} == ${level}`, reads: [boxRef(box)], withinMs: 5_000, everyMs: 100, holdMs: sketch.holdMs ?? 0 },
    compensation: sketch.irreversible === true ? null : undo,
    fenced: sketch.fenced ?? false,
    locks: [boxRef(box)],
  };
}

function callTo(access: "read" | "write", sketch: StepSketch): CallStep["call"] {
  return {
    connection: "boxes", connector: "test", operation: access === "read" ? "get" : "set", access, with: { box: sketch.box ?? sketch.id }, timeoutMs: 1_000, outputBytesMax: 10_000,
  };
}

function callDefaults(sketch: StepSketch): CallBody {
  return {
    kind: "act",
    action: "box.set",
    actionDigest: testDigest("box.set"),
    class: "read",
    idempotency: sketch.idempotency ?? "keyed",
    target: null,
    args: sketch.args ?? [],
    call: callTo("read", sketch),
    output: [],
    outcomes: [],
    pre: "",
    reads: [],
    during: [],
    effect: [],
    post: null,
    fenced: false,
    compensation: null,
    locks: [],
    landsWithinMs: sketch.landsWithinMs ?? null,
    retry: { attemptsMax: sketch.attemptsMax ?? 2, backoffMs: 100 },
    cooldownMs: sketch.cooldownMs ?? 0,
    rate: sketch.rate ?? null,
    costUsd: sketch.costUsd ?? 0,
    onFailure: sketch.onFailure ?? "rollback",
  };
}
