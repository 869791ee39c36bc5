import type { ResponseName } from "../src/contract/actions.ts";
import { type FaultName, MAIN_FAULTS } from "../src/contract/faults.ts";
import { scoreEpisode } from "../src/contract/score.ts";
import { runResponse, runWaitTwin } from "../src/twin/responses.ts";

const responseTo: Readonly<Record<string, ResponseName>> = {
  LOAD: "scale_out",
  DB: "terminate_report",
  BUG: "roll_back",
  CIRCUIT: "restore_breaker",
};

/**
 * Whether handing over was right: the fault is outside the four, or the twin of the same seed shows that the response
 * to the most probable context would not have restored, or would have been a catastrophe.
 */
export function isRightlyEscalated(
  fault: FaultName,
  seed: number,
  belief: readonly { readonly context: string; readonly after: number }[],
): boolean {
  if (!MAIN_FAULTS.some((known) => known === fault)) return true;
  const likeliest = belief.reduce((best, one) => (one.after > best.after ? one : best), { context: "", after: -1 });
  const response = responseTo[likeliest.context];
  if (response === undefined) return true;
  const { restored, catastrophes } = scoreEpisode(runResponse(fault, seed, response), runWaitTwin(fault, seed));
  return !restored || catastrophes.length > 0;
}
