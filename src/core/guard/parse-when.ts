import { type Problem, problem } from "../value/codes.ts";
import { assertNever } from "../value/invariant.ts";
import { fail, ok, type Result } from "../value/result.ts";
import { quote } from "../value/text.ts";
import type { Formula, Guard } from "./formula.ts";
import { parseGuard } from "./parse-guard.ts";

/**
 * Reads a `when`: a guard over outcomes and nothing else. Every name in it is the id of a step, and it has no macros.
 * `typeGuard` checks against a scope which outcomes a step has.
 */
export function parseWhen(text: string, pointer = ""): Result<Formula, readonly Problem[]> {
  const parsed = parseGuard(text, pointer);
  if (!parsed.ok) return parsed;
  const problems = refuseBeyondOutcomes(parsed.value, pointer);
  // Nothing was refused, so it holds no quantifier and is a formula.
  return problems.length === 0 ? ok(parsed.value as Formula) : fail(problems);
}

function refuseBeyondOutcomes(guard: Guard, pointer: string): readonly Problem[] {
  const refuse = (claim: string): readonly Problem[] => [
    problem(
      "E_GUARD_PARSE",
      pointer,
      `column ${guard.column}: ${claim}`,
      "a `when` compares outcomes of steps: `s1 == 'contention'`",
    ),
  ];
  switch (guard.kind) {
    case "constant":
      return [];
    case "reference":
      return guard.path.length === 1 ? [] : refuse(`a \`when\` knows steps alone, not ${quote(guard.key)}`);
    case "not":
      return refuseBeyondOutcomes(guard.operand, pointer);
    case "logic":
      return guard.operands.flatMap((operand) => refuseBeyondOutcomes(operand, pointer));
    case "comparison":
      return [...refuseBeyondOutcomes(guard.left, pointer), ...refuseBeyondOutcomes(guard.right, pointer)];
    case "membership":
      return refuseBeyondOutcomes(guard.element, pointer);
    case "quantifier":
      return refuse("a `when` knows no inventory");
    default:
      return assertNever(guard);
  }
}
