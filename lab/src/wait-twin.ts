import type { Episode } from "./contract/episode.ts";
import type { FaultName } from "./contract/faults.ts";
import { fixedPolicy } from "./policies/index.ts";
import { runTwinEpisode } from "./twin/episode.ts";

/** The simulated counterfactual: same fault, same seed, nothing done. */
export function simulateWaiting(fault: FaultName, seed: number): Episode {
  const policy = fixedPolicy({ name: "always-wait", summary: "does nothing", response: "wait" });
  return runTwinEpisode({ fault, seed, policy }).episode;
}
