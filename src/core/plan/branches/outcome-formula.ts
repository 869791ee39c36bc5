import type { Formula } from "../../guard/formula.ts";
import { assertNever, InvariantError, invariant } from "../../value/invariant.ts";

/**
 * A formula over outcomes, by its number in a `FormulaTable`. Formulas that the table sees to be equal have the same
 * number.
 */
export type FormulaId = number;

/** The formula that never holds, and the one that always holds. */
export const never: FormulaId = 0;
export const always: FormulaId = 1;

type Node =
  | { readonly kind: "constant"; readonly value: boolean }
  /** The step `variable` has one of these outcomes, which are sorted indices into its list. */
  | { readonly kind: "atom"; readonly variable: number; readonly outcomes: readonly number[] }
  | { readonly kind: "all" | "any"; readonly parts: readonly FormulaId[] };

/** What the variables of a formula range over: the outcomes of each step, `not_run` included. */
export interface OutcomeSpace {
  readonly outcomesOf: (variable: number) => readonly string[];
  readonly variableOf: (stepId: string) => number | undefined;
}

/**
 * Interned formulas over outcomes. Negation is pushed down to the atoms, chains are flat and sorted, and the atoms of
 * one step in one chain are merged. So once some outcomes are known, two formulas that ask the same question have the
 * same number, and a walk over outcomes can merge its states.
 *
 * It is a class because it has a lifetime: one compilation.
 */
export class FormulaTable {
  readonly #nodes: Node[] = [
    { kind: "constant", value: false },
    { kind: "constant", value: true },
  ];
  readonly #idByKey = new Map<string, FormulaId>();
  readonly #space: OutcomeSpace;

  constructor(space: OutcomeSpace) {
    this.#space = space;
  }

  /** The step has one of the outcomes. */
  atom(variable: number, outcomes: readonly number[]): FormulaId {
    const sorted = [...new Set(outcomes)].sort((left, right) => left - right);
    if (sorted.length === 0) return never;
    if (sorted.length === this.#space.outcomesOf(variable).length) return always;
    return this.#intern(`${variable}=${sorted.join(",")}`, { kind: "atom", variable, outcomes: sorted });
  }

  /** The step has none of the outcomes. */
  notAtom(variable: number, outcomes: readonly number[]): FormulaId {
    const all = this.#space.outcomesOf(variable);
    return this.atom(
      variable,
      all.flatMap((_, index) => (outcomes.includes(index) ? [] : [index])),
    );
  }

  all(parts: readonly FormulaId[]): FormulaId {
    return this.#join("all", parts);
  }

  any(parts: readonly FormulaId[]): FormulaId {
    return this.#join("any", parts);
  }

  not(id: FormulaId): FormulaId {
    const node = this.#nodeOf(id);
    switch (node.kind) {
      case "constant":
        return node.value ? never : always;
      case "atom":
        return this.notAtom(node.variable, node.outcomes);
      case "all":
      case "any":
        return this.#join(
          node.kind === "all" ? "any" : "all",
          node.parts.map((part) => this.not(part)),
        );
      default:
        return assertNever(node);
    }
  }

  /** What is left of a formula once a step's outcome is known. */
  assign(id: FormulaId, variable: number, outcome: number): FormulaId {
    const node = this.#nodeOf(id);
    switch (node.kind) {
      case "constant":
        return id;
      case "atom":
        return node.variable !== variable ? id : node.outcomes.includes(outcome) ? always : never;
      case "all":
      case "any": {
        const parts = node.parts.map((part) => this.assign(part, variable, outcome));
        return parts.every((part, index) => part === node.parts[index]) ? id : this.#join(node.kind, parts);
      }
      default:
        return assertNever(node);
    }
  }

  /** The steps a formula still asks about. */
  variablesOf(id: FormulaId): ReadonlySet<number> {
    const node = this.#nodeOf(id);
    switch (node.kind) {
      case "constant":
        return new Set();
      case "atom":
        return new Set([node.variable]);
      case "all":
      case "any":
        return new Set(node.parts.flatMap((part) => [...this.variablesOf(part)]));
      default:
        return assertNever(node);
    }
  }

  /** The formula of a typed `when`. */
  fromGuard(formula: Formula): FormulaId {
    switch (formula.kind) {
      case "constant":
        return formula.value === true ? always : never;
      case "not":
        return this.not(this.fromGuard(formula.operand));
      case "logic": {
        const parts = formula.operands.map((operand) => this.fromGuard(operand));
        return formula.operator === "&&" ? this.all(parts) : this.any(parts);
      }
      case "membership":
        return this.any(formula.items.map((item) => this.#equal(formula.element, item)));
      case "comparison": {
        const isEqual = this.#equal(formula.left, formula.right);
        invariant(formula.operator === "==" || formula.operator === "!=", "outcomes have no order");
        return formula.operator === "==" ? isEqual : this.not(isEqual);
      }
      case "reference":
        throw new InvariantError("broken invariant: an outcome alone is no condition");
      default:
        return assertNever(formula);
    }
  }

  #equal(left: Formula, right: Formula): FormulaId {
    if (left.kind === "constant" && right.kind === "constant") return left.value === right.value ? always : never;
    if (left.kind === "reference" && right.kind === "constant") return this.#is(left.key, String(right.value));
    if (left.kind === "constant" && right.kind === "reference") return this.#is(right.key, String(left.value));
    if (left.kind === "reference" && right.kind === "reference") {
      const shared = this.#space.outcomesOf(this.#variableOf(left.key));
      return this.any(shared.map((outcome) => this.all([this.#is(left.key, outcome), this.#is(right.key, outcome)])));
    }
    // Two conditions that are compared: both hold, or neither does.
    const [one, other] = [this.fromGuard(left), this.fromGuard(right)];
    return this.any([this.all([one, other]), this.all([this.not(one), this.not(other)])]);
  }

  #is(stepId: string, outcome: string): FormulaId {
    const variable = this.#variableOf(stepId);
    const index = this.#space.outcomesOf(variable).indexOf(outcome);
    return index < 0 ? never : this.atom(variable, [index]);
  }

  #variableOf(stepId: string): number {
    const variable = this.#space.variableOf(stepId);
    invariant(variable !== undefined, "a typed `when` names steps of the plan");
    return variable;
  }

  #join(kind: "all" | "any", parts: readonly FormulaId[]): FormulaId {
    const absorbing = kind === "all" ? never : always;
    const neutral = kind === "all" ? always : never;
    const flat = new Set<FormulaId>();
    const atoms = new Map<number, FormulaId>();
    for (const part of this.#flatten(kind, parts)) {
      if (part === absorbing) return absorbing;
      if (part === neutral) continue;
      const node = this.#nodeOf(part);
      if (node.kind !== "atom") flat.add(part);
      else atoms.set(node.variable, this.#mergeAtoms(kind, atoms.get(node.variable), part));
    }
    for (const atom of atoms.values()) {
      if (atom === absorbing) return absorbing;
      if (atom !== neutral) flat.add(atom);
    }
    const sorted = [...flat].sort((left, right) => left - right);
    const [only] = sorted;
    if (only === undefined) return neutral;
    return sorted.length === 1 ? only : this.#intern(`${kind}(${sorted.join(",")})`, { kind, parts: sorted });
  }

  #flatten(kind: "all" | "any", parts: readonly FormulaId[]): readonly FormulaId[] {
    return parts.flatMap((part) => {
      const node = this.#nodeOf(part);
      return node.kind === kind ? node.parts : [part];
    });
  }

  #mergeAtoms(kind: "all" | "any", known: FormulaId | undefined, part: FormulaId): FormulaId {
    const other = this.#nodeOf(part);
    const one = known === undefined ? undefined : this.#nodeOf(known);
    if (one === undefined || known === undefined) return part;
    // Earlier atoms may have become a constant that decides the chain; otherwise both are atoms of one step.
    if (one.kind !== "atom" || other.kind !== "atom") return known;
    const outcomes =
      kind === "all"
        ? one.outcomes.filter((outcome) => other.outcomes.includes(outcome))
        : [...one.outcomes, ...other.outcomes];
    return this.atom(one.variable, outcomes);
  }

  #intern(key: string, node: Node): FormulaId {
    const known = this.#idByKey.get(key);
    if (known !== undefined) return known;
    this.#nodes.push(node);
    this.#idByKey.set(key, this.#nodes.length - 1);
    return this.#nodes.length - 1;
  }

  #nodeOf(id: FormulaId): Node {
    const node = this.#nodes[id];
    invariant(node !== undefined, "a formula is one of its own table");
    return node;
  }
}
