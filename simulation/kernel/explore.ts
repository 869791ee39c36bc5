import { hash } from "node:crypto";
import { vectorItems } from "../../src/core/run/collections/persistent-vector.ts";
import type { Happening } from "../happening.ts";
import { boxPlans } from "../plans/box-plans.ts";
import { approvedRun } from "../runs.ts";
import { countOption, readArgs, refuseOption } from "../script-options.ts";
import { cloneSimulation } from "./clone-simulation.ts";
import { listFreeMoves } from "./moves.ts";
import { checkRest, landEverything } from "./run-schedule.ts";
import { createSimulation, type Simulation, unstarted } from "./simulation.ts";
import { listCrashes, listFaults } from "./troubles.ts";

/*
 * `npm run explore [-- --states N] [--nightly | --release] [--json]`: exhaustive search over the real kernel for small
 * configurations. Tries every order of what may happen, with up to a number of faults (lost, late, refused and repeated
 * calls, changes by somebody else, crashes, power cuts), and visits every state once. States that differ only in clock
 * readings count as one.
 */

/** A plan, the most faults on one path, and the most states to visit. */
export interface Configuration {
  readonly planName: string;
  readonly faultCountMax: number;
  /**
   * `crashes` means only crashes of the process and of the machine, so that a search can have more of them in the same
   * time.
   */
  readonly faults: "any" | "crashes";
  readonly stateCountMax: number;
}

/** The result of a search. */
export interface Exploration extends Configuration {
  readonly states: number;
  readonly moves: number;
  /** Whether every state was visited. */
  readonly isComplete: boolean;
  readonly seconds: number;
  readonly violation: { readonly problem: string; readonly path: readonly string[] } | null;
}

/** The number of faults for the nightly search, for plans where more than two fit into half a million states. */
const deep: ReadonlyMap<string, number> = new Map([
  ["two keyed writes", 4],
  ["two branches at once", 3],
  ["a step that may fail", 4],
  ["three writes without a key", 3],
  ["one box twice", 3],
]);

/** What `npm test` searches. */
export const configurations: readonly Configuration[] = [
  { planName: "two keyed writes", faultCountMax: 2, faults: "any", stateCountMax: 20_000 },
  { planName: "two branches at once", faultCountMax: 1, faults: "any", stateCountMax: 20_000 },
  { planName: "a step that may fail", faultCountMax: 2, faults: "any", stateCountMax: 20_000 },
];

/** What the nightly job searches: every plan, as deep as half a million states go. Their digests take about 100 MB. */
const nightly: readonly Configuration[] = boxPlans.map(({ name }) => ({
  planName: name,
  faultCountMax: deep.get(name) ?? 2,
  faults: "any",
  stateCountMax: 500_000,
}));

/** What a release searches as well: every plan with two crashes anywhere, all states. */
const release: readonly Configuration[] = boxPlans.map(({ name }) => ({
  planName: name,
  faultCountMax: 2,
  faults: "crashes",
  stateCountMax: 2_000_000,
}));

interface Node {
  readonly simulation: Simulation;
  readonly faultCount: number;
  readonly path: Trail | null;
}

/** How a state was reached, newest first. */
interface Trail {
  readonly name: string;
  readonly before: Trail | null;
}

/** Searches one configuration depth first. */
export function explore(configuration: Configuration): Exploration {
  const started = performance.now();
  const named = boxPlans.find(({ name }) => name === configuration.planName);
  if (named === undefined) throw new Error(`no plan \`${configuration.planName}\``);
  const run = unstarted(approvedRun("run_1", named.plan, { approvalId: "ap_1", expiresAtMs: 1e9 }));
  const stack: Node[] = [
    { simulation: createSimulation([run], { storms: [], isHasty: false }), faultCount: 0, path: null },
  ];
  const known = new Set<string>();
  let moves = 0;
  const done = (violation: Exploration["violation"], isComplete: boolean): Exploration => ({
    ...configuration,
    states: known.size,
    moves,
    isComplete,
    seconds: (performance.now() - started) / 1000,
    violation,
  });
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const key = keyOf(node);
    if (known.has(key)) continue;
    known.add(key);
    if (known.size >= configuration.stateCountMax) return done(null, false);
    const children = childrenOf(node, configuration);
    const [problem] = node.simulation.oracle.violations;
    if (problem !== undefined) return done({ problem, path: trailOf(node.path) }, false);
    moves += children.length;
    stack.push(...children);
  }
  return done(null, true);
}

function childrenOf(node: Node, { faultCountMax, faults: kind }: Configuration): readonly Node[] {
  const free = listFreeMoves(node.simulation);
  if (free.length === 0) atRest(node.simulation);
  const moves = free.map((_, index) => take(node, { list: listFreeMoves, index, faultCount: node.faultCount }));
  const list = kind === "any" ? listFaults : listCrashes;
  const faults = node.faultCount >= faultCountMax ? [] : list(node.simulation);
  return [...moves, ...faults.map((_, index) => take(node, { list, index, faultCount: node.faultCount + 1 }))];
}

/**
 * Checks a state in which nothing more happens by itself: every run has ended or names the person it waits for. Calls
 * that were given up may still land.
 */
function atRest(simulation: Simulation): void {
  checkRest(simulation);
  const worst = cloneSimulation(simulation);
  landEverything(worst);
  simulation.oracle.violations.push(...worst.oracle.violations);
}

function take(
  node: Node,
  move: {
    readonly list: (simulation: Simulation) => readonly Happening[];
    readonly index: number;
    readonly faultCount: number;
  },
): Node {
  const simulation = cloneSimulation(node.simulation);
  const happening = move.list(simulation)[move.index];
  if (happening === undefined) throw new Error("a copy has the moves of the original");
  happening.happen();
  return { simulation, faultCount: move.faultCount, path: { name: happening.name, before: node.path } };
}

function keyOf({ simulation, faultCount }: Node): string {
  const { world } = simulation;
  const text = JSON.stringify(
    [
      faultCount,
      simulation.runs.map(({ state }) =>
        state === null ? null : [state.phase, vectorItems(state.steps), state.calls, state.spent, state.epoch],
      ),
      [...world.levels].sort(),
      // The oracle forgives more once somebody else has changed a box, and the fence has moved.
      [...world.meddledBoxes].sort(),
      [...world.versions].sort(),
      [...world.servedKeys].sort(),
      world.calls.map(({ fate, told, command, epoch }) => [command.id, fate, told, epoch]),
      world.operations.map(({ id, status, percent, isToBeCancelled }) => [id, status, percent, isToBeCancelled]),
      simulation.asks.map(({ id }) => id),
      simulation.readings.map(({ command }) => command.id),
      [...simulation.sentIds].sort(),
      [...simulation.fruitless].sort(),
      simulation.orphans.map(({ command }) => command.id),
      simulation.store.commits.length - simulation.store.writtenCount,
      simulation.store.commits.length - simulation.store.syncedCount,
    ],
    (name, value: unknown) => (name.endsWith("Ms") || name === "command" ? undefined : value),
  );
  return hash("sha1", text, "base64");
}

function trailOf(path: Trail | null): readonly string[] {
  const names: string[] = [];
  for (let link = path; link !== null; link = link.before) names.push(link.name);
  return names.reverse();
}

function describeExploration(found: Exploration): string {
  const { planName, faultCountMax, faults, states, isComplete, moves, seconds, violation } = found;
  const searched = `${planName}, up to ${faultCountMax} ${faults === "any" ? "faults" : "crashes"}`;
  const size = `${states} states${isComplete ? ", all of them" : ""}, ${moves} moves, ${seconds.toFixed(1)} s`;
  return `${searched}: ${size}, ${violation?.problem ?? "no violation"}`;
}

if (import.meta.main) {
  const { values } = readArgs({
    options: {
      states: { type: "string" },
      faults: { type: "string" },
      plan: { type: "string" },
      nightly: { type: "boolean" },
      release: { type: "boolean" },
      json: { type: "boolean" },
    },
  });
  const listed =
    values.release === true
      ? release
      : values.nightly === true
        ? nightly
        : values.plan === undefined
          ? configurations
          : boxPlans.map(
              ({ name }) => ({ planName: name, faultCountMax: 2, faults: "any", stateCountMax: 20_000 }) as const,
            );
  const chosen = listed.filter(
    ({ planName }) => values.plan === undefined || values.plan === "all" || planName === values.plan,
  );
  if (chosen.length === 0)
    refuseOption(`there is no plan \`${values.plan ?? ""}\`: ${listed.map(({ planName }) => planName).join(", ")}`);
  const found = chosen.map((configuration) =>
    explore({
      ...configuration,
      stateCountMax: countOption("states", values.states ?? `${configuration.stateCountMax}`, 1),
      faultCountMax: countOption("faults", values.faults ?? `${configuration.faultCountMax}`),
    }),
  );
  if (values.json === true) console.log(JSON.stringify({ format: "interlock.exploration/1", found }));
  else
    for (const result of found) {
      console.log(describeExploration(result));
      for (const name of result.violation?.path ?? []) console.log(`    ${name}`);
    }
  process.exitCode = found.some((result) => result.violation !== null) ? 1 : 0;
}
