import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { CallStep } from "../../plan/plan.ts";
import { describeFacts, factIn, objectIn } from "../ready/facts.ts";
import type { ForeignValues } from "../words/event.ts";

/*
 * What a reading shows of the effect of a write. A post-condition may fail for other reasons than the effect, so this
 * asks only what the action itself changes. An effect that nobody sees may be late: that is no proof that it never
 * lands (I11).
 */

/**
 * `seen`: something of it. `as_before`: nothing, although a fact would show it. `untellable`: no fact that was read
 * could show it.
 */
export type Trace = "seen" | "as_before" | "untellable";

/** Compares a reading after a write with the one before it. */
export function traceOf(call: CallStep, before: readonly ObservedObject[], now: readonly ObservedObject[]): Trace {
  const facts = [...call.effect, ...call.during].map(({ fact }) => fact).concat(call.compensation?.restores ?? []);
  if (facts.some((name) => isOther(factIn(before, name), factIn(now, name)))) return "seen";
  // A fact that was to change and did not says more than the rest of the target, which others may have changed.
  const telling = factsThatTell(call, before);
  if (telling.length > 0) return telling.some((name) => factIn(now, name) !== null) ? "as_before" : "untellable";
  const was = objectIn(before, call.target)?.fingerprint ?? null;
  return isOther(was, objectIn(now, call.target)?.fingerprint ?? null) ? "seen" : "untellable";
}

/** What a reading shows in place of an effect of which there is no trace, as the rest of a sentence. */
export function describeTrace(
  call: CallStep,
  before: readonly ObservedObject[],
  now: readonly ObservedObject[],
): string {
  const telling = factsThatTell(call, before);
  if (telling.length === 0) return "no fact that was read could show it";
  const shows = describeFacts(telling, now);
  return traceOf(call, before, now) === "as_before" ? `${shows}, as before the write` : shows;
}

/**
 * What a reading shows that neither the write nor the world before it explains: values of `changedFacts` other than
 * those of before, of the effect, of `during`, and of the last reading in which the effect held. If it had held, such a
 * value came after ours, and the target is somebody else's now. If nobody has seen it hold, the target may have made
 * the value itself, out of our write.
 *
 * @param held - the last reading in which the post-condition held, or `null`
 */
export function findForeign(
  call: CallStep,
  readings: {
    readonly before: readonly ObservedObject[];
    readonly held: readonly ObservedObject[] | null;
    readonly now: readonly ObservedObject[];
  },
): ForeignValues | null {
  const { before, held, now } = readings;
  const facts = changedFacts(call).flatMap((name) => {
    const value = factIn(now, name);
    if (value === null || value === factIn(before, name) || value === factIn(held ?? [], name)) return [];
    const isOurs = [...call.effect, ...call.during].some((ours) => ours.fact === name && ours.value === value);
    return isOurs ? [] : [{ name, value }];
  });
  return facts.length === 0 ? null : { facts, isLater: held !== null };
}

/** The facts that an action changes and its way back would overwrite. Without a way back, all that it changes. */
export function changedFacts({ effect, compensation }: CallStep): readonly string[] {
  const facts = [...new Set(effect.map(({ fact }) => fact))];
  return compensation === null ? facts : facts.filter((fact) => compensation.restores.includes(fact));
}

/** Facts that the action was to change. */
function factsThatTell(call: CallStep, before: readonly ObservedObject[]): readonly string[] {
  return call.effect.filter(({ fact, value }) => isOther(factIn(before, fact), value)).map(({ fact }) => fact);
}

/** Whether both are known and differ. */
function isOther(was: unknown, is: unknown): boolean {
  return was !== null && is !== null && was !== is;
}
