// The way back of a run, carried out in thought: what was written is undone, the newest first, in the order that
// docs/domains.md gives it.
import { evaluate, type Guard, pathsIn, type Value } from "./guard.ts";
import type { Step } from "./steps.ts";
import type { UndoWrite } from "./undo.ts";

type Facts = ReadonlyMap<string, Value | undefined>;

/** A step that has touched the world. */
export interface Touch {
  readonly at: number;
  /** What the facts were just before it was sent, and which of them nobody was sure of. */
  readonly before: Facts;
  readonly lost: readonly string[];
  /** Whether it ran and failed: then it is undone whatever the facts show. */
  readonly hasFailed: boolean;
}

/** A run whose way back begins: nothing is in the air any more. */
export interface TurnedRun {
  readonly steps: readonly Step[];
  readonly ancestors: readonly ReadonlySet<number>[];
  /** In the order in which they settled. */
  readonly touched: readonly Touch[];
  readonly facts: Facts;
  readonly lost: readonly string[];
  /** Conjuncts that held before the plan. */
  readonly invariants: readonly { readonly name: string; readonly guard: Guard }[];
  /** Facts of what an invariant asked for in vain before the plan. */
  readonly wrong: ReadonlySet<string>;
}

/** What a way back does wrong; `null` if nothing. */
export interface WayBackHarm {
  readonly harm: "undo_precondition" | "undo_invariant" | "not_undone";
  readonly step: string;
  readonly why: string;
}

/** Follows a way back to its end, or to where it stops for a person. */
export function followBack(run: TurnedRun): WayBackHarm | null {
  let [facts, lost] = [run.facts, new Set(run.lost)];
  for (const { touch, write } of orderOf(run)) {
    const step = run.steps[touch.at];
    if (step === undefined || write === null) return null;
    const { pre, during, effect } = write.at(touch.before);
    const isUndo = write === step.undo?.call;
    const compared = write.restores.map((fact) => compare(facts.get(fact), touch.before.get(fact)));
    const isAsBefore = compared.length > 0 && compared.every((same) => same === true);
    if (isUndo && !touch.hasFailed && isAsBefore) continue;
    const sure = new Map([...facts].map(([fact, value]) => [fact, lost.has(fact) ? undefined : value]));
    for (const guard of pre) {
      const names = [...pathsIn(guard).map(([fact = ""]) => fact), ...write.takes];
      if (truth(guard, sure) === false && !names.some((fact) => run.wrong.has(fact)))
        return { harm: "undo_precondition", step: step.id, why: `the precondition of \`${write.action}\` is false` };
    }
    if (during.size > 0) {
      const broken = brokenBy(run, new Map([...facts, ...during]));
      if (broken !== null) return { harm: "undo_invariant", step: step.id, why: `\`${broken}\` is false meanwhile` };
    }
    facts = new Map([...facts, ...effect]);
    lost = new Set(lost);
    for (const fact of effect.keys()) {
      const source = write.copies.get(fact);
      if (source !== undefined && touch.lost.includes(source)) lost.add(fact);
      else lost.delete(fact);
    }
    const broken = brokenBy(run, facts);
    if (broken !== null) return { harm: "undo_invariant", step: step.id, why: `\`${broken}\` is false after it` };
    if (write.restores.some((fact) => compare(facts.get(fact), touch.before.get(fact)) === false))
      return { harm: "not_undone", step: step.id, why: `\`${write.action}\` does not put back what was before` };
  }
  return null;
}

/** The calls of a way back in their order; `null` for a step that cannot be undone. */
function orderOf(run: TurnedRun): readonly { readonly touch: Touch; readonly write: UndoWrite | null }[] {
  const { steps, touched } = run;
  const calls: { readonly touch: Touch; readonly write: UndoWrite | null }[] = [];
  for (const [place, touch] of [...touched.entries()].reverse()) {
    if (coveredBy(run, place) !== null) continue;
    const undo = steps[touch.at]?.undo ?? null;
    calls.push({ touch, write: undo?.call ?? null });
    for (const write of undo?.then ?? []) if (isOldest(run, place, write.key)) calls.push({ touch, write });
  }
  return calls;
}

/** Whether no older step in a row with this one asks for the same call. What the call puts right ends a row. */
function isOldest(run: TurnedRun, place: number, key: string): boolean {
  for (let at = place - 1; at >= 0; at -= 1) {
    if (coveredBy(run, at) === key) return true;
    if (coveredBy(run, at) === null && keysOf(run, at).includes(key)) return false;
  }
  return true;
}

/** The call after an undo that puts this step right, so that it has no undo of its own. */
function coveredBy(run: TurnedRun, place: number): string | null {
  const { steps, ancestors, touched } = run;
  const [own, index] = [steps[touched[place]?.at ?? -1], touched[place]?.at ?? -1];
  for (let at = place - 1; own !== undefined && at >= 0; at -= 1) {
    const older = touched[at]?.at ?? -1;
    if (ancestors[index]?.has(older) !== true || coveredBy(run, at) !== null) continue;
    for (const write of steps[older]?.undo?.then ?? []) {
      const isSame = write.action === own.action && write.target === own.target;
      const isWhole = [...own.during.keys(), ...own.effect.keys()].every((fact) => write.restores.includes(fact));
      if (isSame && isWhole) return write.key;
    }
  }
  return null;
}

function keysOf({ steps, touched }: TurnedRun, place: number): readonly string[] {
  return steps[touched[place]?.at ?? -1]?.undo?.then.map(({ key }) => key) ?? [];
}

function brokenBy({ invariants }: TurnedRun, facts: Facts): string | null {
  return invariants.find(({ guard }) => truth(guard, facts) === false)?.name ?? null;
}

function compare(left: Value | undefined, right: Value | undefined): boolean | undefined {
  return left === undefined || right === undefined ? undefined : left === right;
}

function truth(guard: Guard, facts: Facts): boolean | undefined {
  const value = evaluate(guard, ([fact = ""]) => facts.get(fact));
  return value === undefined ? undefined : value === true;
}
