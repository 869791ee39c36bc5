import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { describeDuration } from "../../core/value/units.ts";
import type { Site } from "../site/site.ts";

/**
 * How long a signature counts, in milliseconds: as long as wanted, or else the site's default, but never longer than
 * the site allows.
 */
export function validFor(wantedMs: number | null, { config }: Site): Result<number, Problem> {
  const { validForMs, validForMaxMs } = config.approvals;
  if (wantedMs !== null && !(Number.isSafeInteger(wantedMs) && wantedMs > 0)) {
    const message = "a signature counts for a whole number of milliseconds above 0";
    return fail(
      problem("E_USAGE", "/validForMs", message, "give a longer time, or leave it out for the site's default"),
    );
  }
  if (wantedMs === null || wantedMs <= validForMaxMs) return ok(wantedMs ?? validForMs);
  return fail(
    problem(
      "E_USAGE",
      "/validForMs",
      `a signature that counts for ${describeDuration(wantedMs)} counts for longer than this site allows`,
      `this site allows ${describeDuration(validForMaxMs)}: \`approvals.validForMax\` in interlock.yaml`,
    ),
  );
}
