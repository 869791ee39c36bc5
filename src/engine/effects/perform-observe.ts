import { findStaleness } from "../../core/plan/compile/freshness.ts";
import { findReadingFlaw, type ObservedObject, readObject } from "../../core/plan/compile/read-object.ts";
import type { ObjectObservation, ObjectRef } from "../../core/plan/plan.ts";
import { isTooLate, type ObserveCommand } from "../../core/run/words/command.ts";
import type { ObservedInput } from "../../core/run/words/input.ts";
import { codes, type Problem, problem } from "../../core/value/codes.ts";
import { invariant } from "../../core/value/invariant.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { dataDigest } from "../../log/seal.ts";
import { type EffectContext, performCall } from "./perform-send.ts";

/** The outcome of a round of readings, as the kernel's `observed` input carries it. */
export type Observed = ObservedInput["result"];

/** How an expectation stands while it is being read back. */
export interface ReadingProgress {
  readonly isHolding: boolean;
  readonly heldMs: number;
  readonly holdMs: number;
  readonly waitedMs: number;
  /** Why nothing could be read, or `null`. */
  readonly problem: Problem | null;
}

/** As `EffectContext`, with the expectation. */
export interface ObserveContext extends EffectContext {
  /**
   * Whether the expectation holds for these readings. This is the kernel's own evaluation, so that both always agree.
   */
  readonly isShown: (objects: readonly ObservedObject[]) => boolean;
  /** Told after every reading but the last, for people who watch. */
  readonly onReading?: (progress: ReadingProgress) => void;
}

/** How far a look at the world is, for people who wait for it. */
export interface LookProgress {
  readonly count: number;
  readonly doneCount: number;
  /** What is being read now, the longest first; empty once the look is over. */
  readonly underWay: readonly { readonly object: ObjectRef; readonly timeoutMs: number }[];
}

/** Hears how far a look is, at the beginning and the end of each reading. */
export type OnLook = (progress: LookProgress) => void;

/** Told for how long a target does not want to be asked again, in milliseconds. */
type OnAsked = (retryAfterMs: number) => void;

/** How long to wait before reading again if the plan does not say. Keeps us from hammering a target that is down. */
const unsaidEveryMs = 500;

/** How many objects are read at once over one connection, so that reading a large fleet does not flood it. */
export const readsInFlightMax = 16;

/** Who hears of a look while it goes on. */
interface Listeners {
  readonly onLook?: OnLook | undefined;
  readonly onAsked?: OnAsked | undefined;
}

/** Reads one object. */
type Read = (observation: ObjectObservation) => Promise<Result<ObservedObject, Problem>>;

/**
 * Reads each object once, up to `readsInFlightMax` at a time over each connection. If one cannot be read, the result is
 * the problem of the first that cannot, and no further reading begins: a target that is down would let every one of
 * them run into its timeout.
 */
export async function observeObjects(
  observations: readonly ObjectObservation[],
  context: EffectContext,
  { onLook, onAsked }: Listeners = {},
): Promise<Result<readonly ObservedObject[], Problem>> {
  const look = new AbortController();
  const within = observations.length === 1 ? context : { ...context, look: look.signal };
  const readOne: Read = (observation) => observeOne(observation, within, onAsked);
  const read = onLook === undefined ? readOne : watched(readOne, new Look(observations.length, onLook));
  const [only, ...others] = observations;
  if (only === undefined || others.length > 0) return observeMany(observations, read).finally(() => look.abort());
  const reading = await read(only);
  return reading.ok ? ok([reading.value]) : reading;
}

function watched(read: Read, look: Look): Read {
  return async (observation) => {
    look.begin(observation);
    const reading = await read(observation);
    look.end(observation);
    return reading;
  };
}

/** What of a look is under way. */
class Look {
  readonly #count: number;
  readonly #onLook: OnLook;
  readonly #underWay = new Set<ObjectObservation>();
  #doneCount = 0;

  constructor(count: number, onLook: OnLook) {
    this.#count = count;
    this.#onLook = onLook;
  }

  begin(observation: ObjectObservation): void {
    this.#underWay.add(observation);
    this.#tell();
  }

  end(observation: ObjectObservation): void {
    this.#underWay.delete(observation);
    this.#doneCount += 1;
    this.#tell();
  }

  #tell(): void {
    const underWay = [...this.#underWay].map(({ object, call }) => ({ object, timeoutMs: call.timeoutMs }));
    this.#onLook({ count: this.#count, doneCount: this.#doneCount, underWay });
  }
}

async function observeMany(
  observations: readonly ObjectObservation[],
  read: Read,
): Promise<Result<readonly ObservedObject[], Problem>> {
  const readings = new Map<ObjectObservation, Result<ObservedObject, Problem>>();
  let hasFailed = false;
  const readFrom = async (waiting: ObjectObservation[]): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !hasFailed; next = waiting.shift()) {
      const reading = await read(next);
      readings.set(next, reading);
      hasFailed ||= !reading.ok;
    }
  };
  const connections = Map.groupBy(observations, ({ call }) => call.connection);
  await Promise.all(
    [...connections.values()].flatMap((waiting) =>
      Array.from({ length: Math.min(readsInFlightMax, waiting.length) }, () => readFrom(waiting)),
    ),
  );
  const objects: ObservedObject[] = [];
  for (const observation of observations) {
    const reading = readings.get(observation);
    if (reading !== undefined && !reading.ok) return reading;
    if (reading !== undefined) objects.push(reading.value);
  }
  invariant(objects.length === observations.length, "an object is left out only where another could not be read");
  return ok(objects);
}

/**
 * Carries out an `observe` command: reads until the expectation has held long enough, can no longer hold long enough,
 * or time is up. A reading that fails is repeated while there is time, because services answer badly while they change.
 * Durations are measured on the monotonic clock. If the expectation has not held long enough, the command ends only
 * after `quietMs`.
 *
 * What an invariant needs to see is read once, at the end. An object of these that cannot be read is left out.
 */
export async function performObserve(
  command: ObserveCommand,
  observations: ReadonlyMap<ObjectRef, ObjectObservation>,
  context: ObserveContext,
): Promise<Observed> {
  const { clock } = context;
  const wanted = command.objects.map((object) => observationOf(object, observations));
  const beside = command.alongside.map((object) => observationOf(object, observations));
  const everyMs = command.everyMs > 0 ? command.everyMs : unsaidEveryMs;
  const receivedMs = clock.monotonicMs();
  let heldSinceMs: number | null = null;
  let held: readonly ObservedObject[] | null = null;
  let askedMs = 0;
  const onAsked = (ms: number): void => void (askedMs = Math.max(askedMs, ms));
  for (;;) {
    const begunMs = clock.monotonicMs();
    askedMs = 0;
    const seen = await observeObjects(wanted, context, { onAsked });
    const nowMs = clock.monotonicMs();
    const isHolding = seen.ok && context.isShown(seen.value);
    heldSinceMs = isHolding ? (heldSinceMs ?? begunMs) : null;
    const heldMs = heldSinceMs === null ? 0 : Math.floor(begunMs - heldSinceMs);
    const waitedMs = Math.floor(begunMs - receivedMs);
    const isShown = isHolding && heldMs >= command.holdMs;
    const isLost = seen.ok && !isHolding && isTooLate(command, clock.nowMs());
    const isOver = isShown || isLost || (clock.nowMs() >= command.untilMs && waitedMs >= command.quietMs);
    const observed: Observed = seen.ok
      ? { kind: "seen", objects: seen.value, heldMs, waitedMs, ...(held === null ? {} : { held }) }
      : { kind: "failed", problem: seen.error };
    if (seen.ok && isHolding) held = seen.value;
    if (isOver || context.stop.isStopped) return beside.length === 0 ? observed : addBeside(observed, beside, context);
    context.onReading?.({ isHolding, heldMs, holdMs: command.holdMs, waitedMs, problem: seen.ok ? null : seen.error });
    // While the expectation holds, the next reading is no later than the end of the hold.
    const nextMs = heldSinceMs === null ? everyMs : Math.min(everyMs, heldSinceMs + command.holdMs - nowMs);
    // A target that wants to be left alone is read once more before the time is up, and not in between.
    const restMs = Math.max(command.untilMs - clock.nowMs(), command.quietMs - waitedMs);
    await clock.sleep(Math.max(1, nextMs, Math.min(askedMs, restMs)), context.stop.signal);
    // Nobody wants to know any more: the target is not asked again.
    if (context.stop.isStopped) return observed;
  }
}

/** Reads what an invariant needs to see. An object that cannot be read is left out. */
async function addBeside(
  observed: Observed,
  beside: readonly ObjectObservation[],
  context: EffectContext,
): Promise<Observed> {
  if (observed.kind === "failed") return observed;
  const readings = await Promise.all(beside.map((observation) => observeOne(observation, context, undefined)));
  const objects = readings.flatMap((reading) => (reading.ok ? [reading.value] : []));
  return { ...observed, objects: [...observed.objects, ...objects] };
}

function observationOf(object: ObjectRef, observations: ReadonlyMap<ObjectRef, ObjectObservation>): ObjectObservation {
  const observation = observations.get(object);
  invariant(observation !== undefined, "a plan says how each object it reads is seen");
  return observation;
}

async function observeOne(
  observation: ObjectObservation,
  context: EffectContext,
  onAsked: OnAsked | undefined,
): Promise<Result<ObservedObject, Problem>> {
  const reply = await performCall(observation.call, context);
  if ("retryAfterMs" in reply && reply.retryAfterMs !== undefined) onAsked?.(reply.retryAfterMs);
  if (reply.kind === "applied") {
    const { fresh } = observation;
    // A reading that is not one of now says neither that something holds nor that it does not.
    const stale = fresh === undefined ? null : findStaleness(fresh, reply.output, context.clock.nowMs());
    const flaw = findReadingFlaw(observation, reply.output) ?? stale;
    if (flaw === null) return ok(readObject(observation, reply.output, dataDigest, textsAt(observation, context)));
    return fail(problem("E_OBSERVE", "", `\`${observation.object}\` cannot be read: ${flaw}`, flawHint));
  }
  const message = `\`${observation.object}\` cannot be read: ${reply.problem.message}`;
  return fail(problem("E_OBSERVE", "", message, hintOf(reply.problem)));
}

/** Where a reading's own problem says more than that the target may not answer, its hint is kept. */
function hintOf({ code, hint }: Problem): string | undefined {
  if (code === "E_OUTPUT_SIZE") return "let `observe` ask for less";
  return code === "E_SECRET_UNAVAILABLE" || hint !== codes[code].hint ? hint : undefined;
}

const flawHint = "check that the connection leads to the right target, and the pointers of `observe` in the domain";

function textsAt({ call }: ObjectObservation, { connections }: EffectContext): readonly string[] {
  const operations = connections.get(call.connection)?.connector.operations ?? [];
  return operations.find(({ name }) => name === call.operation)?.textsAt?.(call.with) ?? [];
}
