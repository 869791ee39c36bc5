import type { Foresight } from "../../core/proof/foresee.ts";
import type { Digest } from "../../core/value/digest.ts";

/**
 * What following the plan that was compiled last has shown. A plan is shown right after it was compiled, and following
 * it again would take as long as the first time. It is kept under the plan's hash, which names every byte of the plan,
 * and holds nothing of the plan itself that a caller could change.
 */
let last: { readonly planHash: Digest; readonly foresight: Foresight } | null = null;

/** Remembers what following a plan has shown. */
export function rememberForesight(planHash: Digest, foresight: Foresight): void {
  last = { planHash, foresight };
}

/** What following a plan has shown, if it was the last one that was compiled in this process; otherwise `null`. */
export function knownForesight(planHash: Digest): Foresight | null {
  return last?.planHash === planHash ? last.foresight : null;
}
