import type { Formula } from "../guard/formula.ts";
import { factsIn } from "../guard/plan-guard.ts";
import { guardValues, joinValues, type ValueSet } from "./value-set.ts";
import { type Phase, shareLock, valuesAt } from "./window.ts";
import type { World, WorldStep } from "./world.ts";

/** How a step stands to the moment that is looked at; all that the value of a fact with one writer depends on. */
type Relation = Phase | "settled" | "perhaps" | "later" | "locked" | "beside" | "unwritten";

interface Part {
  readonly formula: Formula;
  readonly facts: readonly string[];
  /** The one step that sets its facts; `null` for none, `undefined` where several do or time changes them. */
  readonly writer: WorldStep | null | undefined;
  readonly known: Map<Relation, ValueSet>;
}

/**
 * What one conjunct may be at each moment. An invariant over a fleet such as "some host serves" is looked at once for
 * each host that is written, and has a part for each host. So what a part may be is worked out once for each way in
 * which its writer can stand to the moment.
 */
export class ConjunctValues {
  readonly #world: World;
  readonly #parts: readonly Part[];
  readonly #decisive: boolean | null;

  constructor(world: World, conjunct: Formula) {
    this.#world = world;
    this.#decisive = conjunct.kind === "logic" ? conjunct.operator === "||" : null;
    const formulas = conjunct.kind === "logic" ? conjunct.operands : [conjunct];
    this.#parts = formulas.map((formula) => ({
      formula,
      facts: factsIn(formula),
      writer: this.#writerOf(formula),
      known: new Map(),
    }));
  }

  /** What it may be at this moment of a step. */
  at(step: WorldStep, phase: Phase): ValueSet {
    const valuesOf = valuesAt(this.#world, step, phase);
    const [only] = this.#parts;
    if (this.#decisive === null && only !== undefined) return guardValues(only.formula, valuesOf);
    return joinValues(this.#valuesOfParts(step, phase, valuesOf), this.#decisive === true);
  }

  /**
   * What it may be beside a step where some facts are given: the others are as they may be before the step.
   *
   * @param isOwn - whether a fact is given
   * @param valuesOf - what it may be then; it also answers for every other fact
   */
  with(
    step: WorldStep,
    given: { readonly isOwn: (fact: string) => boolean; readonly valuesOf: (fact: string) => ValueSet },
  ): ValueSet {
    const { isOwn, valuesOf } = given;
    const [only] = this.#parts;
    if (this.#decisive === null && only !== undefined) return guardValues(only.formula, valuesOf);
    return joinValues(this.#valuesBeside(step, { isOwn, valuesOf }), this.#decisive === true);
  }

  *#valuesBeside(step: WorldStep, given: Parameters<ConjunctValues["with"]>[1]): Iterable<ValueSet> {
    for (const { formula, facts, writer, known } of this.#parts) {
      const isGiven = facts.some(given.isOwn);
      const relation = writer === undefined || isGiven ? undefined : this.#relationOf(writer, step, "before");
      const found = (relation === undefined ? undefined : known.get(relation)) ?? guardValues(formula, given.valuesOf);
      if (relation !== undefined) known.set(relation, found);
      yield found;
    }
  }

  *#valuesOfParts(step: WorldStep, phase: Phase, valuesOf: (fact: string) => ValueSet): Iterable<ValueSet> {
    for (const { formula, writer, known } of this.#parts) {
      const relation = writer === undefined ? undefined : this.#relationOf(writer, step, phase);
      const found = (relation === undefined ? undefined : known.get(relation)) ?? guardValues(formula, valuesOf);
      if (relation !== undefined) known.set(relation, found);
      yield found;
    }
  }

  #writerOf(formula: Formula): Part["writer"] {
    const { writersOf, measured, steps } = this.#world;
    const facts = factsIn(formula);
    if (facts.some((fact) => measured.has(fact))) return undefined;
    const writers = new Set(facts.flatMap((fact) => writersOf.get(fact) ?? []));
    const [writer] = writers;
    if (writer === undefined) return null;
    return writers.size === 1 ? steps[writer] : undefined;
  }

  #relationOf(writer: WorldStep | null, step: WorldStep, phase: Phase): Relation {
    if (writer === null) return "unwritten";
    if (writer.at === step.at) return phase;
    if (this.#world.isBefore(writer.at, step.at))
      return this.#world.isCertain(writer.at, step.at) ? "settled" : "perhaps";
    if (this.#world.isBefore(step.at, writer.at)) return "later";
    return shareLock(step, writer) ? "locked" : "beside";
  }
}
