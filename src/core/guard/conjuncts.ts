import { sortedUnique } from "../value/sorted-unique.ts";
import { evaluateGuardPartial, type Lookup } from "./evaluate-guard.ts";
import { formatGuard } from "./format-guard.ts";
import { type Formula, formatText } from "./formula.ts";
import { parseCompiledGuard } from "./parse-guard.ts";
import { conjunctsIn, factsIn } from "./plan-guard.ts";

/*
 * An invariant is judged by its conjuncts: the conditions that have to hold all at once. So a message names the one
 * that broke, and one that was false before the plan excuses no other.
 */

/** A condition of an invariant. */
export interface Conjunct {
  /** The invariant's name. */
  readonly name: string;
  readonly guard: Formula;
  /** The facts that it reads, sorted. */
  readonly facts: readonly string[];
}

/** How a condition stands. `unknown`: what is known does not decide it. */
export type Judgement = "holds" | "broken" | "unknown";

/**
 * The conditions of an invariant, in its order. There are none where its guard is larger than a guard may be: plans
 * of the first release may have such a guard, which nothing can judge.
 *
 * @param holds - as the compiler printed it: canonical, typed, unrolled
 */
export function conjunctsOf({ name, holds }: { readonly name: string; readonly holds: string }): readonly Conjunct[] {
  const parsed = holds === "" ? null : parseCompiledGuard(holds);
  if (parsed === null || !parsed.ok || parsed.value.kind === "quantifier") return [];
  // The compiler unrolled every macro before it printed the guard, so no operand is a quantifier either.
  const conjuncts = conjunctsIn(parsed.value as Formula);
  return conjuncts.map((guard) => ({ name, guard, facts: sortedUnique(factsIn(guard)) }));
}

/** Judges a condition by the values that are known. It never guesses: an unknown value breaks nothing. */
export function judgeConjunct({ guard }: Conjunct, lookup: Lookup): Judgement {
  // The compiler typed this formula before it printed it, and evaluating does not use the read set.
  const value = evaluateGuardPartial({ formula: guard, reads: [] }, lookup);
  return value === undefined ? "unknown" : value ? "holds" : "broken";
}

/** How long a condition may be in a message, in characters, and how many of its values are shown. */
const shown = { textMax: 240, factCountMax: 6 };

/** A condition with the values of its facts, for people: `a.up || b.up`; `a.up` is false, `b.up` is false. */
export function describeConjunct({ guard, facts }: Conjunct, lookup: Lookup): string {
  const text = formatGuard(guard);
  const short = text.length > shown.textMax ? `${text.slice(0, shown.textMax)}…` : text;
  const [only] = facts;
  // A condition that is one fact, or its negation, is told by the value alone.
  if (facts.length === 1 && only !== undefined && (text === only || text === `!${only}`))
    return `\`${only}\` is ${wordValue(lookup(only))}`;
  const values = facts.slice(0, shown.factCountMax).map((fact) => `\`${fact}\` is ${wordValue(lookup(fact))}`);
  const more = facts.length > shown.factCountMax ? `, and ${facts.length - shown.factCountMax} more` : "";
  return `\`${short}\`: ${values.join(", ")}${more}`;
}

function wordValue(value: ReturnType<Lookup>): string {
  return value === undefined ? "unknown" : typeof value === "string" ? formatText(value) : String(value);
}
