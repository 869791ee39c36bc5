import type { ConjunctValues } from "../conjunct-values.ts";
import { anyValue, eitherOf, onlyValue, type ValueSet } from "../value-set.ts";
import { valuesAt } from "../window.ts";
import type { World, WorldStep } from "../world.ts";
import type { Sight } from "./follow.ts";
import type { UndoneTo, UndoWrite, UndoWrites } from "./undo-writes.ts";

/**
 * What a fact may be at a moment of a write of a way back, whatever began that way back and in whichever order it goes.
 * It leaves out no value, and may name more.
 *
 * What comes behind the step is undone by then, and left no trace if its undo is plain. What may stand beside it is
 * done, or undone, or never ran. So beside the step's own facts the world is as it may be before the step, with what
 * the other undos leave behind.
 */
export class UndoValues {
  readonly #world: World;
  /** By fact: the writes whose undo may leave it otherwise than it was, and steps that are not undone by themselves. */
  readonly #traces = new Map<string, { readonly owner: WorldStep; readonly to: UndoneTo }[]>();

  constructor(world: World, undos: UndoWrites) {
    this.#world = world;
    const traced = new Set(undos.coverable);
    for (const write of undos.all) {
      if (write.isPlain) continue;
      traced.add(write.owner);
      for (const [fact, to] of write.sets) this.#addTrace(fact, write.owner, to);
    }
    for (const at of traced)
      for (const [fact, value] of world.steps[at]?.effect ?? []) this.#addTrace(fact, at, { kind: "value", value });
  }

  /** Whether undos may leave one of these facts otherwise than it was. */
  hasTrace(facts: readonly string[]): boolean {
    return facts.some((fact) => this.#traces.has(fact));
  }

  /** What each fact may be at this moment. */
  at(write: UndoWrite, phase: Sight["phase"]): (fact: string) => ValueSet {
    const owner = this.#world.steps[write.owner];
    if (owner === undefined) return () => anyValue;
    const before = valuesAt(this.#world, owner, "before");
    return (fact) => {
      const meanwhile = phase === "during" ? write.during.get(fact) : undefined;
      if (meanwhile !== undefined) return onlyValue(meanwhile);
      const made = phase === "after" ? write.sets.get(fact) : undefined;
      if (made !== undefined) return this.#valuesOf(owner, made);
      return this.#beside(owner, { fact, before: this.#left(write, { owner, phase, fact, before: before(fact) }) });
    };
  }

  /** What a conjunct may be at this moment. */
  judge(conjunct: ConjunctValues, write: UndoWrite, phase: Sight["phase"]): ValueSet {
    const owner = this.#world.steps[write.owner];
    if (owner === undefined) return anyValue;
    const isOwn = (fact: string): boolean =>
      owner.effect.has(fact) ||
      owner.blurred.has(fact) ||
      write.during.has(fact) ||
      write.sets.has(fact) ||
      this.#traces.has(fact);
    return conjunct.with(owner, { isOwn, valuesOf: this.at(write, phase) });
  }

  /** What the step itself has left. One that has changed nothing is not undone, unless it failed. */
  #left(
    write: UndoWrite,
    from: {
      readonly owner: WorldStep;
      readonly phase: Sight["phase"];
      readonly fact: string;
      readonly before: ValueSet;
    },
  ): ValueSet {
    const { owner, phase, fact, before } = from;
    if (owner.blurred.has(fact)) return anyValue;
    const value = owner.effect.get(fact);
    if (value === undefined) return before;
    const isSent = phase === "before" && !write.isThenRun;
    return isSent ? onlyValue(value) : eitherOf(before, onlyValue(value));
  }

  #beside(owner: WorldStep, { fact, before }: { readonly fact: string; readonly before: ValueSet }): ValueSet {
    let found = before;
    for (const trace of this.#traces.get(fact) ?? [])
      if (!this.#world.isBefore(trace.owner.at, owner.at))
        found = eitherOf(found, this.#valuesOf(trace.owner, trace.to));
    return found;
  }

  #valuesOf(owner: WorldStep, to: UndoneTo): ValueSet {
    if (to.kind === "value") return onlyValue(to.value);
    return to.kind === "before" ? valuesAt(this.#world, owner, "before")(to.fact) : anyValue;
  }

  #addTrace(fact: string, at: number, to: UndoneTo): void {
    const owner = this.#world.steps[at];
    if (owner === undefined) return;
    const known = this.#traces.get(fact);
    if (known === undefined) this.#traces.set(fact, [{ owner, to }]);
    else known.push({ owner, to });
  }
}
