import { assertNever } from "../value/invariant.ts";
import { sortedUnique } from "../value/sorted-unique.ts";

/** A value that a guard compares: a boolean, a whole number or a named value. */
export type GuardValue = boolean | number | string;

/** How texts are ordered that have an order. Whole numbers have their own. */
export type TextOrder = (typeof textOrders)[number];

/** Each is also how a guard writes a text of that order: `semver('1.2.4')`. */
export const textOrders = ["semver", "instant"] as const;

/** The comparison operators of CEL. */
export type ComparisonOperator = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** A constant. `column` counts from 1 in the text it came from; 0 means that the compiler made it. */
export interface Constant {
  readonly kind: "constant";
  readonly value: GuardValue;
  readonly column: number;
  /** What `<` and `>` go by, for a text that is compared by order. A guard writes it as `semver('1.2.4')`. */
  readonly order?: TextOrder;
}

/** A declared name: `path` is `["controller", "a", "state"]` for `controller.a.state`. Only `referTo` makes one. */
export interface Reference {
  readonly kind: "reference";
  readonly path: readonly string[];
  /** `formatPath(path)`, kept because every evaluation looks it up. */
  readonly key: string;
  readonly column: number;
}

/** `!operand`. */
export interface Not<G> {
  readonly kind: "not";
  readonly operand: G;
  readonly column: number;
}

/** A chain of one logical operator with at least two operands. No operand is a chain of the same operator. */
export interface Logic<G> {
  readonly kind: "logic";
  readonly operator: "&&" | "||";
  readonly operands: readonly G[];
  readonly column: number;
}

/** `left operator right`. Chains group to the left, as in CEL: `a == b == c` is `(a == b) == c`. */
export interface Comparison<G> {
  readonly kind: "comparison";
  readonly operator: ComparisonOperator;
  readonly left: G;
  readonly right: G;
  readonly column: number;
}

/** `element in [item, …]`. The items are constants, and there is at least one. */
export interface Membership<G> {
  readonly kind: "membership";
  readonly element: G;
  readonly items: readonly Constant[];
  readonly column: number;
}

/** `inventory.T.all(x, body)` or `.exists(x, body)`, before it is unrolled over the inventory. */
export interface Quantifier {
  readonly kind: "quantifier";
  readonly quantifier: "all" | "exists";
  readonly objectType: string;
  readonly variable: string;
  readonly body: Guard;
  readonly column: number;
}

/** A guard without macros. Formulas are what is typed and evaluated. */
export type Formula = Constant | Reference | Not<Formula> | Logic<Formula> | Comparison<Formula> | Membership<Formula>;

/** A guard as it is written, which may hold macros. */
export type Guard =
  | Constant
  | Reference
  | Not<Guard>
  | Logic<Guard>
  | Comparison<Guard>
  | Membership<Guard>
  | Quantifier;

/**
 * Joins operands by one operator. Nested chains of the same operator are spliced in, because grouping does not change
 * their meaning. One operand stands for itself. No operand gives the neutral constant: `true` for `&&` and `false` for
 * `||`.
 */
export function joinLogic<G extends Guard>(
  operator: "&&" | "||",
  operands: readonly G[],
  column: number,
): G | Logic<G> | Constant {
  const spliced: G[] = [];
  for (const operand of operands) {
    // The operands of a chain are of the same kind as the chain itself.
    if (operand.kind === "logic" && operand.operator === operator) spliced.push(...(operand.operands as readonly G[]));
    else spliced.push(operand);
  }
  const [only] = spliced;
  if (only === undefined) return { kind: "constant", value: operator === "&&", column };
  return spliced.length === 1 ? only : { kind: "logic", operator, operands: spliced, column };
}

/** A reference to a path. */
export function referTo(path: readonly string[], column: number): Reference {
  return { kind: "reference", path, key: formatPath(path), column };
}

/**
 * The one spelling of a path, which is also the key of a fact: `controller.a.state`, `array['c-1'].state`. Segments
 * that are no identifiers are in brackets and single quotes.
 */
export function formatPath(path: readonly string[]): string {
  return path
    .map((segment, index) => {
      if (!isIdentifier(segment)) return `[${formatText(segment)}]`;
      return index === 0 ? segment : `.${segment}`;
    })
    .join("");
}

/** Whether a text is a CEL identifier and no keyword. Only such a name can be written without brackets. */
export function isIdentifier(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) && !keywords.has(text);
}

/**
 * Whether a path may begin with this name: an identifier that neither CEL nor this fragment of it reserves (`for`,
 * `now`, `inventory`). Types, steps and variables have such names.
 */
export function isRootName(text: string): boolean {
  return isIdentifier(text) && !reservedRoots.has(text) && !nondeterministicNames.has(text) && text !== "inventory";
}

/**
 * Names whose value differs between two evaluations of the same plan. They are refused as a call and as the root of a
 * path.
 */
export const nondeterministicNames: ReadonlySet<string> = new Set([
  "now",
  "today",
  "timestamp",
  "duration",
  "rand",
  "random",
  "uuid",
  "env",
  "getenv",
  "environ",
]);

// Reserved by CEL's language definition ("Syntax") where a path begins, and ordinary names after a point.
const reservedRoots: ReadonlySet<string> = new Set([
  "as",
  "break",
  "const",
  "continue",
  "else",
  "for",
  "function",
  "if",
  "import",
  "let",
  "loop",
  "package",
  "namespace",
  "return",
  "var",
  "void",
  "while",
]);

// The keywords of CEL, which are never names.
const keywords: ReadonlySet<string> = new Set(["true", "false", "null", "in"]);

/** A text constant in single quotes, as CEL reads it. */
export function formatText(text: string): string {
  const escaped = text.replace(/[\\'\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    if (character === "\\" || character === "'") return `\\${character}`;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `'${escaped}'`;
}

/** The keys that a formula reads, each once, sorted. */
export function guardReads(formula: Formula): readonly string[] {
  return sortedUnique(listReferences(formula).map((reference) => reference.key));
}

/** Every reference of a formula, in the order of its text. */
export function listReferences(formula: Formula): readonly Reference[] {
  switch (formula.kind) {
    case "constant":
      return [];
    case "reference":
      return [formula];
    case "not":
      return listReferences(formula.operand);
    case "logic":
      return formula.operands.flatMap(listReferences);
    case "comparison":
      return [...listReferences(formula.left), ...listReferences(formula.right)];
    case "membership":
      return listReferences(formula.element);
    default:
      return assertNever(formula);
  }
}
