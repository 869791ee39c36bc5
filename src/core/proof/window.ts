import type { GuardValue } from "../guard/formula.ts";
import { anyValue, eitherOf, onlyValue, type ValueSet } from "./value-set.ts";
import type { World, WorldStep } from "./world.ts";

/** A moment of a course: before a step is sent, while its effect is under way, or once it is done. */
export type Phase = "before" | "during" | "after";

/**
 * What a fact may be at one moment of a step, over every course and every order of steps that may run side by side. It
 * leaves out no value that a course gives the fact there; it may name more.
 */
export function valuesAt(world: World, step: WorldStep, phase: Phase): (fact: string) => ValueSet {
  const known = new Map<string, ValueSet>();
  return (fact) => {
    const found = known.get(fact) ?? valueAt(world, step, { phase, fact });
    known.set(fact, found);
    return found;
  };
}

function valueAt(
  world: World,
  step: WorldStep,
  { phase, fact }: { readonly phase: Phase; readonly fact: string },
): ValueSet {
  const own =
    (phase === "during" ? step.during.get(fact) : undefined) ?? (phase === "after" ? step.effect.get(fact) : undefined);
  if (own !== undefined) return onlyValue(own);
  if (phase === "after" && step.blurred.has(fact)) return anyValue;
  return besideOthers(world, step, { fact, before: beforeStep(world, step, fact) });
}

/** What the steps have made of a fact that run before this one for certain, or perhaps. */
function beforeStep(world: World, step: WorldStep, fact: string): ValueSet {
  let found = startValue(world, step, fact);
  for (const at of world.writersOf.get(fact) ?? []) {
    const writer = world.steps[at];
    if (writer === undefined || !world.isBefore(at, step.at)) continue;
    const made = madeBy(writer, fact);
    // What is set only while the effect is under way is as before afterwards.
    if (made === undefined) continue;
    const isSettled = world.isCertain(at, step.at) && !writer.canFail;
    found = isSettled ? made : eitherOf(found, made);
  }
  return found;
}

/** What steps that may run side by side with this one can make of a fact in the meantime. */
function besideOthers(
  world: World,
  step: WorldStep,
  { fact, before }: { readonly fact: string; readonly before: ValueSet },
): ValueSet {
  let found = before;
  for (const at of world.writersOf.get(fact) ?? []) {
    const writer = world.steps[at];
    if (writer === undefined || at === step.at) continue;
    if (world.isBefore(at, step.at) || world.isBefore(step.at, at)) continue;
    found = eitherOf(found, madeBy(writer, fact) ?? found);
    const meanwhile = writer.during.get(fact);
    if (meanwhile !== undefined && !shareLock(step, writer)) found = eitherOf(found, onlyValue(meanwhile));
  }
  return found;
}

function startValue(world: World, step: WorldStep, fact: string): ValueSet {
  const value = knownAt(world, step.at, fact);
  return value === undefined ? anyValue : onlyValue(value);
}

/** The value a fact was read with, unless it is a measurement and time has passed by this step. */
export function knownAt(world: World, at: number, fact: string): GuardValue | undefined {
  const isStale = world.measured.has(fact) && world.pauses.some((pause) => pause !== at && !world.isBefore(at, pause));
  return isStale ? undefined : world.facts.get(fact);
}

function madeBy(writer: WorldStep, fact: string): ValueSet | undefined {
  const value = writer.effect.get(fact);
  if (value !== undefined) return onlyValue(value);
  return writer.blurred.has(fact) ? anyValue : undefined;
}

/** Whether a lock keeps two steps from being under way at the same time. */
export function shareLock(one: WorldStep, other: WorldStep): boolean {
  for (const lock of one.locks) if (other.locks.has(lock)) return true;
  return false;
}
