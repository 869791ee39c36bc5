/** `npm run twin:policies`: every built-in policy, and any of your own by path, over the same incidents of a prior. */
import { readArgs } from "../../../../simulation/script-options.ts";
import type { Policy } from "../../contract/episode.ts";
import { scoreEpisode } from "../../contract/score.ts";
import { findPolicy, POLICIES } from "../../policies/index.ts";
import { runTwinEpisode } from "../episode.ts";
import { drawFault, type IncidentPrior } from "../incidents.ts";
import { type Played, renderPolicies, summarisePolicy } from "../policy-table.ts";
import { runWaitTwin } from "../responses.ts";

const { values, positionals } = readArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const own = await Promise.all(positionals.map((path) => findPolicy(path)));
const policies: readonly Policy[] = [...POLICIES, ...own.filter((policy) => policy !== undefined)];

/** Incidents are the outer loop, so that each has its wait twin simulated once for all policies. */
function playAll(prior: IncidentPrior): ReturnType<typeof summarisePolicy>[] {
  const played = new Map<string, Played[]>(policies.map((policy) => [policy.name, []]));
  for (let seed = Number(values.seed); seed < Number(values.seed) + Number(values.count); seed++) {
    const fault = drawFault(prior, seed);
    const waitTwin = runWaitTwin(fault, seed);
    for (const policy of policies) {
      const { episode } = runTwinEpisode({ fault, seed, policy });
      played.get(policy.name)?.push({ score: scoreEpisode(episode, waitTwin), belief: episode.decision.belief });
    }
  }
  return policies.map((policy) => summarisePolicy(policy.name, played.get(policy.name) ?? []));
}

for (const prior of ["essay", "uniform", "wide"] as const) {
  const rows = playAll(prior);
  if (values.json) process.stdout.write(`${JSON.stringify({ prior, rows })}\n`);
  else process.stdout.write(`prior: ${prior}, ${values.count} incidents\n\n${renderPolicies(rows)}\n\n`);
}
