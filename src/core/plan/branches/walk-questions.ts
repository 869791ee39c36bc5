import { type FormulaId, type FormulaTable, never } from "./outcome-formula.ts";
import type { WalkStep, Watch } from "./walk-step.ts";

/**
 * What some steps and watches ask in common about the outcomes before them. The thousand steps of a fleet have a dozen
 * questions between them, so what a walk keeps of a path follows the number of questions.
 */
export interface Question {
  readonly number: number;
  readonly formula: FormulaId;
  /** `formula`, without anything that a no or a silence decided. */
  readonly voiced: FormulaId;
  /** Whether writes ask it. */
  readonly isOfWrites: boolean;
  /** Whether a write waits for those that ask it, however far behind them. */
  readonly isAheadOfWrites: boolean;
}

/** The questions of a walk. */
export interface Questions {
  /** By step and by watch, the number of what it asks. */
  readonly ofStep: readonly number[];
  readonly ofWatch: readonly number[];
  /** By step, the questions about its outcome. */
  readonly about: readonly (readonly Question[])[];
  /** By step, the numbers of the questions that nobody asks any more once it is decided. */
  readonly closedBy: readonly (readonly number[])[];
}

/** The steps whose outcomes a step asks about. */
export function variablesOf(
  table: FormulaTable,
  { runs, voiced }: Pick<WalkStep, "runs" | "voiced">,
): ReadonlySet<number> {
  const own = table.variablesOf(runs);
  return voiced === runs ? own : new Set([...own, ...table.variablesOf(voiced)]);
}

/**
 * Whether it matters for a question that a no or a silence decided something. It matters to a write that may still run,
 * and to all that a write waits for. To the others it does not, because two paths that differ in nothing else are then
 * one state. A watch knows of no voices.
 *
 * @param left - what is left of the question's formula
 */
export function isVoiceAsked({ isAheadOfWrites, isOfWrites }: Question, left: FormulaId): boolean {
  return isAheadOfWrites || (isOfWrites && left !== never);
}

/** Finds what the steps and watches of a walk ask, which decides its steps in this order. */
export function questionsOf(
  steps: readonly WalkStep[],
  from: { readonly table: FormulaTable; readonly watches: readonly Watch[]; readonly order: readonly number[] },
): Questions {
  const { table, watches, order } = from;
  const gathering = new Gathering(table, steps.length);
  const ahead = aheadOfWrites(steps, table, order);
  const ofStep = steps.map(({ runs, voiced, isWrite }, at) =>
    gathering.add({ formula: runs, voiced, isOfWrites: isWrite, isAheadOfWrites: ahead.has(at) }),
  );
  const ofWatch = watches.map(({ forbidden }) =>
    gathering.add({ formula: forbidden, voiced: forbidden, isOfWrites: false, isAheadOfWrites: false }),
  );
  const askedAt: number[][] = steps.map((_, at) => [ofStep[at] ?? -1]);
  for (const [index, { at }] of watches.entries()) askedAt[at]?.push(ofWatch[index] ?? -1);
  return { ofStep, ofWatch, about: gathering.about, closedBy: lastAsked(askedAt, order) };
}

/** Gives equal questions one number. */
class Gathering {
  readonly about: Question[][];
  readonly #table: FormulaTable;
  readonly #numbers = new Map<string, number>();

  constructor(table: FormulaTable, stepCount: number) {
    this.#table = table;
    this.about = Array.from({ length: stepCount }, () => []);
  }

  add(asked: Omit<Question, "number">): number {
    const { formula, voiced, isOfWrites, isAheadOfWrites } = asked;
    const key = `${formula} ${voiced} ${isOfWrites} ${isAheadOfWrites}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const question = { ...asked, number: this.#numbers.size };
    this.#numbers.set(key, question.number);
    for (const variable of variablesOf(this.#table, { runs: formula, voiced })) this.about[variable]?.push(question);
    return question.number;
  }
}

/** The steps that a write waits for, however far behind them it stands. */
function aheadOfWrites(steps: readonly WalkStep[], table: FormulaTable, order: readonly number[]): ReadonlySet<number> {
  const ahead = new Set<number>();
  for (const at of order.toReversed()) {
    const step = steps[at];
    if (step === undefined || (!step.isWrite && !ahead.has(at))) continue;
    for (const variable of variablesOf(table, step)) ahead.add(variable);
  }
  return ahead;
}

function lastAsked(askedAt: readonly (readonly number[])[], order: readonly number[]): readonly (readonly number[])[] {
  const lastOf = new Map(order.flatMap((at) => (askedAt[at] ?? []).map((number) => [number, at] as const)));
  const closedBy: number[][] = askedAt.map(() => []);
  for (const [number, at] of lastOf) closedBy[at]?.push(number);
  return closedBy;
}
