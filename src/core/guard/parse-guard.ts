import type { Problem } from "../value/codes.ts";
import { limits } from "../value/limits.ts";
import type { Result } from "../value/result.ts";
import { quote } from "../value/text.ts";
import {
  type ComparisonOperator,
  type Constant,
  type Guard,
  isIdentifier,
  isRootName,
  joinLogic,
  type Quantifier,
  type Reference,
  referTo,
  textOrders,
} from "./formula.ts";
import { RecentTexts } from "./recent-texts.ts";
import { parseText, type TokenReader } from "./token-reader.ts";
import type { Token } from "./tokens.ts";

/**
 * Reads a guard: the subset of CEL whose expressions are formulas over finite domains.
 *
 * ```
 * guard      = and { "||" and }
 * and        = relation { "&&" relation }
 * relation   = unary { ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) unary | "in" list }      groups to the left
 * unary      = { "!" } primary
 * primary    = "(" guard ")" | [ "-" ] NUMBER | TEXT | "true" | "false" | path | macro | order "(" TEXT ")"
 * path       = NAME { "." NAME | "[" TEXT "]" }
 * macro      = "inventory" "." NAME "." ( "all" | "exists" ) "(" NAME "," guard ")"
 * list       = "[" constant { "," constant } "]"
 * order      = "semver" | "instant"
 * ```
 *
 * Precedence and meaning are those of CEL. Everything else of CEL is refused. Codes: `E_GUARD_REGEX` and
 * `E_GUARD_NONDETERMINISTIC`, which win over the others; `E_GUARD_SIZE` (length, nodes, depth); `E_GUARD_NAME` (the
 * variable of a macro); `E_GUARD_PARSE`. Each message names the column.
 *
 * @param pointer - the place of the text in its document
 */
export function parseGuard(text: string, pointer = ""): Result<Guard, readonly Problem[]> {
  return parseText(text, pointer, (reader) => readGuard(reader, 0));
}

/**
 * Reads a guard that the compiler printed into a plan. Its macros are unrolled over the inventory and several guards
 * may be joined by `&&`, so it may be larger than a guard that a person writes.
 */
export function parseCompiledGuard(text: string, pointer = ""): Result<Guard, readonly Problem[]> {
  const known = knownGuards.get(text);
  if (known !== undefined) return known;
  const parsed = parseLarge(text, pointer);
  if (parsed.ok) knownGuards.set(text, parsed);
  return parsed;
}

/**
 * Guards that were read last. Those of a plan are read again for each way of looking at it, and what a guard means is a
 * function of its text alone. The guards of a step over 5,000 objects have room.
 */
const knownGuards = new RecentTexts<Result<Guard, readonly Problem[]>>({ countMax: 20_000, charsMax: 1_000_000 });

function parseLarge(text: string, pointer: string): Result<Guard, readonly Problem[]> {
  const within = {
    charsMax: limits.planBytesMax,
    nodesMax: 2 * limits.guardConjunctsNodesMax,
    depthLevelsMax: 2 * limits.guardDepthLevelsMax,
  };
  return parseText(text, pointer, (reader) => readGuard(reader, 0), within);
}

/** Reads a name with its parts: `controller.a.state`, `array['c-1'].state`. */
export function readPath(reader: TokenReader): Reference {
  const { column } = reader.peek();
  const path = [readRootName(reader, "a name")];
  for (;;) {
    if (reader.takeIf(".")) path.push(readName(reader, "a name"));
    else if (reader.takeIf("[")) path.push(readBracket(reader));
    else return referTo(path, column);
  }
}

/** Reads a constant: a text, a number, `true` or `false`. */
export function readConstant(reader: TokenReader): Constant {
  const token = reader.peek();
  const isNegative = reader.takeIf("-");
  const next = reader.peek();
  reader.countNode(token.column);
  if (next.kind === "number") {
    reader.take();
    // `-0` is 0, so that zero is written in one way.
    const value = Number(next.text);
    return { kind: "constant", value: isNegative && value !== 0 ? -value : value, column: token.column };
  }
  if (isNegative) reader.refuseToken("a number");
  if (next.kind !== "text" && !isBooleanWord(next)) reader.refuseToken("a constant");
  reader.take();
  return { kind: "constant", value: next.kind === "text" ? next.value : next.text === "true", column: next.column };
}

function readGuard(reader: TokenReader, depth: number): Guard {
  return readChain(reader, "||", () => readChain(reader, "&&", () => readRelation(reader, depth)));
}

function readChain(reader: TokenReader, operator: "&&" | "||", readOperand: () => Guard): Guard {
  const { column } = reader.peek();
  const operands = [readOperand()];
  while (reader.takeIf(operator)) operands.push(readOperand());
  if (operands.length > 1) reader.countNode(column);
  return joinLogic(operator, operands, column);
}

function readRelation(reader: TokenReader, depth: number): Guard {
  const { column } = reader.peek();
  let left = readUnary(reader, depth);
  for (let chained = depth + 1; ; chained += 1) {
    const token = reader.peek();
    const isIn = token.kind === "identifier" && token.text === "in";
    if (!isIn && !isComparison(token)) return left;
    checkDepth(reader, chained);
    reader.take();
    reader.countNode(token.column);
    left = isIn
      ? { kind: "membership", element: left, items: readList(reader), column }
      : {
          kind: "comparison",
          operator: token.text as ComparisonOperator,
          left,
          right: readUnary(reader, depth),
          column,
        };
  }
}

function readUnary(reader: TokenReader, depth: number): Guard {
  checkDepth(reader, depth);
  const { column } = reader.peek();
  if (!reader.takeIf("!")) return readPrimary(reader, depth);
  reader.countNode(column);
  return { kind: "not", operand: readUnary(reader, depth + 1), column };
}

function readPrimary(reader: TokenReader, depth: number): Guard {
  if (reader.takeIf("(")) {
    const inner = readGuard(reader, depth + 1);
    reader.expect(")");
    return refuseCall(reader, inner);
  }
  const token = reader.peek();
  if (token.kind === "identifier" && token.text === "inventory") return refuseCall(reader, readMacro(reader, depth));
  if (token.kind === "identifier" && isIdentifier(token.text)) {
    reader.countNode(token.column);
    const path = readPath(reader);
    return refuseCall(reader, readOrdered(reader, path) ?? path);
  }
  const isConstant = token.kind === "number" || token.kind === "text" || isBooleanWord(token) || reader.isAt("-");
  if (isConstant) return refuseCall(reader, readConstant(reader));
  if (reader.isAt("[")) return reader.refuseToken("a value", "a list stands only behind `in`");
  return reader.refuseToken("a value");
}

/** Reads the rest of `semver('1.2.4')`: a text that is compared by order. */
function readOrdered(reader: TokenReader, { key, column }: Reference): Constant | undefined {
  const order = textOrders.find((known) => known === key);
  if (order === undefined || !reader.takeIf("(")) return undefined;
  const token = reader.peek();
  if (token.kind !== "text") return reader.refuseToken("a text in quotes", `write \`${order}('…')\``);
  reader.take();
  reader.expect(")");
  return { kind: "constant", value: token.value, column, order };
}

// In CEL a value may be followed by `.`, `[`, `(` or `? :`. A message about these helps more than "expected the end".
function refuseCall(reader: TokenReader, value: Guard): Guard {
  if (reader.isAt("("))
    reader.refuseToken("an operator", "guards call nothing but `inventory.T.all(x, …)` and `inventory.T.exists(x, …)`");
  if (reader.isAt(".") || reader.isAt("[")) reader.refuseToken("an operator", "only names have parts");
  if (reader.isAt("=")) reader.refuseToken("an operator", "write `==` to compare");
  return value;
}

function readMacro(reader: TokenReader, depth: number): Quantifier {
  const { column } = reader.take();
  const form = "`inventory.T.all(x, …)` or `inventory.T.exists(x, …)`";
  if (!reader.takeIf(".")) reader.refuseToken(form);
  const objectType = readName(reader, form);
  if (!reader.takeIf(".")) reader.refuseToken(form);
  const word = readName(reader, form);
  if (word !== "all" && word !== "exists")
    reader.refuse("E_GUARD_PARSE", column, `expected ${form}, found ${quote(word)}`);
  reader.expect("(");
  const variable = readVariable(reader);
  reader.expect(",");
  reader.countNode(column);
  reader.variables.push(variable);
  const body = readGuard(reader, depth + 1);
  reader.variables.pop();
  reader.expect(")");
  return { kind: "quantifier", quantifier: word, objectType, variable, body, column };
}

function readVariable(reader: TokenReader): string {
  const { column } = reader.peek();
  const variable = readRootName(reader, "the name of a variable");
  if (reader.variables.includes(variable))
    reader.refuse(
      "E_GUARD_NAME",
      column,
      `the variable ${quote(variable)} is already taken`,
      "give each macro its own variable",
    );
  return variable;
}

function readList(reader: TokenReader): readonly Constant[] {
  if (!reader.takeIf("[")) reader.refuseToken("a list of constants", "write `name in ['a', 'b']`");
  const items = [readConstant(reader)];
  while (reader.takeIf(",")) {
    items.push(readConstant(reader));
    if (items.length > limits.guardListItemsMax) {
      reader.refuse("E_GUARD_SIZE", reader.peek().column, `a list has more than ${limits.guardListItemsMax} items`);
    }
  }
  reader.expect("]");
  return items;
}

function readName(reader: TokenReader, expected: string): string {
  const token = reader.peek();
  if (token.kind !== "identifier" || !isIdentifier(token.text)) return reader.refuseToken(expected);
  if (token.text.length > limits.nameCharsMax)
    reader.refuse("E_GUARD_SIZE", token.column, `a name is longer than ${limits.nameCharsMax} characters`);
  return reader.take().text;
}

function readRootName(reader: TokenReader, expected: string): string {
  const token = reader.peek();
  if (token.kind === "identifier" && !isRootName(token.text)) reader.refuseToken(`${expected} that is not reserved`);
  return readName(reader, expected);
}

function readBracket(reader: TokenReader): string {
  const token = reader.peek();
  if (token.kind !== "text") return reader.refuseToken("a name in quotes", "write `array['c-1']`");
  reader.take();
  reader.expect("]");
  return token.value;
}

function checkDepth(reader: TokenReader, depth: number): void {
  const { depthLevelsMax } = reader.within;
  if (depth <= depthLevelsMax) return;
  reader.refuse("E_GUARD_SIZE", reader.peek().column, `the guard is nested deeper than ${depthLevelsMax} levels`);
}

function isComparison(token: Token): boolean {
  return token.kind === "symbol" && ["==", "!=", "<", "<=", ">", ">="].includes(token.text);
}

function isBooleanWord(token: Token): boolean {
  return token.kind === "identifier" && (token.text === "true" || token.text === "false");
}
