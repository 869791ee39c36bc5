import { canonicalText } from "../value/canonical.ts";
import { type Problem, problem } from "../value/codes.ts";
import type { Digest } from "../value/digest.ts";
import { parseJson } from "../value/json.ts";
import { fail, ok, type Result } from "../value/result.ts";
import { parseWith } from "../value/shape.ts";
import { decodeUtf8 } from "../value/utf8.ts";
import type { Plan } from "./plan.ts";
import { planHash } from "./plan-hash.ts";
import { planShape } from "./plan-shape.ts";

/** How large a plan's file may be: it carries its definitions by value. */
export const planBytesMax = 32_000_000;

/**
 * Reads a plan's file. Only the canonical bytes are a plan: whoever changes one byte has another plan under another hash, or none
 * at all.
 *
 * @returns the plan with its hash, or why the bytes are none: what the strict reader or the shape says, else `E_PLAN_HASH`
 */
export function parsePlan(
  bytes: Uint8Array | string,
): Result<{ readonly plan: Plan; readonly hash: Digest }, readonly Problem[]> {
  const json = parseJson(bytes, { bytesMax: planBytesMax, depthLevelsMax: 64 });
  if (!json.ok) return json;
  const plan = parseWith(planShape, json.value);
  if (!plan.ok) return plan;
  const decoded = typeof bytes === "string" ? ok(bytes) : decodeUtf8(bytes);
  if (!decoded.ok || decoded.value.replace(/\n$/, "") !== canonicalText(plan.value)) {
    return fail([
      problem(
        "E_PLAN_HASH",
        "",
        "the plan is not in its canonical form",
        "use the file as it was written when the plan was compiled",
      ),
    ]);
  }
  return ok({ plan: plan.value, hash: planHash(plan.value) });
}
