/** Episodes and scores of one response under one fault and seed, with the wait twin simulated once for all of them. */

import { RESPONSES, type ResponseName } from "../contract/actions.ts";
import type { Episode } from "../contract/episode.ts";
import type { FaultName } from "../contract/faults.ts";
import { type Score, scoreEpisode } from "../contract/score.ts";
import { fixedPolicy } from "../policies/index.ts";
import { runTwinEpisode } from "./episode.ts";

/** Names of all responses. */
// Object.keys loses the key type; RESPONSES has exactly these keys.
export const RESPONSE_NAMES = Object.keys(RESPONSES) as readonly ResponseName[];

/** The episode in which nothing is done. */
export function runWaitTwin(fault: FaultName, seed: number): Episode {
  return runResponse(fault, seed, "wait");
}

/** The episode in which one response is given whatever is observed. */
export function runResponse(fault: FaultName, seed: number, response: ResponseName): Episode {
  return runTwinEpisode({ fault, seed, policy: fixedPolicy({ name: response, summary: "", response }) }).episode;
}

/** Scores of several responses to the same incident. */
export function scoreResponses(fault: FaultName, seed: number, responses: readonly ResponseName[]): readonly Score[] {
  const waitTwin = runWaitTwin(fault, seed);
  return responses.map((response) =>
    scoreEpisode(response === "wait" ? waitTwin : runResponse(fault, seed, response), waitTwin),
  );
}
