import { type Problem, problem } from "../value/codes.ts";
import { assertNever } from "../value/invariant.ts";
import { limits } from "../value/limits.ts";
import { fail, ok, type Result } from "../value/result.ts";
import { quote, suggestName } from "../value/text.ts";
import {
  type Constant,
  type Formula,
  type Guard,
  joinLogic,
  type Quantifier,
  type Reference,
  referTo,
} from "./formula.ts";

/** What unrolling needs to know of the inventory. */
export interface Inventory {
  /** The ids of the objects of a type, in a fixed order; `undefined` for a type that is not declared. */
  objectsOf(objectType: string): readonly string[] | undefined;
  /** The declared types, for hints. */
  types(): readonly string[];
}

/**
 * Replaces each macro by the chain it stands for. `inventory.T.all(x, body)` becomes the bodies of all objects joined
 * with `&&`, or `true` when there is no object; `exists` becomes the bodies joined with `||`, or `false`.
 *
 * In a body `x.attribute` becomes the fact `T.object.attribute`, and `x` and `x.id` become the id of the object, a
 * text. Problems: `E_GUARD_NAME` for an undeclared type, `E_GUARD_TYPE` for a comparison of `x` with an id that no
 * object has, and `E_GUARD_SIZE` beyond `limits.guardUnrolledNodesMax` nodes of one conjunct, or
 * `limits.guardConjunctsNodesMax` of all. Unrolling stops there, so nested macros cannot explode.
 */
export function unrollGuard(guard: Guard, inventory: Inventory, pointer = ""): Result<Formula, readonly Problem[]> {
  const work: Work = { inventory, pointer, problems: [], nodeCount: 0, conjunctsNodeCount: 0 };
  const formula = unrollConjuncts(guard, new Map(), work);
  if (work.nodeCount > limits.guardUnrolledNodesMax) {
    const claim = `over the inventory a condition of the guard has more than ${limits.guardUnrolledNodesMax} parts`;
    work.problems.push(problem("E_GUARD_SIZE", pointer, claim));
  } else if (work.conjunctsNodeCount > limits.guardConjunctsNodesMax) {
    const claim = `over the inventory the guard has more than ${limits.guardConjunctsNodesMax} parts`;
    work.problems.push(problem("E_GUARD_SIZE", pointer, claim));
  }
  return work.problems.length === 0 ? ok(formula) : fail(dropRepeats(work.problems));
}

/** The object that the variable of a macro stands for. */
interface Binding {
  readonly objectType: string;
  readonly id: string;
  readonly ids: readonly string[];
}

type Bindings = ReadonlyMap<string, Binding>;

// The state of one unrolling: the problems found, and how many nodes were made, in this conjunct and in those before.
interface Work {
  readonly inventory: Inventory;
  readonly pointer: string;
  readonly problems: Problem[];
  nodeCount: number;
  conjunctsNodeCount: number;
}

function isTooLarge({ nodeCount, conjunctsNodeCount }: Work): boolean {
  return nodeCount > limits.guardUnrolledNodesMax || conjunctsNodeCount > limits.guardConjunctsNodesMax;
}

/** Unrolls what has to hold all at once. Each of these conditions is judged by itself, so each has its own limit. */
function unrollConjuncts(guard: Guard, bindings: Bindings, work: Work): Formula {
  if (guard.kind === "logic" && guard.operator === "&&") {
    const operands = guard.operands.map((operand) => unrollConjuncts(operand, bindings, work));
    return joinLogic<Formula>("&&", operands, guard.column);
  }
  if (guard.kind === "quantifier" && guard.quantifier === "all")
    return unrollQuantifier(guard, bindings, { work, unrollBody: unrollConjuncts });
  if (isTooLarge(work)) return { kind: "constant", value: true, column: guard.column };
  work.nodeCount = 0;
  const formula = unroll(guard, bindings, work);
  work.conjunctsNodeCount += work.nodeCount;
  return formula;
}

function unroll(guard: Guard, bindings: Bindings, work: Work): Formula {
  work.nodeCount += 1;
  switch (guard.kind) {
    case "constant":
      return guard;
    case "reference":
      return bind(guard, bindings);
    case "not":
      return { ...guard, operand: unroll(guard.operand, bindings, work) };
    case "logic": {
      const operands = guard.operands.map((operand) => unroll(operand, bindings, work));
      return joinLogic<Formula>(guard.operator, operands, guard.column);
    }
    case "comparison": {
      refuseStrangeId(guard.left, [guard.right], bindings, work);
      refuseStrangeId(guard.right, [guard.left], bindings, work);
      return { ...guard, left: unroll(guard.left, bindings, work), right: unroll(guard.right, bindings, work) };
    }
    case "membership": {
      refuseStrangeId(guard.element, guard.items, bindings, work);
      work.nodeCount += guard.items.length;
      return { ...guard, element: unroll(guard.element, bindings, work) };
    }
    case "quantifier":
      return unrollQuantifier(guard, bindings, { work, unrollBody: unroll });
    default:
      return assertNever(guard);
  }
}

function unrollQuantifier(
  guard: Quantifier,
  bindings: Bindings,
  { work, unrollBody }: { readonly work: Work; readonly unrollBody: typeof unroll },
): Formula {
  const { objectType, variable, column } = guard;
  const operator = guard.quantifier === "all" ? "&&" : "||";
  const ids = work.inventory.objectsOf(objectType);
  if (ids === undefined) {
    const hint = suggestName(objectType, work.inventory.types());
    work.problems.push(
      problem("E_GUARD_NAME", work.pointer, `column ${column}: the inventory has no type ${quote(objectType)}`, hint),
    );
    return joinLogic<Formula>(operator, [], column);
  }
  const operands: Formula[] = [];
  for (const id of ids) {
    if (isTooLarge(work)) break;
    operands.push(unrollBody(guard.body, new Map([...bindings, [variable, { objectType, id, ids }]]), work));
  }
  return joinLogic<Formula>(operator, operands, column);
}

function bind(reference: Reference, bindings: Bindings): Reference | Constant {
  const [root = "", ...rest] = reference.path;
  const binding = bindings.get(root);
  if (binding === undefined) return reference;
  if (isWholeObject(rest)) return { kind: "constant", value: binding.id, column: reference.column };
  return referTo([binding.objectType, binding.id, ...rest], reference.column);
}

// Otherwise a misspelt id would give a comparison of two constants, which is well typed and silently never true.
function refuseStrangeId(side: Guard, others: readonly Guard[], bindings: Bindings, work: Work): void {
  if (side.kind !== "reference" || !isWholeObject(side.path.slice(1))) return;
  const binding = bindings.get(side.path[0] ?? "");
  if (binding === undefined) return;
  for (const other of others) {
    if (other.kind !== "constant" || typeof other.value !== "string" || binding.ids.includes(other.value)) continue;
    const claim = `column ${other.column}: no ${quote(binding.objectType)} has the id ${quote(other.value)}`;
    work.problems.push(problem("E_GUARD_TYPE", work.pointer, claim, suggestName(other.value, binding.ids)));
  }
}

function isWholeObject(rest: readonly string[]): boolean {
  return rest.length === 0 || (rest.length === 1 && rest[0] === "id");
}

// A mistake is found once for every object. One report is enough.
function dropRepeats(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ code, message }) => {
    const isNew = !seen.has(`${code} ${message}`);
    seen.add(`${code} ${message}`);
    return isNew;
  });
}
