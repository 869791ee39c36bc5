import { type Problem, problem } from "../value/codes.ts";
import { assertNever } from "../value/invariant.ts";
import { fail, ok, type Result } from "../value/result.ts";
import { quote, suggestName } from "../value/text.ts";
import { findFactTextFlaw } from "../value/text-type.ts";
import { formatGuard } from "./format-guard.ts";
import {
  type Comparison,
  type ComparisonOperator,
  type Constant,
  type Formula,
  type GuardValue,
  type Logic,
  listReferences,
  type Membership,
  type Not,
  type Reference,
} from "./formula.ts";
import {
  describeType,
  type GuardType,
  isOfType,
  isOrdered,
  isOverlapping,
  isSubtype,
  isUnbounded,
  type OrderedType,
  type Scope,
  spellValue,
} from "./guard-type.ts";
import { isOrderOperator } from "./lower-order.ts";

/** A name that a guard reads: its key, its path and its domain. */
export interface GuardRead {
  readonly key: string;
  readonly path: readonly string[];
  readonly type: GuardType;
}

/** A formula that is boolean and whose names are all declared. Only `typeGuard` makes one. */
export interface TypedGuard {
  readonly formula: Formula;
  /** The read set: each name once, sorted by key. */
  readonly reads: readonly GuardRead[];
}

/**
 * Gives every name its type and refuses a comparison of unlike things. An undeclared name is `E_GUARD_NAME`. Two facts
 * of which one is unbounded are `E_GUARD_UNBOUNDED`: guards tell only finitely many of its values apart, those that are
 * constants or given. Everything else is `E_GUARD_TYPE`. All problems are reported, once for each column.
 *
 * `== != in` compare values of one kind. A constant must lie in the domain of what it is compared with; otherwise the
 * comparison could never be true, and a typing error would pass for a condition. `< <= > >=` compare whole numbers
 * and versions, and a number or an instant with a threshold of its fact. `! && ||` join booleans.
 */
export function typeGuard(formula: Formula, scope: Scope, pointer = ""): Result<TypedGuard, readonly Problem[]> {
  const work: Work = { scope, pointer, problems: [] };
  const found = infer(formula, work);
  if (found !== undefined && !isBoolean(found))
    refuse(work, formula.column, `a guard is true or false, this is ${describeOperand(found)}`);
  if (work.problems.length > 0) return fail(dropRepeats(work.problems));
  return ok({ formula, reads: listReads(formula, scope) });
}

// A constant has no declared domain. It takes the domain of the other side.
type Operand =
  | { readonly kind: "declared"; readonly type: GuardType; readonly column: number; readonly isFact: boolean }
  | { readonly kind: "constant"; readonly constant: Constant; readonly column: number };

interface Work {
  readonly scope: Scope;
  readonly pointer: string;
  readonly problems: Problem[];
}

// `undefined` means already refused. Nothing more is then reported about the expressions around it.
function infer(formula: Formula, work: Work): Operand | undefined {
  switch (formula.kind) {
    case "constant":
      return { kind: "constant", constant: formula, column: formula.column };
    case "reference":
      return inferReference(formula, work);
    case "not":
    case "logic":
      return inferLogic(formula, work);
    case "comparison":
      return inferComparison(formula, work);
    case "membership":
      return inferMembership(formula, work);
    default:
      return assertNever(formula);
  }
}

function inferReference(reference: Reference, work: Work): Operand | undefined {
  const type = work.scope.resolve(reference.path);
  if (type !== undefined) return { kind: "declared", type, column: reference.column, isFact: !isGiven(reference.path) };
  const hint = suggestName(reference.key, work.scope.names());
  work.problems.push(
    problem("E_GUARD_NAME", work.pointer, `column ${reference.column}: ${quote(reference.key)} is not declared`, hint),
  );
  return undefined;
}

function inferLogic(formula: Not<Formula> | Logic<Formula>, work: Work): Operand {
  const operator = formula.kind === "not" ? "!" : formula.operator;
  for (const operand of formula.kind === "not" ? [formula.operand] : formula.operands) {
    const found = infer(operand, work);
    if (found === undefined || isBoolean(found)) continue;
    refuse(work, found.column, `${quote(operator)} joins what is true or false, this is ${describeOperand(found)}`);
  }
  return booleanAt(formula.column);
}

function inferComparison(formula: Comparison<Formula>, work: Work): Operand {
  const left = infer(formula.left, work);
  const right = infer(formula.right, work);
  if (left === undefined || right === undefined) return booleanAt(formula.column);
  if (isOrderOperator(formula.operator)) checkOrder(left, right, formula.operator, work);
  else checkComparable(left, right, work);
  return booleanAt(formula.column);
}

function inferMembership(formula: Membership<Formula>, work: Work): Operand {
  const element = infer(formula.element, work);
  for (const item of element === undefined ? [] : formula.items) {
    // The element is defined, or the list would be empty.
    checkComparable(element as Operand, { kind: "constant", constant: item, column: item.column }, work);
  }
  return booleanAt(formula.column);
}

function checkOrder(left: Operand, right: Operand, operator: ComparisonOperator, work: Work): void {
  const ordered = declaredOrder(left) ?? declaredOrder(right) ?? taggedOrder(left) ?? taggedOrder(right);
  if (ordered === undefined) {
    for (const side of [left, right])
      if (!isInteger(side))
        refuse(work, side.column, `${quote(operator)} compares whole numbers, this is ${describeOperand(side)}`);
    return;
  }
  for (const side of [left, right]) {
    if (side.kind === "constant") checkConstant(side.constant, declaredAs(ordered, side.column), work);
    else if (!isSubtype(side.type, ordered))
      refuse(work, side.column, `${describeType(side.type)} has no place in the order of ${describeType(ordered)}`);
  }
  if (ordered.kind === "decimal" || ordered.kind === "instant")
    checkThresholds(left, right, { operator, ordered, work });
  if (!isFactOperand(left) || !isFactOperand(right)) return;
  const claim = `column ${right.column}: ${quote(operator)} compares ${describeType(ordered)} with another fact`;
  work.problems.push(problem("E_GUARD_UNBOUNDED", work.pointer, claim));
}

interface Ordering {
  readonly operator: ComparisonOperator;
  readonly ordered: Extract<OrderedType, { kind: "decimal" | "instant" }>;
  readonly work: Work;
}

/** A number or an instant is compared by order with a threshold that its fact declares, and with nothing else. */
function checkThresholds(left: Operand, right: Operand, from: Ordering): void {
  const { operator, work } = from;
  const given = [left, right].filter((side) => side.kind === "declared").find(({ isFact }) => !isFact);
  if (given === undefined) {
    for (const side of [left, right]) checkThreshold(side, from);
    return;
  }
  // An argument declares no thresholds, so to name them here would lead nowhere.
  const found = `an argument or an input (${describeType(given.type)})`;
  const claim = `${quote(operator)} compares a fact with its own thresholds: found ${found}`;
  work.problems.push(
    problem(
      "E_GUARD_UNBOUNDED",
      work.pointer,
      `column ${given.column}: ${claim}`,
      "compare a fact with a threshold that it declares, such as the fact that the effect sets, in `post`",
    ),
  );
}

function checkThreshold(side: Operand, { operator, ordered, work }: Ordering): void {
  if (side.kind === "declared") return;
  const thresholds: readonly GuardValue[] = ordered.thresholds;
  const value = spellValue(side.constant.value, ordered);
  if (value !== undefined && thresholds.includes(value)) return;
  const known =
    thresholds.length === 0
      ? "the fact declares none"
      : `the fact declares ${thresholds.map((each) => quote(String(each))).join(", ")}`;
  const claim = `${quote(operator)} compares a fact with its own thresholds: found ${describeOperand(side)}, ${known}`;
  work.problems.push(
    problem(
      "E_GUARD_UNBOUNDED",
      work.pointer,
      `column ${side.column}: ${claim}`,
      "declare the value under `thresholds` of the fact",
    ),
  );
}

/** The order of a declared type; `undefined` for whole numbers, and for what has none. */
function declaredOrder(side: Operand): OrderedType | undefined {
  return side.kind === "declared" && isOrdered(side.type) ? side.type : undefined;
}

/** The order that a constant names. */
function taggedOrder(side: Operand): OrderedType | undefined {
  if (side.kind === "declared" || side.constant.order === undefined) return undefined;
  return side.constant.order === "semver" ? { kind: "version", scheme: "semver" } : undefined;
}

function isFactOperand(side: Operand): boolean {
  return side.kind === "declared" && side.isFact;
}

function declaredAs(type: GuardType, column: number): Operand {
  return { kind: "declared", type, column, isFact: false };
}

function checkComparable(left: Operand, right: Operand, work: Work): void {
  if (left.kind === "constant" && right.kind === "constant") {
    const isAlike = typeof left.constant.value === typeof right.constant.value;
    if (!isAlike) refuse(work, right.column, `${describeOperand(left)} is never equal to ${describeOperand(right)}`);
  } else if (left.kind === "constant") checkConstant(left.constant, right, work);
  else if (right.kind === "constant") checkConstant(right.constant, left, work);
  else if (!isOverlapping(left.type, right.type)) {
    refuse(work, right.column, `${describeType(left.type)} is never equal to ${describeType(right.type)}`);
  } else if (isFactOperand(left) && isFactOperand(right) && (isUnbounded(left.type) || isUnbounded(right.type))) {
    const type = isUnbounded(left.type) ? left.type : right.type;
    const claim = `column ${right.column}: ${describeType(type)} is compared with another fact`;
    work.problems.push(problem("E_GUARD_UNBOUNDED", work.pointer, claim));
  }
}

function checkConstant(constant: Constant, declared: Operand, work: Work): void {
  if (declared.kind === "constant") return;
  const { type } = declared;
  const order = type.kind === "version" ? type.scheme : type.kind === "instant" ? type.kind : undefined;
  const isOtherOrder = constant.order !== undefined && constant.order !== order;
  if (!isOtherOrder && isOfType(constant.value, type)) return;
  const hint = hintFor(constant.value, type);
  const written = typeof constant.value === "string" ? constant.value : String(constant.value);
  const shown = typeof constant.value === "string" ? quote(isOtherOrder ? formatGuard(constant) : written) : written;
  refuse(work, constant.column, `${shown} is not in the domain, which is ${describeType(type)}`, hint);
}

function hintFor(value: GuardValue, type: GuardType): string | undefined {
  if (typeof value !== "string") return `use ${describeType(type)}`;
  if (type.kind === "values" || type.kind === "releases") return suggestName(value, type.values);
  const flaw = type.kind === "string" ? findFactTextFlaw(type, value) : null;
  return flaw === null ? `use ${describeType(type)}` : `it ${flaw}`;
}

/** Whether a name stands for one value that somebody gives: an argument or an input, and no fact. */
function isGiven([root, , ...more]: readonly string[]): boolean {
  return (root === "arg" || root === "input") && more.length === 0;
}

function isBoolean(operand: Operand): boolean {
  return operand.kind === "declared" ? operand.type.kind === "boolean" : typeof operand.constant.value === "boolean";
}

function isInteger(operand: Operand): boolean {
  return operand.kind === "declared" ? operand.type.kind === "integer" : Number.isInteger(operand.constant.value);
}

function booleanAt(column: number): Operand {
  return declaredAs({ kind: "boolean" }, column);
}

function describeOperand(operand: Operand): string {
  if (operand.kind === "declared") return describeType(operand.type);
  return typeof operand.constant.value === "string"
    ? `the text ${quote(operand.constant.value)}`
    : quote(String(operand.constant.value));
}

function refuse(work: Work, column: number, claim: string, hint?: string): void {
  work.problems.push(problem("E_GUARD_TYPE", work.pointer, `column ${column}: ${claim}`, hint));
}

function listReads(formula: Formula, scope: Scope): readonly GuardRead[] {
  const byKey = new Map<string, GuardRead>();
  for (const { path, key } of listReferences(formula)) {
    const type = scope.resolve(path);
    if (type !== undefined) byKey.set(key, { key, path, type });
  }
  return [...byKey.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
}

// A mistake in the body of a macro is found once for every object. The first report is enough.
function dropRepeats(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ code, message }) => {
    const place = `${code} ${/^column \d+/.exec(message)?.[0] ?? message}`;
    const isNew = !seen.has(place);
    seen.add(place);
    return isNew;
  });
}
