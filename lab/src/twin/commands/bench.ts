/**
 * `npm run bench:twin`: episodes and events a second on one core, by the processor's time, so that other load does not
 * count.
 */

import { readArgs } from "../../../../simulation/script-options.ts";
import { FAULT_NAMES } from "../../contract/faults.ts";
import { fixedPolicy } from "../../policies/index.ts";
import { runTwinEpisode } from "../episode.ts";

const { values } = readArgs({ options: { episodes: { type: "string", default: "1000" } } });
const policy = fixedPolicy({ name: "scale-out", summary: "", response: "scale_out" });

function runEpisodes(count: number): number {
  let eventCount = 0;
  for (let index = 0; index < count; index++) {
    const fault = FAULT_NAMES[index % FAULT_NAMES.length] ?? "LOAD";
    eventCount += runTwinEpisode({ fault, seed: index, policy }).eventCount;
  }
  return eventCount;
}

runEpisodes(50); // The compiler's warm-up.
const episodeCount = Number(values.episodes);
const cpuBefore = process.cpuUsage();
const beganAtMs = performance.now();
const eventCount = runEpisodes(episodeCount);
const cpu = process.cpuUsage(cpuBefore);
const cpuSeconds = (cpu.user + cpu.system) / 1e6;
const perSecond = (count: number): number => Math.round(count / cpuSeconds);
const wallSeconds = (performance.now() - beganAtMs) / 1_000;
process.stdout.write(`${episodeCount} episodes, ${Math.round(eventCount / episodeCount)} events each
${perSecond(episodeCount)} episodes/s and ${perSecond(eventCount / 1_000)} thousand events/s of one core's time
${Math.round(episodeCount / wallSeconds)} episodes/s by the wall clock
`);
