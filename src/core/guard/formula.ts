import { assertNever } from "../value/invariant.ts";
import { sortedUnique } from "../value/sorted-unique.ts";

/** A value a guard compares: of a boolean, a whole-number or a named-values fact. */
export type GuardValue = boolean | number | string;

/** CEL's comparison operators; ordering is for whole numbers alone. */
export type ComparisonOperator = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** A constant as written. `column` counts from 1 in the text it came from; 0 means it was made, not written. */
export interface Constant {
  readonly kind: "constant";
  readonly value: GuardValue;
  readonly column: number;
}

/** A declared name: `path` is `["controller", "a", "state"]` for `controller.a.state`. Made by `referTo` alone. */
export interface Reference {
  readonly kind: "reference";
  readonly path: readonly string[];
  /** `formatPath(path)`, kept because evaluating looks it up again and again. */
  readonly key: string;
  readonly column: number;
}

/** `!operand`. */
export interface Not<G> {
  readonly kind: "not";
  readonly operand: G;
  readonly column: number;
}

/** A chain of one logical operator, at least two operands, none of them a chain of the same operator. */
export interface Logic<G> {
  readonly kind: "logic";
  readonly operator: "&&" | "||";
  readonly operands: readonly G[];
  readonly column: number;
}

/** `left operator right`; chains group to the left as in CEL: `a == b == c` is `(a == b) == c`. */
export interface Comparison<G> {
  readonly kind: "comparison";
  readonly operator: ComparisonOperator;
  readonly left: G;
  readonly right: G;
  readonly column: number;
}

/** `element in [item, …]`, the items constants, at least one. */
export interface Membership<G> {
  readonly kind: "membership";
  readonly element: G;
  readonly items: readonly Constant[];
  readonly column: number;
}

/** `inventory.T.all(x, body)` or `.exists`, until it is unrolled over the inventory. */
export interface Quantifier {
  readonly kind: "quantifier";
  readonly quantifier: "all" | "exists";
  readonly objectType: string;
  readonly variable: string;
  readonly body: Guard;
  readonly column: number;
}

/** A guard without macros: what is typed and evaluated. */
export type Formula = Constant | Reference | Not<Formula> | Logic<Formula> | Comparison<Formula> | Membership<Formula>;

/** A guard as written, macros included. */
export type Guard =
  | Constant
  | Reference
  | Not<Guard>
  | Logic<Guard>
  | Comparison<Guard>
  | Membership<Guard>
  | Quantifier;

/**
 * Joins operands by one operator: nested chains of the same operator are spliced in (grouping does not change what they
 * mean), one operand stands for itself, and none is the operator's neutral constant: `true` for `&&`, `false` for `||`.
 */
export function joinLogic<G extends Guard>(
  operator: "&&" | "||",
  operands: readonly G[],
  column: number,
): G | Logic<G> | Constant {
  const spliced: G[] = [];
  for (const operand of operands) {
    // A chain's operands are of the kind the chain itself is of.
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
 * The one spelling of a path, which is also the key a fact is looked up by: `controller.a.state`, `array['c-1'].state`.
 * Segments that are no identifiers stand in brackets, in single quotes.
 */
export function formatPath(path: readonly string[]): string {
  return path
    .map((segment, index) => {
      if (!isIdentifier(segment)) return `[${formatText(segment)}]`;
      return index === 0 ? segment : `.${segment}`;
    })
    .join("");
}

/** Whether a text is a CEL identifier that is no keyword: only such a name can be written without brackets. */
export function isIdentifier(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) && !keywords.has(text);
}

/**
 * Whether a path may begin with this name: an identifier that neither CEL nor the fragment reserves (`for`, `now`,
 * `inventory`). Types, steps and variables are such names.
 */
export function isRootName(text: string): boolean {
  return isIdentifier(text) && !reservedRoots.has(text) && !nondeterministicNames.has(text) && text !== "inventory";
}

/** Names whose value differs between two evaluations of the same plan: refused as a call and as the root of a path. */
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

// CEL's language definition, "Syntax": reserved where a path begins, ordinary behind a point.
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

// CEL's keywords: never a name, nowhere.
const keywords: ReadonlySet<string> = new Set(["true", "false", "null", "in"]);

/** A text constant in single quotes, as CEL reads it. */
export function formatText(text: string): string {
  const escaped = text.replace(/[\\'\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    if (character === "\\" || character === "'") return `\\${character}`;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `'${escaped}'`;
}

/** The keys a formula reads, each once, sorted. */
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
