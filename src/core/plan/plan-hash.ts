import { canonicalText } from "../value/canonical.ts";
import { type Digest, digest } from "../value/digest.ts";
import type { Plan } from "./plan.ts";

/** The name of a plan: SHA-256 over `interlock.plan/1`, NUL and its canonical bytes. What is shown, approved and run. */
export function planHash(plan: Plan): Digest {
  return digest("interlock.plan/1", plan);
}

/** The bytes of a plan's file: its canonical text and a newline, so that any edit at all is seen. */
export function planFileText(plan: Plan): string {
  return `${canonicalText(plan)}\n`;
}
