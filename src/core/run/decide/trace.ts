import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { CallStep } from "../../plan/plan.ts";
import { describeFacts, factIn, objectIn } from "../ready/facts.ts";
import type { ForeignValues } from "../words/event.ts";

/*
 * What a reading shows of the effect of a write. A post-condition may fail for other reasons than the effect, so this
 * asks only what the action itself changes.
 *
 * The rule: a write counts as landed only if a reading shows all that its action declares, in facts that were otherwise
 * before. That something changed is no proof that this write did it. Somebody else may have, while the call is still in
 * the air, and the call lands later (I11). A part of the effect, or a value of `during`, shows that something has begun
 * and not that it is over. An effect that nobody sees may be late as well. In all these cases only what ends the
 * landing itself helps: the target's own bound, the end of an operation, or a fence that has moved.
 */

/**
 * `shown`: all that the action declares and that was otherwise before. `changed`: something is not as before, and it
 * is not the declared effect. `as_before`: nothing changed, although a fact would show it. `untellable`: no fact that
 * was read could show it.
 */
export type Trace = "shown" | "changed" | "as_before" | "untellable";

/** Compares a reading after a write with the one before it. */
export function traceOf(call: CallStep, before: readonly ObservedObject[], now: readonly ObservedObject[]): Trace {
  const telling = factsThatTell(call, before);
  const owed = call.effect.filter(({ fact, value }) => factIn(before, fact) !== value);
  if (telling.length > 0 && owed.every(({ fact, value }) => factIn(now, fact) === value)) return "shown";
  const facts = [...call.effect, ...call.during].map(({ fact }) => fact).concat(call.compensation?.restores ?? []);
  if (facts.some((name) => isOther(factIn(before, name), factIn(now, name)))) return "changed";
  // A fact that was to change and did not says more than the rest of the target, which others may have changed.
  if (telling.length > 0) return telling.some((name) => factIn(now, name) !== null) ? "as_before" : "untellable";
  const was = objectIn(before, call.target)?.fingerprint ?? null;
  return isOther(was, objectIn(now, call.target)?.fingerprint ?? null) ? "changed" : "untellable";
}

/**
 * Whether the target refuses the call if it arrives from now on: the target compares a fence inside the write, and the
 * fence is no longer the one that was sent. Our own write may have moved it. Either way nothing can land later.
 */
export function hasFenceMoved(
  call: CallStep,
  before: readonly ObservedObject[],
  now: readonly ObservedObject[],
): boolean {
  if (!call.fenced) return false;
  return isOther(objectIn(before, call.target)?.fence ?? null, objectIn(now, call.target)?.fence ?? null);
}

/** What a reading shows in place of an effect of which there is no trace, as the rest of a sentence. */
export function describeTrace(
  call: CallStep,
  before: readonly ObservedObject[],
  now: readonly ObservedObject[],
): string {
  const trace = traceOf(call, before, now);
  const telling = factsThatTell(call, before);
  if (telling.length === 0)
    return trace === "changed"
      ? "its target changed, and no fact that was read could show whether this write did it"
      : "no fact that was read could show it";
  const shows = describeFacts(telling, now);
  if (trace === "as_before") return `${shows}, as before the write`;
  return trace === "changed" ? `${shows}; before the write it was ${describeFacts(telling, before)}` : shows;
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
