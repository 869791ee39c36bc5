import { writeFileSync } from "node:fs";
import { RESPONSES, type ResponseName } from "../contract/actions.ts";
import type { Episode, Policy } from "../contract/episode.ts";
import { FAULT_NAMES, type FaultName } from "../contract/faults.ts";
import { scoreEpisode } from "../contract/score.ts";
import { LabError } from "../lab-error.ts";
import { findPolicy, fixedPolicy, POLICIES } from "../policies/index.ts";
import { runEpisode } from "../run-episode.ts";
import { runTwinEpisode } from "../twin/episode.ts";
import { simulateWaiting } from "../wait-twin.ts";
import { type Command, type CommandInput, JSON_OPTION, wholeNumberOf } from "./command.ts";
import { renderScore } from "./render-score.ts";

function isResponse(name: string): name is ResponseName {
  return name in RESPONSES;
}

async function policyOf(input: CommandInput): Promise<Policy> {
  const name = input.value("policy");
  if (name === undefined)
    throw new LabError(
      "E_LAB_USAGE",
      "no policy named",
      `there are ${POLICIES.map((policy) => policy.name).join(", ")}`,
    );
  if (isResponse(name)) return fixedPolicy({ name, summary: `always ${name}`, response: name });
  const found = await findPolicy(name).catch((error: unknown) => {
    throw new LabError(
      "E_LAB_INPUT",
      error instanceof Error ? error.message : String(error),
      "export `policy` from a module",
    );
  });
  if (found !== undefined) return found;
  throw new LabError(
    "E_LAB_INPUT",
    `no policy \`${name}\``,
    `there are ${[...POLICIES.map((policy) => policy.name), ...Object.keys(RESPONSES)].join(", ")}`,
  );
}

function faultOf(input: CommandInput): FaultName {
  const given = input.value("fault");
  const fault = FAULT_NAMES.find((name) => name === given?.toUpperCase());
  if (fault === undefined)
    throw new LabError(
      "E_LAB_USAGE",
      given === undefined ? "no fault named" : `no fault \`${given}\``,
      `there are ${FAULT_NAMES.join(", ")}`,
    );
  return fault;
}

/** Runs one whole episode. */
export const EPISODE_COMMAND: Command = {
  name: "episode",
  usage: "episode --policy NAME --fault NAME [--seed N] [--tier processes|twin] [--against-real] [--out FILE] [--json]",
  summary:
    "Runs one episode in a lab of its own: rest, fault, alert, one response, a minute, score. " +
    "A policy is a built-in, a response, or a module's path.",
  options: [
    {
      name: "policy",
      kind: "value",
      placeholder: "NAME",
      summary: `${POLICIES.map((policy) => policy.name).join(", ")}; or a response; or a path`,
    },
    { name: "fault", kind: "value", placeholder: "NAME", summary: FAULT_NAMES.join(", ") },
    { name: "seed", kind: "value", placeholder: "N", summary: "seed of background and requests (default 1)" },
    {
      name: "tier",
      kind: "value",
      placeholder: "TIER",
      summary: "`processes` (default, about 70 s) or `twin` (simulated, at once)",
    },
    {
      name: "against-real",
      kind: "flag",
      summary: "also run waiting on real processes and score against that, not a simulation",
    },
    { name: "out", kind: "value", placeholder: "FILE", summary: "keep the episode, windows and all" },
    JSON_OPTION,
  ],
  positionalCountMax: 0,
  examples: [
    "npm run lab -- episode --policy oracle --fault DB --seed 3",
    "npm run lab -- episode --policy ./my-policy.ts --fault BUG --tier twin",
  ],
  run: async (input) => {
    const policy = await policyOf(input);
    const fault = faultOf(input);
    const seed = wholeNumberOf(input, "seed", 1);
    const tier = input.value("tier") ?? "processes";
    if (tier !== "processes" && tier !== "twin")
      throw new LabError("E_LAB_USAGE", `no tier \`${tier}\``, "there are processes, twin");
    const play = async (played: Policy): Promise<Episode> =>
      tier === "twin"
        ? runTwinEpisode({ fault, seed, policy: played }).episode
        : runEpisode({ fault, seed, policy: played, onProgress: (line) => input.say(`${played.name}: ${line}`) });
    const episode = await play(policy);
    const waitTwin = input.flag("against-real")
      ? await play(fixedPolicy({ name: "always-wait", summary: "does nothing", response: "wait" }))
      : simulateWaiting(fault, seed);
    const score = scoreEpisode(episode, waitTwin);
    const out = input.value("out");
    if (out !== undefined) writeFileSync(out, `${JSON.stringify(episode)}\n`);
    input.print(
      input.flag("json")
        ? JSON.stringify({ ...score, waitTwinTier: waitTwin.tier })
        : renderScore(score, waitTwin.tier),
    );
    if (!score.isValid)
      throw new LabError(
        "E_LAB_INVALID",
        `the load generator lagged in ${score.invalidWindowCount} windows`,
        "run it again when the machine is less busy",
      );
    return 0;
  },
};
