import type { ObservedObject } from "../src/core/plan/compile/read-object.ts";
import type { CallStep, ObjectRef, Plan } from "../src/core/plan/plan.ts";
import { boxFingerprint, boxRef } from "../src/core/run/fixtures/plan.fixture.ts";
import type { SendCommand } from "../src/core/run/words/command.ts";
import type { Reply } from "../src/core/run/words/input.ts";
import { problem } from "../src/core/value/codes.ts";
import { callOf } from "./steps-of.ts";

/*
 * A world of boxes behind a network that loses and delays calls. A call that was sent is in the air. It lands once, at
 * any later moment, or never, whatever its caller is told meanwhile. A keyed target remembers every key that it has
 * served. A fenced target compares a version. A target that bounds landing lets nothing land after its bound.
 */

/** A call on its way. */
export interface AirCall {
  readonly id: number;
  readonly command: SendCommand;
  readonly step: CallStep;
  /** The engine that sent it: only that one gets its reply. */
  readonly epoch: number;
  readonly sentAtMs: number;
  /**
   * `air`: may land. `landed`: took effect, or was recognised as a repeat. `refused`: the fence had moved. `dead`:
   * never will.
   */
  fate: "air" | "landed" | "refused" | "dead";
  /** The last reply to its sender, `null` while the sender waits. */
  told: Reply["kind"] | null;
  /**
   * Somebody outside has set its box exactly as it would, before it landed. No reading tells the two apart, so nobody
   * can know that it is still in the air.
   */
  isForestalled: boolean;
}

/** An operation that a call has started. The box changes when it ends. */
export interface WorldOperation {
  readonly id: string;
  readonly key: string;
  readonly call: AirCall;
  status: "running" | "done" | "failed" | "cancelled";
  percent: number;
  isToBeCancelled: boolean;
}

/** The effect of one landing. */
export interface Landing {
  readonly call: AirCall;
  /** False if the target knew the key already. */
  readonly isEffective: boolean;
}

/** The boxes, the calls in the air and the world's own clocks. */
export interface World {
  readonly levels: Map<string, number>;
  readonly versions: Map<string, number>;
  readonly servedKeys: Set<string>;
  readonly calls: AirCall[];
  readonly operations: WorldOperation[];
  /** Boxes that somebody outside has set, so that nothing can be said about their levels. */
  readonly meddledBoxes: Set<string>;
  /** Never goes back. */
  monotonicMs: number;
  /** How far the wall clock is ahead of the monotonic one. It jumps. */
  skewMs: number;
}

/** A world one second after the epoch, with every box at 0. */
export function createWorld(): World {
  return {
    levels: new Map(),
    versions: new Map(),
    servedKeys: new Set(),
    calls: [],
    operations: [],
    meddledBoxes: new Set(),
    monotonicMs: 1_000,
    skewMs: 0,
  };
}

/** The wall clock. */
export function wallMs(world: World): number {
  return world.monotonicMs + world.skewMs;
}

/** Lets time pass. A call dies when its target's bound on landing has passed. */
export function passTime(world: World, ms: number): void {
  world.monotonicMs += Math.max(0, ms);
  for (const call of world.calls) {
    const boundMs = landingBound(call);
    if (call.fate === "air" && boundMs !== null && world.monotonicMs >= call.sentAtMs + boundMs) call.fate = "dead";
  }
  for (const operation of world.operations) {
    const boundMs = landingBound(operation.call);
    const isOver = boundMs !== null && world.monotonicMs >= operation.call.sentAtMs + boundMs;
    if (isOver && operation.status === "running") operation.status = "failed";
  }
}

function landingBound({
  command,
  step,
}: {
  readonly command: Pick<SendCommand, "attempt">;
  readonly step: CallStep;
}): number | null {
  return command.attempt.direction === "do" ? step.landsWithinMs : (step.compensation?.landsWithinMs ?? null);
}

/** Whether a call that was sent at `sentAtMs` may still land: its target's bound has not passed, or it has none. */
export function mayLandNow(
  world: World,
  plan: Plan,
  { command, sentAtMs }: { readonly command: Pick<SendCommand, "attempt">; readonly sentAtMs: number },
): boolean {
  const step = callOf(plan, command.attempt.stepId) as CallStep;
  const boundMs = landingBound({ command, step });
  return boundMs === null || world.monotonicMs < sentAtMs + boundMs;
}

/** Puts a call into the air. */
export function sendCall(
  world: World,
  plan: Plan,
  { command, sentAtMs }: { readonly command: SendCommand; readonly sentAtMs: number },
): AirCall {
  const step = callOf(plan, command.attempt.stepId) as CallStep;
  const call: AirCall = {
    id: world.calls.length,
    command,
    step,
    epoch: command.attempt.epoch,
    sentAtMs,
    fate: "air",
    told: null,
    isForestalled: false,
  };
  world.calls.push(call);
  return call;
}

/** Lets a call land. It takes effect unless the target knows its key or the version has changed. */
export function landCall(world: World, call: AirCall): Landing {
  call.fate = "landed";
  if (call.command.call.access === "read") return { call, isEffective: false };
  const effect = call.command.call.with as {
    readonly box: string;
    readonly level: number;
    readonly key: string;
    readonly fence: string | null;
  };
  const isUndo = call.command.attempt.direction === "undo";
  const isKeyed = (isUndo ? call.step.compensation?.idempotency : call.step.idempotency) === "keyed";
  if (isKeyed && world.servedKeys.has(effect.key)) return { call, isEffective: false };
  if (call.step.fenced && effect.fence !== String(world.versions.get(effect.box) ?? 0)) {
    call.fate = "refused";
    return { call, isEffective: false };
  }
  if (isKeyed) world.servedKeys.add(effect.key);
  if (startsOperation(call)) {
    const id = `op${world.operations.length}`;
    const { key } = effect;
    world.operations.push({ id, key, call, status: "running", percent: 0, isToBeCancelled: false });
    return { call, isEffective: true };
  }
  setBox(world, effect.box, effect.level);
  return { call, isEffective: true };
}

/** Whether a call only starts an operation. */
function startsOperation({ command, step }: AirCall): boolean {
  return (command.attempt.direction === "do" ? step.operation : step.compensation?.operation) !== undefined;
}

/** Sets a box, as a call or somebody outside does. */
export function setBox(world: World, box: string, level: number): void {
  world.levels.set(box, level);
  world.versions.set(box, (world.versions.get(box) ?? 0) + 1);
}

/** A box as it is now. */
export function readBox(world: World, object: ObjectRef): ObservedObject {
  const box = object.slice("box/".length);
  const level = world.levels.get(box) ?? 0;
  return {
    object: boxRef(box),
    fingerprint: boxFingerprint(level),
    fence: String(world.versions.get(box) ?? 0),
    facts: [{ name: `box.${box}.level`, value: level }],
  };
}

/** The answer of a target that acknowledges a write first, and carries it out later or never. */
export const earlyWord: Reply = { kind: "applied", output: { level: 0 }, outputBytes: 11, outcome: null };

/**
 * Whether a call is a write that changes its box. Where a box is already as the write would leave it, no reading shows
 * whether it landed, and an acknowledgement is all that there is.
 */
export function isVisible({ levels }: World, { call }: SendCommand): boolean {
  if (call.access === "read") return false;
  const { box, level } = call.with as { readonly box: string; readonly level: number };
  return (levels.get(box) ?? 0) !== level;
}

/** The level at which somebody outside sets a box. */
export const foreignLevel = 7;

/**
 * Whether a change by somebody outside could be taken for the effect of a call that has not landed and that nobody was
 * answered for: of a write that sets another level than theirs.
 */
export function mayBeMistaken(world: World, { command, fate, told }: AirCall): boolean {
  if (fate !== "air" || told !== null || !isVisible(world, command)) return false;
  return (command.call.with as { readonly level: number }).level !== foreignLevel;
}

/** The answer of a target that is reached. */
export function truthOf(world: World, call: AirCall): Reply {
  if (call.fate === "refused")
    return { kind: "rejected", problem: problem("E_STEP_REJECTED", "", "the version has moved"), retryable: false };
  if (call.fate !== "landed") return { kind: "unknown", problem: problem("E_TIMEOUT", "", "no answer") };
  const { box } = call.command.call.with as { readonly box: string };
  const level = world.levels.get(box) ?? 0;
  const { idempotencyKey } = call.command;
  // A repeat that a keyed target recognises is answered as the first one was.
  const operation = startsOperation(call) ? world.operations.find(({ key }) => key === idempotencyKey) : undefined;
  const names = call.command.outcomes.map((outcome) => outcome.name);
  return {
    kind: "applied",
    output: operation === undefined ? { level } : { level, operation: operation.id },
    outputBytes: 11,
    outcome: names.length === 0 ? null : (names[level % names.length] ?? null),
  };
}
