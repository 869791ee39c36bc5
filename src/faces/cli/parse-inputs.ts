import { type Problem, problem } from "../../core/value/codes.ts";
import { parseJson } from "../../core/value/json.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";

/** Parses inputs typed as `name=value`. The value is JSON; a plain word stands for itself. */
export function parseInputs(
  typed: readonly string[],
): Result<readonly { readonly name: string; readonly value: JsonValue }[], readonly Problem[]> {
  const problems: Problem[] = [];
  const inputs = typed.flatMap((text) => {
    const match = /^([A-Za-z0-9][A-Za-z0-9_.-]*)=(.*)$/s.exec(text);
    if (match === null) {
      problems.push(problem("E_USAGE", "", `${quote(text)} is not \`name=value\``));
      return [];
    }
    const [, name = "", written = ""] = match;
    const value = parseJson(written);
    if (value.ok) return [{ name, value: value.value }];
    if (/^[A-Za-z][\w.-]*$/.test(written)) return [{ name, value: written }];
    problems.push(...value.error.map((found) => ({ ...found, message: `the input ${quote(name)}: ${found.message}` })));
    return [];
  });
  return problems.length > 0 ? fail(problems) : ok(inputs);
}
