import type { Formula, GuardValue } from "../../guard/formula.ts";
import { orderWayBack } from "../../plan/branches/way-back.ts";
import type { StateBudget } from "../courses.ts";
import { shareLock } from "../window.ts";
import type { World } from "../world.ts";
import type { Facts, Known, Launch, Touched, Trigger } from "./launches.ts";
import { areBeside, type Slice } from "./slice.ts";
import type { UndoneTo, UndoWrite, UndoWrites } from "./undo-writes.ts";

/** A moment of a way back that is looked at. */
export interface Sight {
  readonly write: UndoWrite;
  readonly phase: "before" | "during" | "after";
  readonly facts: Facts;
  /** The facts as they were before the step that is undone. */
  readonly before: Facts;
}

/** Looks at a moment, and says what is false there. */
export type Look = (sight: Sight) => Formula | null;

/** A moment at which something is false. */
export interface Sighting {
  readonly conjunct: Formula;
  readonly sight: Sight;
  readonly isTouched: boolean;
  readonly undone: readonly string[];
}

interface Here {
  readonly facts: Facts;
  /** What is still to be undone. */
  readonly left: readonly Touched[];
  readonly undone: readonly Touched[];
}

/** Follows ways back from the moments at which they may begin, in every order that the kernel may choose. */
export class BackSearch {
  readonly #world: World;
  readonly #undos: UndoWrites;
  readonly #slice: Slice;
  readonly #trigger: Trigger;
  readonly #budget: StateBudget;
  readonly #seen = new Set<string>();
  isComplete = true;

  constructor(
    from: { readonly world: World; readonly undos: UndoWrites; readonly budget: StateBudget },
    to: { readonly slice: Slice; readonly trigger: Trigger },
  ) {
    this.#world = from.world;
    this.#undos = from.undos;
    this.#budget = from.budget;
    this.#slice = to.slice;
    this.#trigger = to.trigger;
  }

  /** The first moment at which something is false; `null` if there is none, or if the budget ended (`isComplete`). */
  follow(launch: Launch, look: Look): Sighting | null {
    const start: Here = { facts: launch.facts, left: launch.touched, undone: [] };
    const ways = this.#slice.hasThenRun ? this.#goInOrders(start, look) : this.#goNewestFirst(start, look);
    return ways === null ? null : { ...ways, isTouched: launch.isTouched };
  }

  #goNewestFirst(start: Here, look: Look): Omit<Sighting, "isTouched"> | null {
    const open = [start];
    for (let here = open.pop(); here !== undefined; here = open.pop()) {
      if (!this.#enter(here)) continue;
      for (const touched of this.#newest(here).toReversed()) {
        const gone = this.#undo(here, touched, look);
        if (gone !== null && "conjunct" in gone) return gone;
        if (gone !== null) open.push(gone);
      }
    }
    return null;
  }

  /** An action after undos runs behind a group of them, so each order of the touched steps has its own way back. */
  #goInOrders(start: Here, look: Look): Omit<Sighting, "isTouched"> | null {
    const open: (readonly Touched[])[] = [[]];
    for (let chosen = open.pop(); chosen !== undefined; chosen = open.pop()) {
      if (!this.#spend()) return null;
      const left = start.left.filter((touched) => !chosen.includes(touched));
      if (left.length === 0) {
        const found = this.#goAlong(start, chosen, look);
        if (found !== null) return found;
        continue;
      }
      const here: Here = { facts: start.facts, left, undone: chosen };
      for (const next of this.#newest(here)) open.push([...chosen, next]);
    }
    return null;
  }

  #goAlong(start: Here, newestFirst: readonly Touched[], look: Look): Omit<Sighting, "isTouched"> | null {
    const byPlace = new Map(newestFirst.map((touched) => [touched.step.at, touched]));
    const { order } = orderWayBack(this.#undos.thenRuns, [...byPlace.keys()]);
    let here = start;
    for (const at of order) {
      const write = this.#undos.byPlace.get(at);
      const touched = byPlace.get(write?.owner ?? at);
      if (write === undefined || touched === undefined || this.#isStopped(touched)) return null;
      const gone = this.#carryOut(here, { write, touched }, look);
      if (gone === null || "conjunct" in gone) return gone;
      here = gone;
    }
    return null;
  }

  /** The steps of which one may have settled last. */
  #newest({ left, undone }: Here): readonly Touched[] {
    const world = this.#world;
    const { step: trigger } = this.#trigger;
    const isFailing = left.some(({ step }) => step === trigger);
    return left.filter(({ step }) => {
      if (left.some((other) => world.isBefore(step.at, other.step.at))) return false;
      if (!isFailing || step === trigger) return true;
      // What settled behind the failure was in the air when it came, together with all the others that did.
      return [trigger, ...undone.map((other) => other.step)].every(
        (other) => areBeside(world, step, other) && !shareLock(step, other),
      );
    });
  }

  #undo(here: Here, touched: Touched, look: Look): Here | Omit<Sighting, "isTouched"> | null {
    const write = this.#undos.byPlace.get(touched.step.at);
    if (write === undefined || this.#isStopped(touched)) return null;
    return this.#carryOut(here, { write, touched }, look);
  }

  /** Whether the way back stops before it comes to this step: at a write that has none. */
  #isStopped({ step }: Touched): boolean {
    const world = this.#world;
    return this.#undos.blockers.some(
      (at) =>
        !this.#slice.steps.includes(at) &&
        world.isBefore(step.at, at) &&
        world.isCertain(at, this.#trigger.step.at) &&
        world.steps[at]?.canFail === false,
    );
  }

  #carryOut(
    here: Here,
    what: { readonly write: UndoWrite; readonly touched: Touched },
    look: Look,
  ): Here | Omit<Sighting, "isTouched"> | null {
    const { write, touched } = what;
    const { before } = touched;
    const gone = (facts: Facts): Here => ({
      facts,
      left: here.left.filter((other) => other !== touched),
      undone: write.isThenRun ? here.undone : [...here.undone, touched],
    });
    const isUndone = !write.isThenRun && !touched.hasFailed && write.restores.length > 0;
    if (isUndone && this.#restores(write, here.facts, before) === true) return gone(here.facts);
    const undone = here.undone.map(({ step }) => step.id);
    const found = (phase: Sight["phase"], facts: Facts): Omit<Sighting, "isTouched"> | null => {
      const sight: Sight = { write, phase, facts, before };
      const conjunct = look(sight);
      return conjunct === null ? null : { conjunct, sight, undone };
    };
    const sent = found("before", here.facts);
    if (sent !== null) return sent;
    const meanwhile =
      write.during.size === 0 ? null : found("during", this.#overlay(here.facts, valuesOf(write.during)));
    if (meanwhile !== null) return meanwhile;
    const after = this.#overlay(
      here.facts,
      [...write.sets].map(([fact, to]) => [fact, madeOf(to, before)] as const),
    );
    const done = found("after", after);
    if (done !== null) return done;
    // A way back that has not put back what it has to stops there, for a person.
    return this.#restores(write, after, before) === false ? null : gone(after);
  }

  /** Whether the facts that a write has to put back are as before; `undefined` where that is not known. */
  #restores({ restores }: UndoWrite, facts: Facts, before: Facts): boolean | undefined {
    let isKnown = true;
    for (const fact of restores) {
      const [now, then] = [facts.get(fact)?.value, before.get(fact)?.value];
      if (now === undefined || then === undefined) isKnown = false;
      else if (now !== then) return false;
    }
    return isKnown ? true : undefined;
  }

  #overlay(facts: Facts, changes: Iterable<readonly [string, Known]>): Facts {
    const next = new Map(facts);
    for (const [fact, known] of changes) if (facts.has(fact)) next.set(fact, known);
    return next;
  }

  #enter(here: Here): boolean {
    const key = this.#keyOf(here);
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return this.#spend();
  }

  #spend(): boolean {
    if (this.#budget.left <= 0) this.isComplete = false;
    else this.#budget.left -= 1;
    return this.isComplete;
  }

  #keyOf({ facts, left, undone }: Here): string {
    const isFailing = left.some(({ step }) => step === this.#trigger.step);
    return JSON.stringify([
      [...facts.values()],
      left.map(({ step, before, hasFailed }) => [step.at, hasFailed, [...before.values()]]),
      isFailing ? undone.map(({ step }) => step.at) : [],
    ]);
  }
}

function valuesOf(values: ReadonlyMap<string, GuardValue>): readonly (readonly [string, Known])[] {
  return [...values].map(([fact, value]) => [fact, { value, isSure: true }]);
}

function madeOf(to: UndoneTo, before: Facts): Known {
  if (to.kind === "value") return { value: to.value, isSure: true };
  return (to.kind === "before" ? before.get(to.fact) : undefined) ?? { value: undefined, isSure: true };
}
