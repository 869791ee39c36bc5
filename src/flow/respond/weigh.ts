import type { RunEnd } from "./report.ts";
import { describeAgainst, type Testimony } from "./testimony.ts";

/** A run that was read back counts as restored if the second witness says the same, and as disputed otherwise. */
export function weigh(end: RunEnd, witness: Testimony): RunEnd {
  if (end.outcome !== "restored" || witness.says === "holds") return end;
  const reason = `every post-condition was read back, but ${describeAgainst(witness)}`;
  return { ...end, outcome: "disputed", world: end.wrote.length === 0 ? "untouched" : "listed", reason };
}
