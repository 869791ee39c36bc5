import { canonicalText } from "../value/canonical.ts";
import { type Digest, digest, shortDigest } from "../value/digest.ts";
import type { Plan } from "./plan.ts";

/** What a plan is called: the digest of its canonical bytes (`interlock.plan/1`). This is what is shown, approved and run. */
export function planHash(plan: Plan): Digest {
  return digest("interlock.plan/1", plan);
}

/** `pl_` and the first 12 hexadecimal digits of the hash: how people speak of a plan. Never enough to approve one. */
export function planName(hash: Digest): string {
  return `pl_${shortDigest(hash)}`;
}

/** The bytes of a plan's file: its canonical text and a line feed, so that any edit at all is seen. */
export function planFileText(plan: Plan): string {
  return `${canonicalText(plan)}\n`;
}
