// `npm run evaluate:lab -- [--count N] [--seed N] [--prior essay|uniform|wide] [--json]`: the pack's decisions over
// incidents of the lab's twin, against a look-ahead of one step, with the counterfactual of every escalation played on
// the same seed.

import { RESPONSES, type ResponseName } from "../../lab/src/contract/actions.ts";
import type { Episode, Policy } from "../../lab/src/contract/episode.ts";
import type { FaultName } from "../../lab/src/contract/faults.ts";
import { type Score, scoreEpisode } from "../../lab/src/contract/score.ts";
import { runTwinEpisode } from "../../lab/src/twin/episode.ts";
import { drawFault } from "../../lab/src/twin/incidents.ts";
import { runResponse, runWaitTwin } from "../../lab/src/twin/responses.ts";
import { readArgs } from "../../simulation/script-options.ts";
import { solveMyopic } from "../../src/core/belief/solve/comparison-policies.ts";
import { decideSituation } from "../../src/core/belief/solve/solve-limited.ts";
import { betaInterval } from "../../src/core/belief/statistics/beta.ts";
import { decidedPolicy, packSituation } from "./decided-policy.ts";

const { values } = readArgs({
  options: {
    count: { type: "string", default: "10000" },
    seed: { type: "string", default: "500000" },
    prior: { type: "string", default: "essay" },
    json: { type: "boolean", default: false },
  },
});
const prior = values.prior === "uniform" || values.prior === "wide" ? values.prior : "essay";
const situation = packSituation({ uniform: prior === "uniform" });
const decision = decideSituation(situation);
if (!decision.ok || decision.value.kind !== "decided")
  throw new Error("the pack's situation has a plan within its limit");
const interlock = decidedPolicy({ name: "interlock", summary: "", situation, policy: decision.value.chosen.policy });
const myopic = decidedPolicy({ name: "myopic", summary: "", situation, policy: solveMyopic(situation).policy });

interface Played {
  readonly fault: FaultName;
  readonly score: Score;
  readonly isRightlyEscalated: boolean;
}

/**
 * Escalating was right outside the four faults, or if the response of the most probable context would not have
 * restored, or would have been catastrophic.
 */
function isRightlyEscalated(fault: FaultName, seed: number, episode: Episode, waitTwin: Episode): boolean {
  if (!["LOAD", "DB", "BUG", "CIRCUIT"].includes(fault)) return true;
  const [likeliest] = Object.entries(episode.decision.belief).sort(([, left], [, right]) => right - left);
  const best: Readonly<Record<string, ResponseName>> = {
    LOAD: "scale_out",
    DB: "terminate_report",
    BUG: "roll_back",
    CIRCUIT: "restore_breaker",
  };
  const response = best[likeliest?.[0] ?? ""];
  if (response === undefined) return true;
  const score = scoreEpisode(runResponse(fault, seed, response), waitTwin);
  return !score.restored || score.catastrophes.length > 0;
}

function playAll(): ReadonlyMap<string, readonly Played[]> {
  const played = new Map<string, Played[]>([
    [interlock.name, []],
    [myopic.name, []],
  ]);
  const first = Number(values.seed);
  for (let seed = first; seed < first + Number(values.count); seed += 1) {
    const fault = drawFault(prior, seed);
    const waitTwin = runWaitTwin(fault, seed);
    for (const policy of [interlock, myopic]) played.get(policy.name)?.push(play(policy, fault, seed, waitTwin));
    if ((seed - first + 1) % 1_000 === 0) process.stderr.write(`${seed - first + 1} incidents\n`);
  }
  return played;
}

function play(policy: Policy, fault: FaultName, seed: number, waitTwin: Episode): Played {
  const { episode } = runTwinEpisode({ fault, seed, policy });
  const score = scoreEpisode(episode, waitTwin);
  return { fault, score, isRightlyEscalated: score.escalated && isRightlyEscalated(fault, seed, episode, waitTwin) };
}

function summarise(played: readonly Played[]) {
  const count = (holds: (one: Played) => boolean): number => played.filter(holds).length;
  const rate = (hits: number, of: number) => ({
    hits,
    of,
    rate: of === 0 ? 0 : hits / of,
    interval: betaInterval({ alpha: hits + 0.5, beta: of - hits + 0.5 }, 0.95),
  });
  const faults = [...new Set(played.map(({ fault }) => fault))].sort();
  return {
    restoredOrRightlyEscalated: rate(
      count(({ score, isRightlyEscalated: right }) => score.restored || right),
      played.length,
    ),
    restored: rate(
      count(({ score }) => score.restored),
      played.length,
    ),
    escalated: rate(
      count(({ score }) => score.escalated),
      played.length,
    ),
    catastrophes: rate(
      count(({ score }) => score.catastrophes.length > 0),
      played.length,
    ),
    byFault: Object.fromEntries(
      faults.map((fault) => [
        fault,
        rate(
          played.filter((one) => one.fault === fault && one.score.restored).length,
          count((one) => one.fault === fault),
        ),
      ]),
    ),
  };
}

const results = Object.fromEntries([...playAll()].map(([name, played]) => [name, summarise(played)]));
const document = {
  format: "interlock.lab-evaluation/1",
  prior,
  count: Number(values.count),
  limit: situation.limit,
  expected: { value: decision.value.chosen.value, risk: decision.value.chosen.risk },
  responses: Object.keys(RESPONSES),
  results,
};
process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
