import type { HandoverReason } from "../policy.ts";
import { keepsLimit } from "../tolerance.ts";
import type { Outlook } from "./outlook.ts";

/**
 * Why the best decision is to hand over at once.
 *
 * @param left - what is left of the limit
 * @param isUnlimitedToo - whether the best policy without the limits hands over at once too
 *
 * Cost: a sweep.
 */
export function handoverReason(outlook: Outlook, left: number, isUnlimitedToo: boolean): HandoverReason {
  if (isUnlimitedToo) return { kind: "worth_more" };
  // Where the beliefs do not go deep enough, a longer policy may still act within the limit.
  return !outlook.isWhole || keepsLimit({ risk: outlook.acting().acting, limit: left })
    ? { kind: "limit" }
    : { kind: "nothing_keeps_limit" };
}
