/**
 * CPU time of the solvers on situations of growing size, and of updating one belief.
 *
 *   npm run bench:belief [-- --json FILE]
 *
 * Situations are drawn from a fixed seed, so two machines solve the same problems. CPU time is the median over cards.
 */

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { readArgs } from "../simulation/script-options.ts";
import { beliefAfter } from "../src/core/belief/belief.ts";
import type { PolicySolution } from "../src/core/belief/policy.ts";
import { parseCard } from "../src/core/belief/situation/parse-card.ts";
import type { Situation } from "../src/core/belief/situation/situation.ts";
import { countGraphNodes } from "../src/core/belief/situation/situation-size.ts";
import { backUp } from "../src/core/belief/solve/backup.ts";
import { buildDecisionGraph } from "../src/core/belief/solve/decision-graph.ts";
import { extractSolution } from "../src/core/belief/solve/extract-policy.ts";
import { decideSituation } from "../src/core/belief/solve/solve-limited.ts";
import { createRng, type RngCursor } from "../src/core/value/rng.ts";
import type { LargeDecision } from "./belief-large.ts";

interface Size {
  readonly contexts: number;
  readonly steps: number;
  readonly responses: number;
  readonly horizon: number;
}

interface Row extends Size {
  readonly beliefs: number;
  readonly unlimitedMsMedian: number;
  readonly limitedMsMedian: number;
  readonly limitedMsMax: number;
  /** How often the limit cost utility, could not be kept, or took too long to settle exactly. */
  readonly binding: number;
  readonly infeasible: number;
  readonly refused: number;
  readonly cards: number;
}

const targetSize: Size = { contexts: 5, steps: 6, responses: 5, horizon: 4 };

/**
 * A card on which noisy probes tell the contexts apart. Each response is right in one context and risky in the others.
 */
function drawCard(rng: RngCursor, size: Size): Situation {
  const ids = Array.from({ length: size.contexts }, (_, index) => `C${index}`);
  const shares = ids.map(() => 0.1 + rng.unit());
  const total = shares.reduce((sum, share) => sum + share, 0);
  const each = (number: (index: number) => number): Record<string, number> =>
    Object.fromEntries(ids.map((id, index) => [id, number(index)]));
  const steps = Array.from({ length: size.steps }, (_, index) =>
    index % 6 === 4 ? drawTry(rng, index, each, size) : drawProbe(rng, index, ids, each),
  );
  const commits = Array.from({ length: size.responses }, (_, index) =>
    index === size.responses - 1
      ? { id: `r${index}`, kind: "escalate", utility: each(() => -20 - 8 * rng.unit()), catastrophe: 0 }
      : {
          id: `r${index}`,
          utility: each((c) => (c === index % size.contexts ? -5 * rng.unit() : -20 - 40 * rng.unit())),
          catastrophe: each((c) =>
            c === index % size.contexts ? 0.002 * rng.unit() : rng.below(2) === 0 ? 0 : 0.2 * rng.unit(),
          ),
        },
  );
  const card = parseCard({
    id: "bench",
    contexts: ids.map((id, index) => ({ id, prior: (shares[index] ?? 0) / total })),
    steps,
    commits,
    catastropheUtility: -400,
    maxCatastropheProbability: 1,
    maxSteps: size.horizon,
  });
  if (!card.ok) throw new Error(JSON.stringify(card.error));
  const loosest = decideUnlimited(card.value).risk;
  return { ...card.value, limit: loosest * (0.2 + 0.7 * rng.unit()) };
}

/** The backward pass without a limit: what every decision begins with. */
function decideUnlimited(situation: Situation): PolicySolution {
  const graph = buildDecisionGraph(situation);
  return extractSolution(graph, backUp(graph, { kind: "priced", riskPrice: 0 }));
}

type Each = (number: (index: number) => number) => Record<string, number>;

function drawTry(rng: RngCursor, index: number, each: Each, size: Size) {
  const target = rng.below(size.contexts);
  return { id: `s${index}`, kind: "try", cost: 2, pFixed: each((c) => (c === target ? 0.6 : 0)), fixedUtility: -3 };
}

function drawProbe(rng: RngCursor, index: number, ids: readonly string[], each: Each) {
  const outcomes = index % 3 === 1 ? ["o0", "o1", "o2"] : ["o0", "o1"];
  const likelihood = Object.fromEntries(
    ids.map((id) => {
      const weights = outcomes.map(() => 0.03 + rng.unit() ** 3);
      const sum = weights.reduce((total, weight) => total + weight, 0);
      return [id, weights.map((weight) => weight / sum)];
    }),
  );
  const catastrophe = index % 6 === 5 ? each(() => 0.004 * rng.unit()) : 0;
  return { id: `s${index}`, kind: "probe", cost: 0.3 + rng.unit(), catastrophe, outcomes, likelihood };
}

function measure(size: Size, cards: number): Row {
  const rng = createRng(41);
  const unlimited: number[] = [];
  const limited: number[] = [];
  const kinds = { binding: 0, infeasible: 0, refused: 0 };
  let beliefs = 0;
  for (let index = 0; index < cards; index += 1) {
    const situation = drawCard(rng, size);
    beliefs = Math.max(beliefs, buildDecisionGraph(situation).nodeCount);
    unlimited.push(cpuMs(() => decideUnlimited(situation)));
    limited.push(
      cpuMs(() => {
        const decision = decideSituation(situation);
        if (!decision.ok) kinds.refused += 1;
        else if (decision.value.kind === "infeasible") kinds.infeasible += 1;
        else if (decision.value.riskPrice > 0) kinds.binding += 1;
      }),
    );
  }
  return {
    ...size,
    beliefs,
    unlimitedMsMedian: median(unlimited),
    limitedMsMedian: median(limited),
    limitedMsMax: Math.max(...limited),
    ...kinds,
    cards,
  };
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** Microseconds of CPU for the belief after one observation, on a card of the target size. */
function measureBelief(): number {
  const situation = drawCard(createRng(41), targetSize);
  const step = situation.steps[0]?.id ?? "";
  const count = 100_000;
  let kept = 0;
  const ms = cpuMs(() => {
    for (let index = 0; index < count; index += 1) {
      const belief = beliefAfter(situation, [{ step, outcome: "o0" }]);
      if (belief.ok) kept += belief.value.evidenceProbability;
    }
  });
  if (!(kept > 0)) throw new Error("the belief was optimised away");
  return (ms / count) * 1e3;
}

function print(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  console.log(
    "contexts steps responses horizon  beliefs  unlimited ms  limited ms (max)   binding/infeasible/refused of cards",
  );
  for (const row of rows) {
    const columns = [
      String(row.contexts).padStart(8),
      String(row.steps).padStart(5),
      String(row.responses).padStart(9),
      String(row.horizon).padStart(7),
      String(row.beliefs).padStart(8),
      row.unlimitedMsMedian.toFixed(2).padStart(13),
      `${row.limitedMsMedian.toFixed(2)} (${row.limitedMsMax.toFixed(2)})`.padStart(17),
      `   ${row.binding}/${row.infeasible}/${row.refused} of ${row.cards}`,
    ];
    console.log(columns.join(" "));
  }
}

/** One decision of very many beliefs, in a process of its own. */
function measureLarge(horizon: number, part: "solver" | "command"): LargeDecision {
  const script = new URL("belief-large.ts", import.meta.url).pathname;
  const run = spawnSync(process.execPath, ["--no-warnings", script, String(horizon), part], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as LargeDecision; // the script prints one
}

function printLarge(rows: readonly LargeDecision[]): void {
  console.log("\n20 contexts, 15 probes of 2 outcomes, 10 responses: target at horizon 8: at most 30 s and 300 MB");
  console.log("horizon    beliefs   CPU s     MB  exact");
  for (const { horizon, beliefs, cpuSeconds, megabytes, isExact } of rows)
    console.log(
      [
        String(horizon).padStart(7),
        String(beliefs).padStart(10),
        cpuSeconds.toFixed(2).padStart(7),
        megabytes.toFixed(0).padStart(6),
        `  ${isExact ? "yes" : "no"}`,
      ].join(" "),
    );
}

function main(): void {
  const { values } = readArgs({ options: { json: { type: "string" }, cards: { type: "string", default: "20" } } });
  const cards = Number(values.cards);
  measure(targetSize, 3); // warm up: the first card also pays for compiling
  const target = measure(targetSize, cards);
  const beliefUs = measureBelief();
  print("target: unlimited < 50 ms, limited < 500 ms of CPU", [target]);
  console.log(`belief after one observation: ${beliefUs.toFixed(1)} µs`);
  const byHorizon = [2, 3, 4, 5, 6].map((horizon) => measure({ ...targetSize, horizon }, cards));
  print("growth in the horizon", byHorizon);
  const byContexts = [2, 5, 10, 20].map((contexts) => measure({ ...targetSize, contexts }, cards));
  print("growth in contexts", byContexts);
  const bySteps = [3, 6, 9, 12].map((steps) => measure({ ...targetSize, steps }, cards));
  print("growth in steps", bySteps);
  const large = [4, 5, 6, 7, 8].map((horizon) => measureLarge(horizon, "solver"));
  printLarge(large);
  const alone = large[1]?.cpuSeconds ?? 0;
  const command = measureLarge(5, "command");
  const times = (command.cpuSeconds / alone).toFixed(2);
  console.log(`the whole of \`interlock decide\` at horizon 5: ${times} times the solver alone (target: at most 3)`);
  if (values.json === undefined) return;
  const document = {
    format: "interlock.bench-belief/1",
    cpu: cpus()[0]?.model ?? "",
    node: process.version,
    target,
    beliefUs,
    byHorizon,
    byContexts,
    bySteps,
    large,
    command,
    beliefCountOfTarget: countGraphNodes(drawCard(createRng(41), targetSize)),
  };
  writeFileSync(values.json, `${JSON.stringify(document, null, 2)}\n`);
}

main();
