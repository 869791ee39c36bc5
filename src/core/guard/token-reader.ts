import { type Code, codes, type Problem, problem } from "../value/codes.ts";
import { limits } from "../value/limits.ts";
import { fail, ok, type Result } from "../value/result.ts";
import { quote } from "../value/text.ts";
import { findNamedRefusals } from "./named-refusals.ts";
import { readTokens, type Token } from "./tokens.ts";

/** How large a guard may be. */
export interface GuardLimits {
  readonly charsMax: number;
  readonly nodesMax: number;
  readonly depthLevelsMax: number;
}

/** Guards tell finitely many cases apart, so a sum is written as the cases in which it is right. */
const arithmeticHint =
  "guards do not calculate: list the cases that are allowed, such as `(a == 90 && b == 10) || (a == 100 && b == 0)`";

/** The limits of a guard that a person or a proposer writes. */
const writtenGuardLimits: GuardLimits = {
  charsMax: limits.guardCharsMax,
  nodesMax: limits.guardNodesMax,
  depthLevelsMax: limits.guardDepthLevelsMax,
};

/** Applies a reading rule to a whole text: first the named refusals, then the rule, then the end of the text. */
export function parseText<T>(
  text: string,
  pointer: string,
  rule: (reader: TokenReader) => T,
  within: GuardLimits = writtenGuardLimits,
): Result<T, readonly Problem[]> {
  if (text.length > within.charsMax) {
    return fail([problem("E_GUARD_SIZE", pointer, `the guard is longer than ${within.charsMax} characters`)]);
  }
  const tokens = readTokens(text);
  const refusals = findNamedRefusals(tokens, pointer);
  if (refusals.length > 0) return fail(refusals);
  const reader = new TokenReader(tokens, within);
  try {
    const value = rule(reader);
    if (reader.peek().kind !== "end") reader.refuseToken("the end of the guard");
    return ok(value);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return fail([problem(error.code, pointer, error.message, error.hint)]);
  }
}

/** Ends the reading at the first violation of the grammar. `parseText` catches it. */
class Refusal extends Error {
  readonly code: Code;
  readonly hint: string;

  constructor(code: Code, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** Walks the tokens of one text. It lives for one reading. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  /** The variables of the macros around the current token. */
  readonly variables: string[] = [];
  #index = 0;
  #nodeCount = 0;

  readonly within: GuardLimits;

  constructor(tokens: readonly Token[], within: GuardLimits) {
    this.#tokens = tokens;
    this.within = within;
  }

  peek(): Token {
    // The last token is `end` and is never taken.
    return this.#tokens[this.#index] as Token;
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== "end") this.#index += 1;
    return token;
  }

  /** Whether the next token is this symbol. */
  isAt(symbol: string): boolean {
    const token = this.peek();
    return token.kind === "symbol" && token.text === symbol;
  }

  /** Takes the symbol if it is next. */
  takeIf(symbol: string): boolean {
    const isHere = this.isAt(symbol);
    if (isHere) this.#index += 1;
    return isHere;
  }

  /** Takes the symbol, or refuses the text. */
  expect(symbol: string): void {
    if (!this.takeIf(symbol)) this.refuseToken(quote(symbol));
  }

  /** Counts one more node of the guard. */
  countNode(column: number): void {
    this.#nodeCount += 1;
    const { nodesMax } = this.within;
    if (this.#nodeCount > nodesMax) this.refuse("E_GUARD_SIZE", column, `the guard has more than ${nodesMax} parts`);
  }

  refuseToken(expected: string, hint?: string): never {
    const token = this.peek();
    const isArithmetic = /^[-+*/%]$/.test(token.text);
    const found =
      token.kind === "end"
        ? "the guard ends"
        : token.kind === "stray"
          ? `found ${quote(token.text)}, ${token.reason}`
          : `found ${quote(token.text)}`;
    return this.refuse(
      "E_GUARD_PARSE",
      token.column,
      `expected ${expected}, ${found}`,
      hint ?? (isArithmetic ? arithmeticHint : codes.E_GUARD_PARSE.hint),
    );
  }

  refuse(code: Code, column: number, claim: string, hint: string = codes[code].hint): never {
    throw new Refusal(code, `column ${column}: ${claim}`, hint);
  }
}
