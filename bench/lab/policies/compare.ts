// `npm run evaluate:policies -- [--count N] [--draws N] [--seed N] [--json]`: Interlock's decisions beside other ways
// to decide from the same numbers, over incidents of the lab's twin: with the pack's numbers, and with every number
// wrong by chance. An incident is simulated once for each response that any of them gives.
import { countOption, readArgs } from "../../../simulation/script-options.ts";
import { betaQuantile } from "../../../src/core/belief/statistics/beta.ts";
import { packSituation } from "../decided-policy.ts";
import { type Decider, decidersOf } from "./deciders.ts";
import { drawIncident, type Incident, type World } from "./incidents.ts";
import { perturbation, perturbed } from "./perturb.ts";

const { values } = readArgs({
  options: {
    count: { type: "string", default: "10000" },
    draws: { type: "string", default: "1000" },
    seed: { type: "string", default: "900000" },
    json: { type: "boolean", default: false },
  },
});
const incidentCount = countOption("count", values.count, 1);
const drawCount = countOption("draws", values.draws, 1);
const firstSeed = countOption("seed", values.seed);
const probeCost = 0.1;
const situation = packSituation({ uniform: false });

/** What one way to decide has come to so far. */
interface Tally {
  count: number;
  restored: number;
  wroteInVain: number;
  escalated: number;
  catastrophes: number;
  utility: number;
  probes: number;
}

const noTally: Tally = {
  count: 0,
  restored: 0,
  wroteInVain: 0,
  escalated: 0,
  catastrophes: 0,
  utility: 0,
  probes: 0,
};

/** By the name of the decider. */
type Table = ReadonlyMap<string, Tally>;

function playAll(world: World, count: number, decidersFor: (at: number) => readonly Decider[]): Table {
  const table = new Map<string, Tally>();
  for (let [at, seed] = [0, firstSeed]; at < count; seed += 1) {
    const incident = drawIncident(world, seed);
    if (incident === null) continue;
    for (const decider of decidersFor(at)) {
      const tally = table.get(decider.name) ?? { ...noTally };
      table.set(decider.name, tally);
      add(tally, decider, incident);
    }
    at += 1;
    if (at % 1_000 === 0) process.stderr.write(`${world}: ${at} of ${count} incidents\n`);
  }
  return table;
}

function add(tally: Tally, decider: Decider, incident: Incident): void {
  const { response, probeCount } = decider.decide(incident.sight);
  const { isRestored, isCatastrophe, utility } = incident.outcomeOf(response);
  const isWrite = response !== "escalate" && response !== "wait";
  tally.count += 1;
  tally.restored += Number(isRestored && !isCatastrophe);
  tally.wroteInVain += Number(isWrite && !isRestored);
  tally.escalated += Number(response === "escalate");
  tally.catastrophes += Number(isCatastrophe);
  tally.utility += utility - probeCost * probeCount;
  tally.probes += probeCount;
}

/** The upper end of the 95 % interval of a share, one-sided, by Jeffreys. */
function upper95(hits: number, count: number): number {
  return betaQuantile(0.95, { alpha: hits + 0.5, beta: count - hits + 0.5 });
}

function rowsOf(table: Table) {
  return [...table].map(([policy, tally]) => {
    const of = (hits: number) => ({
      hits,
      of: tally.count,
      share: hits / tally.count,
      upper95: upper95(hits, tally.count),
    });
    return {
      policy,
      restored: of(tally.restored),
      wroteInVain: of(tally.wroteInVain),
      escalated: of(tally.escalated),
      catastrophes: of(tally.catastrophes),
      utility: tally.utility / tally.count,
      probes: tally.probes / tally.count,
    };
  });
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function render(title: string, table: Table): string {
  const rows = rowsOf(table);
  const safe = rows.filter(({ catastrophes }) => catastrophes.upper95 < situation.limit);
  const best = Math.max(...safe.map(({ utility }) => utility));
  const share = ({ share: found, upper95: most }: { readonly share: number; readonly upper95: number }): string =>
    `${percent(found)} (≤ ${percent(most)})`;
  const lines = rows.map((row) => {
    const isSafe = safe.includes(row);
    const cells = [
      row.policy,
      percent(row.restored.share),
      share(row.wroteInVain),
      percent(row.escalated.share),
      `${share(row.catastrophes)}${isSafe ? "" : ", over the limit"}`,
      `${row.utility.toFixed(3)}${isSafe && row.utility === best ? ", the best within it" : ""}`,
      row.probes.toFixed(1),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const head = "| policy | restored | wrote in vain | escalated | catastrophe | utility | probes |";
  return [
    `${title}, ${rows[0]?.restored.of ?? 0} incidents`,
    "",
    head,
    "|---|--:|--:|--:|--:|--:|--:|",
    ...lines,
    "",
  ].join("\n");
}

const nominal = decidersOf(situation, 0);
const perDraw = Math.max(1, Math.round(incidentCount / drawCount));
let drawn: { readonly draw: number; readonly deciders: readonly Decider[] } = { draw: 0, deciders: nominal };
const wrongNumbers = (at: number): readonly Decider[] => {
  const draw = Math.floor(at / perDraw) + 1;
  if (draw !== drawn.draw) drawn = { draw, deciders: decidersOf(perturbed(situation, draw), draw) };
  return drawn.deciders;
};
const worlds: readonly (readonly [
  title: string,
  world: World,
  deciders: (at: number) => readonly Decider[],
  count: number,
])[] = [
  ["The four named faults, the pack's numbers", "essay", () => nominal, incidentCount],
  ["Ten faults, the pack's numbers", "wide", () => nominal, incidentCount],
  ["A healthy system and a false alert", "healthy", () => nominal, Math.ceil(incidentCount / 10)],
  ["Ten faults and an alert of something else", "foreign", () => nominal, Math.ceil(incidentCount / 10)],
  [`The four named faults, ${drawCount} draws of wrong numbers`, "essay", wrongNumbers, incidentCount],
  [`Ten faults, ${drawCount} draws of wrong numbers`, "wide", wrongNumbers, incidentCount],
];
const tables = worlds.map(([title, world, deciders, count]) => ({ title, table: playAll(world, count, deciders) }));
if (values.json) {
  const results = tables.map(({ title, table }) => ({ title, rows: rowsOf(table) }));
  const document = { format: "interlock.policy-evaluation/1", limit: situation.limit, perturbation, results };
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
} else for (const { title, table } of tables) process.stdout.write(`${render(title, table)}\n`);
