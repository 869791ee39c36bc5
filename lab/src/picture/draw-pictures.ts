/**
 * `npm run lab:pictures`: a picture of an episode of each fault into docs/images/lab/, from the twin. With `--episode
 * FILE` (and `--wait FILE`), one picture on stdout of a recorded episode of either tier.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readArgs } from "../../../simulation/script-options.ts";

import { RIGHT_RESPONSES } from "../contract/actions.ts";
import { EPISODE_FORMAT, type Episode } from "../contract/episode.ts";
import { FAULT_NAMES } from "../contract/faults.ts";
import { runResponse, runWaitTwin } from "../twin/responses.ts";
import { drawEpisode } from "./draw-episode.ts";

const { values } = readArgs({
  options: {
    episode: { type: "string" },
    wait: { type: "string" },
    seed: { type: "string", default: "1" },
    out: { type: "string" },
  },
});
if (values.episode === undefined) drawAll(values.out ?? new URL("../../../docs/images/lab/", import.meta.url).pathname);
else
  process.stdout.write(
    drawEpisode(readEpisode(values.episode), values.wait === undefined ? undefined : readEpisode(values.wait)),
  );

function drawAll(directory: string): void {
  const seed = Number(values.seed);
  mkdirSync(directory, { recursive: true });
  for (const fault of FAULT_NAMES) {
    const response = RIGHT_RESPONSES[fault].right[0] ?? "wait";
    const svg = drawEpisode(runResponse(fault, seed, response), runWaitTwin(fault, seed));
    writeFileSync(`${directory}/${fault.toLowerCase()}.svg`, svg);
    process.stderr.write(`${fault.toLowerCase()}.svg ${(svg.length / 1_024).toFixed(1)} KiB\n`);
  }
}

function readEpisode(path: string): Episode {
  const value: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (!isEpisode(value)) throw new TypeError(`\`${path}\` is no episode: its \`format\` must be \`${EPISODE_FORMAT}\``);
  return value;
}

/** Files the lab itself wrote: the format's name stands for its shape. */
function isEpisode(value: unknown): value is Episode {
  return typeof value === "object" && value !== null && "format" in value && value.format === EPISODE_FORMAT;
}
