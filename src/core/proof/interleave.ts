import { evaluateGuardPartial } from "../guard/evaluate-guard.ts";
import type { Formula, GuardValue } from "../guard/formula.ts";
import { factsIn } from "../guard/plan-guard.ts";
import { sortedUnique } from "../value/sorted-unique.ts";
import type { StateBudget } from "./courses.ts";
import { knownAt, shareLock } from "./window.ts";
import type { World, WorldStep } from "./world.ts";

/** A condition to look at along one course, and the steps of it that matter. */
export interface Watched {
  readonly world: World;
  readonly conjunct: Formula;
  /** Steps that set a fact of the condition, in the order of the plan, and what became of each. */
  readonly movers: readonly Mover[];
  /**
   * The step whose precondition it is: then it is looked at whenever that step may be sent. `null` for an invariant,
   * which is looked at whenever a fact has changed.
   */
  readonly at: WorldStep | null;
}

/** A step on its way. `isLost`: it failed, so that nobody knows which of its effects are there. */
export interface Mover {
  readonly step: WorldStep;
  readonly isLost: boolean;
}

/** A moment at which the condition is false. */
export interface Moment {
  readonly facts: ReadonlyMap<string, GuardValue | undefined>;
  /** The step that changed something last, and how far it is; `null` at the start. */
  readonly last: WorldStep | null;
  readonly phase: "during" | "after";
  /** Steps that are under way, and those that are done. */
  readonly running: readonly WorldStep[];
  readonly done: readonly WorldStep[];
  /** Whether the steps one after another, in the order of the plan, lead here. */
  readonly isInOrder: boolean;
}

/** What the search found. */
export interface Looked {
  /** The first moment at which the condition is false; `null` if there is none. */
  readonly broken: Moment | null;
  /** Whether it is open at some moment, because a fact is not known. */
  readonly isOpen: boolean;
  /** Whether every order was looked at. */
  readonly isComplete: boolean;
}

type Stage = "waits" | "runs" | "done";

interface Situation {
  readonly stages: readonly Stage[];
  readonly values: readonly (GuardValue | undefined)[];
  /** For each step under way, what the facts were before. */
  readonly saved: readonly (readonly (GuardValue | undefined)[] | null)[];
  readonly hasHeld: boolean;
  readonly last: { readonly mover: number; readonly phase: "during" | "after" } | null;
}

/** Looks at a condition along one course, first in the order of the plan and then in every order the steps may take. */
export function look(watched: Watched, budget: StateBudget): Looked {
  const search = new Search(watched, budget);
  const inOrder = search.goInOrder();
  if (inOrder !== null) return { broken: inOrder, isOpen: search.isOpen, isComplete: true };
  return search.goEveryWay();
}

class Search {
  readonly #watched: Watched;
  readonly #budget: StateBudget;
  readonly #facts: readonly string[];
  readonly #placeOf: ReadonlyMap<string, number>;
  isOpen = false;

  constructor(watched: Watched, budget: StateBudget) {
    this.#watched = watched;
    this.#budget = budget;
    this.#facts = sortedUnique(factsIn(watched.conjunct));
    this.#placeOf = new Map(this.#facts.map((fact, place) => [fact, place]));
  }

  goInOrder(): Moment | null {
    let here = this.#start();
    const first = this.#check(here, true);
    if (first !== null) return first;
    for (const [mover, { step }] of this.#watched.movers.entries()) {
      if (this.#watched.at !== null && step.at >= this.#watched.at.at) continue;
      for (const phase of ["during", "after"] as const) {
        here = phase === "during" ? this.#begin(here, mover) : this.#finish(here, mover);
        const broken = this.#check(here, true);
        if (broken !== null) return broken;
        here = { ...here, hasHeld: here.hasHeld || this.#valueOf(here) === true };
      }
    }
    return null;
  }

  goEveryWay(): Looked {
    const seen = new Set<string>();
    const open: Situation[] = [this.#start()];
    for (let here = open.pop(); here !== undefined; here = open.pop()) {
      const key = keyOf(here);
      if (seen.has(key)) continue;
      seen.add(key);
      if (this.#budget.left <= 0) return { broken: null, isOpen: this.isOpen, isComplete: false };
      this.#budget.left -= 1;
      const broken = this.#check(here, false);
      if (broken !== null) return { broken, isOpen: this.isOpen, isComplete: true };
      const held = { ...here, hasHeld: here.hasHeld || this.#valueOf(here) === true };
      // What begins is looked at before what ends: so whatever can be under way together soon is.
      open.push(...this.#next(held));
    }
    return { broken: null, isOpen: this.isOpen, isComplete: true };
  }

  #start(): Situation {
    const { world, movers, at } = this.#watched;
    return {
      stages: movers.map(() => "waits"),
      values: this.#facts.map((fact) => (at === null ? world.facts.get(fact) : knownAt(world, at.at, fact))),
      saved: movers.map(() => null),
      hasHeld: false,
      last: null,
    };
  }

  #next(here: Situation): readonly Situation[] {
    const { movers, at, world } = this.#watched;
    const endings: Situation[] = [];
    const beginnings: Situation[] = [];
    movers.forEach(({ step }, mover) => {
      if (here.stages[mover] === "runs") endings.push(this.#finish(here, mover));
      if (here.stages[mover] !== "waits" || !this.#mayBegin(here, mover)) return;
      // Nothing behind the step matters to its precondition.
      if (at !== null && (step.at === at.at || world.isBefore(at.at, step.at))) return;
      const begun = this.#begin(here, mover);
      beginnings.push(this.#changesMeanwhile(step) ? begun : this.#finish(begun, mover));
    });
    return [...endings, ...beginnings.reverse()];
  }

  #changesMeanwhile(step: WorldStep): boolean {
    return this.#facts.some((fact) => step.during.has(fact));
  }

  #mayBegin(here: Situation, mover: number): boolean {
    const { movers, world } = this.#watched;
    const own = movers[mover]?.step;
    if (own === undefined) return false;
    return movers.every(({ step }, other) => {
      if (other === mover) return true;
      if (here.stages[other] === "runs") return !world.isBefore(step.at, own.at) && !shareLock(step, own);
      return here.stages[other] === "done" || !world.isBefore(step.at, own.at);
    });
  }

  #begin(here: Situation, mover: number): Situation {
    const step = this.#watched.movers[mover]?.step;
    if (step === undefined) return here;
    return {
      ...here,
      stages: here.stages.with(mover, "runs"),
      saved: this.#changesMeanwhile(step) ? here.saved.with(mover, here.values) : here.saved,
      values: this.#facts.map((fact, index) => step.during.get(fact) ?? here.values[index]),
      last: { mover, phase: "during" },
    };
  }

  #finish(here: Situation, mover: number): Situation {
    const moved = this.#watched.movers[mover];
    if (moved === undefined) return here;
    const { step, isLost } = moved;
    const before = here.saved[mover] ?? null;
    const values = this.#facts.map((fact, index) => {
      const now = before === null ? here.values[index] : before[index];
      if (step.blurred.has(fact)) return undefined;
      const made = step.effect.get(fact);
      if (made !== undefined) return isLost && made !== now ? undefined : made;
      return step.during.has(fact) ? now : here.values[index];
    });
    return {
      ...here,
      stages: here.stages.with(mover, "done"),
      saved: here.saved.with(mover, null),
      values,
      last: { mover, phase: "after" },
    };
  }

  #valueOf(here: Situation): boolean | undefined {
    const { conjunct, world, at } = this.#watched;
    const last = here.last === null ? undefined : this.#watched.movers[here.last.mover]?.step.at;
    const lookup = (fact: string): GuardValue | undefined => {
      // A measurement is only as good as long as no time has passed.
      const place = at === null ? last : at.at;
      const isStale = place !== undefined && world.measured.has(fact) && knownAt(world, place, fact) === undefined;
      if (isStale) return undefined;
      return here.values[this.#placeOf.get(fact) ?? -1];
    };
    return evaluateGuardPartial({ formula: conjunct, reads: [] }, lookup);
  }

  /** Whether the condition is false here, where it counts. */
  #check(here: Situation, isInOrder: boolean): Moment | null {
    const { at, movers, world } = this.#watched;
    if (at !== null && !this.#mayBeSent(here, at)) return null;
    const value = this.#valueOf(here);
    if (value === undefined) this.isOpen = true;
    if (value !== false) return null;
    // An invariant that is false from the start is broken by a step only once it has held.
    if (at === null && !here.hasHeld && this.#isFalseAtStart()) return null;
    const steps = (stage: Stage): readonly WorldStep[] =>
      movers.flatMap(({ step }, mover) => (here.stages[mover] === stage ? [step] : []));
    const last = here.last === null ? null : (movers[here.last.mover]?.step ?? null);
    return {
      facts: new Map(this.#facts.map((fact, index) => [fact, here.values[index] ?? world.facts.get(fact)])),
      last,
      phase: here.last?.phase ?? "after",
      running: steps("runs"),
      done: steps("done"),
      isInOrder,
    };
  }

  #mayBeSent(here: Situation, at: WorldStep): boolean {
    const { movers, world } = this.#watched;
    return movers.every(({ step }, mover) => {
      if (step.at === at.at || here.stages[mover] === "done") return true;
      if (world.isBefore(step.at, at.at)) return false;
      return here.stages[mover] === "waits" || !shareLock(step, at);
    });
  }

  #isFalseAtStart(): boolean {
    const { conjunct, world } = this.#watched;
    return evaluateGuardPartial({ formula: conjunct, reads: [] }, (fact) => world.facts.get(fact)) === false;
  }
}

function keyOf({ stages, values, saved, hasHeld }: Situation): string {
  const before = saved.some((each) => each !== null) ? JSON.stringify(saved) : "";
  // As JSON, because a text may hold a comma, and may be empty: two situations must not share a key.
  return `${stages.join()}|${JSON.stringify(values)}|${hasHeld}|${before}`;
}
