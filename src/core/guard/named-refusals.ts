import { type Problem, problem } from "../value/codes.ts";
import { quote } from "../value/text.ts";
import { nondeterministicNames } from "./formula.ts";
import type { Token } from "./tokens.ts";

/**
 * Finds two constructs that people bring along from other languages and that get a refusal of their own: regular
 * expressions (`E_GUARD_REGEX`, because they can run for ever), and clocks, chance and the environment
 * (`E_GUARD_NONDETERMINISTIC`, because the approved plan would mean something else later).
 *
 * It looks at tokens, before the grammar, so that these refusals win over `E_GUARD_PARSE` and unknown names.
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
