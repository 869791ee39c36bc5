import { duration } from "../../core/domain/parse-type.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { parseWith } from "../../core/value/shape.ts";

/** How long an approval counts, in milliseconds: as typed, else as the site says; never longer than the site allows. */
export function validFor(
  typed: string | null,
  rules: { readonly validForMs: number; readonly validForMaxMs: number },
): Result<number, Problem> {
  if (typed === null) return ok(rules.validForMs);
  const parsed = parseWith(duration(), typed);
  if (!parsed.ok) return fail(problem("E_USAGE", "", "`--valid-for` is a duration such as `30m` or `2h`"));
  return parsed.value <= rules.validForMaxMs
    ? ok(parsed.value)
    : fail(
        problem(
          "E_USAGE",
          "",
          "`--valid-for` is longer than this site allows",
          "see `approvals.validForMax` in interlock.yaml",
        ),
      );
}
