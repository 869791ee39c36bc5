import { type Problem, problem } from "../value/codes.ts";
import { quote } from "../value/text.ts";
import { nondeterministicNames } from "./formula.ts";
import type { Token } from "./tokens.ts";

/**
 * The two constructs people bring along from other expression languages and that must never be mistaken for a slip of the
 * pen: regular expressions (`E_GUARD_REGEX`: they can run for ever) and clocks, chance or environment
 * (`E_GUARD_NONDETERMINISTIC`: the approved plan would mean something else later). Found in the tokens, before any
 * grammar, so that they win over `E_GUARD_PARSE` and over unknown names.
 */
export function findNamedRefusals(tokens: readonly Token[], pointer: string): readonly Problem[] {
  return tokens.flatMap((token, index) => {
    if (token.kind !== "identifier") return [];
    const isCall = tokens[index + 1]?.text === "(" && tokens[index + 1]?.kind === "symbol";
    const isRoot = !(tokens[index - 1]?.text === "." && tokens[index - 1]?.kind === "symbol");
    if (token.text === "matches" && isCall) {
      return [problem("E_GUARD_REGEX", pointer, `column ${token.column}: guards know no regular expressions`)];
    }
    if (nondeterministicNames.has(token.text) && (isCall || isRoot)) {
      return [
        problem(
          "E_GUARD_NONDETERMINISTIC",
          pointer,
          `column ${token.column}: ${quote(token.text)} would not mean the same tomorrow`,
        ),
      ];
    }
    return [];
  });
}
