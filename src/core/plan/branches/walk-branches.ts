import { invariant } from "../../value/invariant.ts";
import { always, type FormulaId, type FormulaTable, never } from "./outcome-formula.ts";

/** What the walk asks of a step; its position in the list is its variable. */
export interface WalkStep {
  /** Every outcome it can have when it runs, and `not_run`, which stands last. */
  readonly outcomes: readonly string[];
  /** When it runs, over steps it waits for. */
  readonly runs: FormulaId;
  readonly isEnding: boolean;
  /** What running it costs at worst, in as many dimensions as the caller likes; all steps have the same number. */
  readonly cost: readonly number[];
}

/** Something that must never hold once step `at` is decided. */
export interface Watch {
  readonly at: number;
  readonly forbidden: FormulaId;
}

/** Outcomes that lead somewhere, in the order in which they became known. */
export type Witness = readonly { readonly variable: number; readonly outcome: string }[];

export type WalkFinding =
  | { readonly kind: "no_ending"; readonly witness: Witness }
  | { readonly kind: "two_endings"; readonly first: number; readonly second: number; readonly witness: Witness }
  | { readonly kind: "forbidden"; readonly watch: number; readonly witness: Witness };

/** What the walk has seen. */
export interface WalkReport {
  readonly findings: readonly WalkFinding[];
  /** Steps that run on some path. */
  readonly reached: ReadonlySet<number>;
  /** The greatest total cost of a path, in each dimension by itself. */
  readonly worst: readonly number[];
  readonly stateCount: number;
}

/** States beyond which the walk gives up: about a second's work. */
export const walkStatesMax = 50_000;

/**
 * Walks every reachable assignment of outcomes and tells those on which not exactly one ending is reached.
 *
 * Two partial assignments are one state when what they leave open is the same: for every step not yet decided the same residual
 * formula, and the same ending reached. So the cost follows the outcomes that later steps still ask about, not their product:
 * a sequence of 1,000 steps has one state a step. (The frontier method of binary decision diagrams; Bryant 1986, Minato 1993.)
 *
 * @returns the report, or `undefined` beyond `walkStatesMax` states
 */
export function walkBranches(
  steps: readonly WalkStep[],
  options: { readonly table: FormulaTable; readonly watches: readonly Watch[] },
): WalkReport | undefined {
  const walk = new Walk(steps, options);
  return walk.run() ? walk.report() : undefined;
}

interface State {
  /** What is left of formulas that some known outcome touched, by their place; sorted by insertion along one order. */
  readonly open: ReadonlyMap<number, FormulaId>;
  readonly ending: number | undefined;
  readonly worst: readonly number[];
  readonly trail: Trail | undefined;
}

interface Trail {
  readonly variable: number;
  readonly outcome: string;
  readonly before: Trail | undefined;
}

/** Findings of one kind told at once: the rest follow from the same gap. */
const findingsMax = 3;

class Walk {
  readonly #steps: readonly WalkStep[];
  readonly #table: FormulaTable;
  readonly #watches: readonly Watch[];
  /** Formulas by place: one a step, then one a watch. */
  readonly #formulas: readonly FormulaId[];
  readonly #order: readonly number[];
  readonly #touchedBy: readonly (readonly number[])[];
  readonly #watchesAt: ReadonlyMap<number, readonly number[]>;
  readonly #findings = new Map<string, WalkFinding>();
  readonly #reached = new Set<number>();
  #states = new Map<string, State>();
  #stateCount = 0;

  constructor(
    steps: readonly WalkStep[],
    options: { readonly table: FormulaTable; readonly watches: readonly Watch[] },
  ) {
    this.#steps = steps;
    this.#table = options.table;
    this.#watches = options.watches;
    this.#formulas = [...steps.map((step) => step.runs), ...options.watches.map((watch) => watch.forbidden)];
    const touchedBy: number[][] = steps.map(() => []);
    this.#formulas.forEach((formula, place) =>
      this.#table.variablesOf(formula).forEach((variable) => touchedBy[variable]?.push(place)),
    );
    this.#touchedBy = touchedBy;
    const watchesAt = new Map<number, number[]>();
    options.watches.forEach((watch, index) => watchesAt.set(watch.at, [...(watchesAt.get(watch.at) ?? []), index]));
    this.#watchesAt = watchesAt;
    this.#order = orderForWalk(
      steps.map((step) => this.#table.variablesOf(step.runs)),
      options.watches.map((watch) => ({ at: watch.at, variables: this.#table.variablesOf(watch.forbidden) })),
    );
  }

  /** False beyond the limit. */
  run(): boolean {
    const dimensionCount = this.#steps[0]?.cost.length ?? 0;
    this.#states.set("", {
      open: new Map(),
      ending: undefined,
      worst: new Array<number>(dimensionCount).fill(0),
      trail: undefined,
    });
    for (const variable of this.#order) {
      const next = new Map<string, State>();
      for (const state of this.#states.values()) {
        for (const following of this.#decide(state, variable)) merge(next, following);
        if (this.#stateCount + next.size > walkStatesMax) return false;
      }
      this.#stateCount += next.size;
      this.#states = next;
    }
    return true;
  }

  report(): WalkReport {
    let worst: readonly number[] = [];
    for (const state of this.#states.values()) {
      worst = maximum(worst, state.worst);
      if (state.ending === undefined) this.#tell("no_ending", { kind: "no_ending", witness: witnessOf(state.trail) });
    }
    return { findings: [...this.#findings.values()], reached: this.#reached, worst, stateCount: this.#stateCount };
  }

  #decide(state: State, variable: number): readonly State[] {
    const step = this.#stepAt(variable);
    const runs = state.open.get(variable) ?? step.runs;
    invariant(runs === always || runs === never, "a step is decided after everything it waits for");
    for (const index of this.#watchesAt.get(variable) ?? []) this.#checkWatch(state, index);
    const notRun = step.outcomes.length - 1;
    if (runs === never) return [this.#follow(state, { variable, outcome: notRun, isChoice: false })];
    this.#reached.add(variable);
    const worst = state.worst.map((total, dimension) => total + (step.cost[dimension] ?? 0));
    const running = { ...state, worst, ending: step.isEnding ? this.#reachEnding(state, variable) : state.ending };
    if (step.isEnding) return [this.#drop(running, variable)];
    return step.outcomes
      .slice(0, notRun)
      .map((_, outcome) => this.#follow(running, { variable, outcome, isChoice: notRun > 1 }));
  }

  #reachEnding(state: State, variable: number): number {
    if (state.ending === undefined) return variable;
    const [first, second] = [state.ending, variable];
    this.#tell(`two ${first} ${second}`, { kind: "two_endings", first, second, witness: witnessOf(state.trail) });
    return first;
  }

  #checkWatch(state: State, index: number): void {
    const watch = this.#watches[index];
    const place = this.#steps.length + index;
    if (watch === undefined || (state.open.get(place) ?? watch.forbidden) !== always) return;
    this.#tell(`watch ${index}`, { kind: "forbidden", watch: index, witness: witnessOf(state.trail) });
  }

  /** Where the run has ended, what waits for the ending is never asked: it has no outcome, and that is `not_run` for nobody. */
  #drop(state: State, variable: number): State {
    const open = new Map(state.open);
    this.#forget(open, variable);
    for (const place of this.#touchedBy[variable] ?? []) open.set(place, never);
    return { ...state, open };
  }

  #follow(
    state: State,
    taken: { readonly variable: number; readonly outcome: number; readonly isChoice: boolean },
  ): State {
    const { variable, outcome, isChoice } = taken;
    const open = new Map(state.open);
    this.#forget(open, variable);
    for (const place of this.#touchedBy[variable] ?? []) {
      const formula = open.get(place) ?? this.#formulas[place] ?? never;
      open.set(place, this.#table.assign(formula, variable, outcome));
    }
    if (!isChoice) return { ...state, open };
    return {
      ...state,
      open,
      trail: { variable, outcome: this.#stepAt(variable).outcomes[outcome] ?? "", before: state.trail },
    };
  }

  #forget(open: Map<number, FormulaId>, variable: number): void {
    open.delete(variable);
    for (const index of this.#watchesAt.get(variable) ?? []) open.delete(this.#steps.length + index);
  }

  #tell(key: string, finding: WalkFinding): void {
    const kindCount = [...this.#findings.values()].filter((known) => known.kind === finding.kind).length;
    const unique = finding.kind === "no_ending" ? `${key} ${kindCount}` : key;
    if (!this.#findings.has(unique) && kindCount < (finding.kind === "forbidden" ? 100 : findingsMax))
      this.#findings.set(unique, finding);
  }

  #stepAt(variable: number): WalkStep {
    const step = this.#steps[variable];
    invariant(step !== undefined, "a variable is a step");
    return step;
  }
}

function merge(states: Map<string, State>, state: State): void {
  const key = `${state.ending ?? ""}|${[...state.open].sort(([left], [right]) => left - right).join(";")}`;
  const known = states.get(key);
  states.set(key, known === undefined ? state : { ...known, worst: maximum(known.worst, state.worst) });
}

function maximum(left: readonly number[], right: readonly number[]): readonly number[] {
  return right.map((value, index) => Math.max(value, left[index] ?? 0));
}

function witnessOf(trail: Trail | undefined): Witness {
  const witness: { variable: number; outcome: string }[] = [];
  for (let at = trail; at !== undefined; at = at.before) witness.push({ variable: at.variable, outcome: at.outcome });
  return witness.reverse();
}

// Depth first: what became decidable last is decided next, so that an outcome is asked about and forgotten soon. In the order of
// declaration twenty probes before their twenty acts would hold 4^20 combinations open.
function orderForWalk(
  needs: readonly ReadonlySet<number>[],
  watches: readonly { readonly at: number; readonly variables: ReadonlySet<number> }[],
): readonly number[] {
  const waiting = needs.map((variables) => new Set(variables));
  for (const { at, variables } of watches)
    variables.forEach((variable) => variable !== at && waiting[at]?.add(variable));
  const behind: number[][] = needs.map(() => []);
  waiting.forEach((variables, variable) => variables.forEach((earlier) => behind[earlier]?.push(variable)));
  const ready = waiting.flatMap((variables, variable) => (variables.size === 0 ? [variable] : [])).reverse();
  const order: number[] = [];
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    order.push(next);
    const freed: number[] = [];
    for (const later of behind[next] ?? []) {
      waiting[later]?.delete(next);
      if (waiting[later]?.size === 0) freed.push(later);
    }
    ready.push(...freed.reverse());
  }
  invariant(order.length === needs.length, "the steps of a walk have no cycle");
  return order;
}
