import { writeFileSync } from "node:fs";

import { scoreEpisode } from "../contract/score.ts";
import { readEpisodeFile } from "../episode-files.ts";
import { simulateWaiting } from "../wait-twin.ts";
import { type Command, JSON_OPTION, STATE_OPTION, stateDirectoryOf } from "./command.ts";
import { connectControl } from "./fault.ts";
import { renderScore } from "./render-score.ts";

/** Scores what has happened so far. */
export const SCORE: Command = {
  name: "score",
  usage: "score [FILE] [--against FILE] [--policy NAME] [--out FILE] [--json]",
  summary: "Scores the running lab's episode so far, or a recorded one, against waiting under the same fault and seed.",
  options: [
    {
      name: "against",
      kind: "value",
      placeholder: "FILE",
      summary: "a recorded episode in which nothing was done (default: simulated)",
    },
    { name: "policy", kind: "value", placeholder: "NAME", summary: "who acted (default `manual`)" },
    { name: "out", kind: "value", placeholder: "FILE", summary: "keep the episode, windows and all" },
    STATE_OPTION,
    JSON_OPTION,
  ],
  positionalCountMax: 1,
  examples: ["npm run lab -- score", "npm run -s lab -- score --json --policy my-agent --out episode.json"],
  run: async (input) => {
    const [path] = input.positionals;
    const episode =
      path === undefined
        ? await connectControl(stateDirectoryOf(input)).readEpisode(input.value("policy") ?? "manual")
        : readEpisodeFile(path);
    const against = input.value("against");
    const waitTwin = against === undefined ? simulateWaiting(episode.fault, episode.seed) : readEpisodeFile(against);
    const score = scoreEpisode(episode, waitTwin);
    const out = input.value("out");
    if (out !== undefined) writeFileSync(out, `${JSON.stringify(episode)}\n`);
    input.print(
      input.flag("json")
        ? JSON.stringify({ ...score, waitTwinTier: waitTwin.tier })
        : renderScore(score, waitTwin.tier),
    );
    return 0;
  },
};
