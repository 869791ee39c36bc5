import type { ArgumentDeclaration } from "../../domain/domain.ts";
import type { DomainIndex } from "../../domain/domain-index.ts";
import { parseAssignment, type Assignment as SourceAssignment } from "../../guard/assignment.ts";
import { formatGuard } from "../../guard/format-guard.ts";
import {
  type Formula,
  formatPath,
  type GuardValue,
  guardReads,
  joinLogic,
  type Reference,
  referTo,
} from "../../guard/formula.ts";
import { isOfType, isOrdered, type OrderedType, spellValue } from "../../guard/guard-type.ts";
import { lowerItems, lowerOrder } from "../../guard/lower-order.ts";
import { parseCompiledGuard, parseGuard } from "../../guard/parse-guard.ts";
import { conjunctsIn } from "../../guard/plan-guard.ts";
import { typeGuard } from "../../guard/type-guard.ts";
import { unrollGuard } from "../../guard/unroll-guard.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { assertNever } from "../../value/invariant.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { sortedUnique } from "../../value/sorted-unique.ts";
import { quote } from "../../value/text.ts";
import type { Assignment, ObjectRef } from "../plan.ts";
import { foldFormula } from "./fold-formula.ts";

/** What the names of a guard mean where it stands. */
export interface GroundPlace {
  readonly index: DomainIndex;
  /** The step's target: what `self` is. */
  readonly target: ObjectRef | null;
  /** Arguments known before the plan is approved, by name; `undefined` for one that comes from a step's output. */
  readonly args: ReadonlyMap<string, GuardValue | undefined>;
  /** For an argument that names an object: its type. */
  readonly objectArgs: ReadonlyMap<string, string>;
  /** The types of the arguments that guards compare by order; none where only facts have such a type. */
  readonly orderedArgs?: ReadonlyMap<string, OrderedType>;
  readonly inputs: ReadonlyMap<string, GuardValue>;
  readonly pointer: string;
  /** Whether the guard is ours, so that it may be as long as those of a plan. Absent where somebody wrote it. */
  readonly isOurs?: boolean;
}

/** A guard over facts alone, as it stands in a plan. */
export interface GroundGuard {
  /** Canonical; `""` is true. */
  readonly text: string;
  readonly formula: Formula | undefined;
  /** Objects whose facts it reads, sorted. */
  readonly reads: readonly ObjectRef[];
  readonly inputsUsed: readonly string[];
}

/** The guard that always holds. */
export const trueGuard: GroundGuard = { text: "", formula: undefined, reads: [], inputsUsed: [] };

/**
 * Makes a guard speak of facts alone: unrolls macros over the inventory, replaces `self`, `arg` and `input` by what
 * they are, then types the result. With the facts of the objects in `reads` it can be evaluated.
 */
export function groundGuard(text: string, place: GroundPlace): Result<GroundGuard, readonly Problem[]> {
  if (text.trim() === "") return ok(trueGuard);
  const parsed = (place.isOurs === true ? parseCompiledGuard : parseGuard)(text, place.pointer);
  if (!parsed.ok) return parsed;
  const unrolled = unrollGuard(parsed.value, place.index.inventory, place.pointer);
  if (!unrolled.ok) return unrolled;
  const work: Work = { place, problems: [], inputsUsed: new Set() };
  const formula = substitute(unrolled.value, work);
  if (work.problems.length > 0) return fail(work.problems);
  const typed = typeGuard(formula, place.index.factScope, place.pointer);
  if (!typed.ok) return typed;
  const folded = foldFormula(formula);
  const inputsUsed = [...work.inputsUsed].sort();
  if (folded.kind === "constant" && folded.value === true) return ok({ ...trueGuard, inputsUsed });
  return ok({ text: formatGuard(folded), formula: folded, reads: objectsOf(folded, place.index), inputsUsed });
}

/** Checks a guard that speaks of the domain's facts alone: it stands in no step, and nobody gives it arguments. */
export function groundCondition(
  text: string,
  index: DomainIndex,
  pointer: string,
): Result<GroundGuard, readonly Problem[]> {
  return groundGuard(text, { index, target: null, args: new Map(), objectArgs: new Map(), inputs: new Map(), pointer });
}

/** The guard that demands both. */
export function bothGuards(first: GroundGuard, second: GroundGuard): GroundGuard {
  const inputsUsed = sortedUnique([...first.inputsUsed, ...second.inputsUsed]);
  if (first.formula === undefined || first.text === second.text) return { ...second, inputsUsed };
  if (second.formula === undefined) return { ...first, inputsUsed };
  const formula = joinLogic<Formula>("&&", distinctConjuncts([first.formula, second.formula]), 0);
  return {
    text: formatGuard(formula),
    formula,
    reads: sortedUnique([...first.reads, ...second.reads]),
    inputsUsed,
  };
}

/** A demand that is made twice counts once. */
function distinctConjuncts(formulas: readonly Formula[]): readonly Formula[] {
  const byText = new Map<string, Formula>();
  for (const conjunct of formulas.flatMap(conjunctsIn)) {
    const text = formatGuard(conjunct);
    byText.set(text, byText.get(text) ?? conjunct);
  }
  return [...byText.values()];
}

/** An effect on facts alone: which fact gets which value. */
export function groundAssignment(text: string, place: GroundPlace): Result<Assignment, readonly Problem[]> {
  const parsed = parseAssignment(text, place.pointer);
  if (!parsed.ok) return parsed;
  const key = formatPath(absolutePath(parsed.value.target, place) ?? parsed.value.target);
  const fact = place.index.facts.get(key);
  if (fact === undefined) return fail([problem("E_GUARD_NAME", place.pointer, `${quote(key)} is not declared`)]);
  const value = valueOf(parsed.value.value, place);
  if (value === undefined)
    return fail([
      unknownArgument(place, formatPath(["arg", "name" in parsed.value.value ? parsed.value.value.name : ""])),
    ]);
  if (isOfType(value, fact.type)) return ok({ fact: key, value: spellValue(value, fact.type) });
  return fail([
    problem("E_GUARD_TYPE", place.pointer, `${quote(String(value))} is not a value of the fact ${quote(key)}`),
  ]);
}

/** The arguments of an action that guards compare by order, with their types. */
export function orderedArgsOf(input: readonly ArgumentDeclaration[]): ReadonlyMap<string, OrderedType> {
  return new Map(
    input.flatMap(({ name, type }) =>
      type.kind === "releases" || type.kind === "version" || type.kind === "decimal" || type.kind === "instant"
        ? [[name, type] as const]
        : [],
    ),
  );
}

/**
 * What an effect of a way back does: which fact it sets, and to what. `null`: that is not known in the plan, because it
 * comes from the argument `argument`.
 */
export interface GroundChange {
  readonly fact: string;
  readonly value: GuardValue | null;
  readonly argument: string | null;
}

/**
 * As `groundAssignment`, for an action whose arguments may become known only on the way back. `null`: even the object
 * of the fact is not known before.
 */
export function groundChange(text: string, place: GroundPlace): Result<GroundChange | null, readonly Problem[]> {
  const parsed = parseAssignment(text, place.pointer);
  if (!parsed.ok) return parsed;
  const { target, value } = parsed.value;
  const isKnownLater = (name: string): boolean => place.args.has(name) && place.args.get(name) === undefined;
  if (target[0] === "arg" && isKnownLater(target[1] ?? "")) return ok(null);
  if (value.kind === "argument" && isKnownLater(value.name)) {
    const fact = formatPath(absolutePath(target, place) ?? target);
    return ok({ fact, value: null, argument: value.name });
  }
  const known = groundAssignment(text, place);
  return known.ok ? ok({ ...known.value, argument: null }) : known;
}

/** A value that a guard can compare with, or `undefined`. */
export function toGuardValue(value: JsonValue): GuardValue | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined;
}

interface Work {
  readonly place: GroundPlace;
  readonly problems: Problem[];
  readonly inputsUsed: Set<string>;
}

function substitute(formula: Formula, work: Work): Formula {
  switch (formula.kind) {
    case "constant":
      return formula;
    case "reference":
      return substituteName(formula, work);
    case "not":
      return { ...formula, operand: substitute(formula.operand, work) };
    case "logic":
      return { ...formula, operands: formula.operands.map((operand) => substitute(operand, work)) };
    case "comparison": {
      const ground = { ...formula, left: substitute(formula.left, work), right: substitute(formula.right, work) };
      const order = orderOf(formula.left, work) ?? orderOf(formula.right, work);
      return order === undefined ? ground : lowerOrder(ground, order);
    }
    case "membership": {
      const order = orderOf(formula.element, work);
      const items = order === undefined ? formula.items : lowerItems(formula.items, order);
      return { ...formula, element: substitute(formula.element, work), items };
    }
    default:
      return assertNever(formula);
  }
}

/** The type whose order a side brings along: that of a fact, or of an argument. */
function orderOf(side: Formula, { place }: Work): OrderedType | undefined {
  if (side.kind !== "reference") return undefined;
  const [root, name = "", ...more] = side.path;
  if (root === "arg" && more.length === 0) return place.orderedArgs?.get(name);
  const type = place.index.facts.get(formatPath(absolutePath(side.path, place) ?? side.path))?.type;
  return type !== undefined && isOrdered(type) ? type : undefined;
}

function substituteName(reference: Reference, work: Work): Formula {
  const { place } = work;
  const [root, name = "", ...more] = reference.path;
  const constant = (value: GuardValue): Formula => ({ kind: "constant", value, column: reference.column });
  const absolute = absolutePath(reference.path, place);
  if (absolute !== undefined) return referTo(absolute, reference.column);
  if (root === "input" && more.length === 0 && place.inputs.has(name)) {
    work.inputsUsed.add(name);
    return constant(place.inputs.get(name) ?? false);
  }
  if (root !== "arg" || !place.args.has(name)) return reference;
  const value = place.args.get(name);
  if (value !== undefined && more.length === 0) return constant(value);
  work.problems.push(unknownArgument(place, reference.key));
  return reference;
}

/** `self.fact` and `arg.name.fact` as facts of the objects they mean; `undefined` for every other path. */
function absolutePath(path: readonly string[], place: GroundPlace): readonly string[] | undefined {
  const [root, name = "", ...rest] = path;
  if (root === "self" && place.target !== null && rest.length === 0) return [...splitObject(place.target), name];
  const type = root === "arg" && rest.length === 1 ? place.objectArgs.get(name) : undefined;
  const id = place.args.get(name);
  return type === undefined || id === undefined ? undefined : [type, String(id), ...rest];
}

/** The type and the id of an object's reference; a type holds no slash. */
export function splitObject(object: ObjectRef): readonly [string, string] {
  const slash = object.indexOf("/");
  return [object.slice(0, slash), object.slice(slash + 1)];
}

function valueOf(value: SourceAssignment["value"], place: GroundPlace): GuardValue | undefined {
  switch (value.kind) {
    case "constant":
      return value.value;
    case "argument":
      return place.args.get(value.name);
    case "input":
      return place.inputs.get(value.name);
    default:
      return assertNever(value);
  }
}

function unknownArgument(place: GroundPlace, key: string): Problem {
  return problem(
    "E_PLAN_GUARD_ARGUMENT",
    place.pointer,
    `${quote(key)} is read by a guard or an effect and would be known only while running`,
  );
}

function objectsOf(formula: Formula, index: DomainIndex): readonly ObjectRef[] {
  const objects = guardReads(formula)
    .map((key) => index.facts.get(key)?.object)
    .filter((object) => object !== undefined);
  return sortedUnique(objects);
}
