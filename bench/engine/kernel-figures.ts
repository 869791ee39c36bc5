// The kernel alone, without store or effects: CPU an event as the plan grows.
import type { Command } from "../../src/core/run/command.ts";
import { decide } from "../../src/core/run/decide.ts";
import { due } from "../../src/core/run/due.ts";
import type { Input, ObservedObject } from "../../src/core/run/input.ts";
import { applySite, emptySite } from "../../src/core/run/site.ts";
import type { RunState, SiteState } from "../../src/core/run/state.ts";
import { readObject } from "../../src/core/plan/read-object.ts";
import type { Plan } from "../../src/core/plan/plan.ts";
import { sequentialPlan, startOf } from "./box-world.ts";
import { type Figure, ratioOf, summarize, takeTurns, warmUpRounds } from "./measure.ts";

const eventCount = 4_000;

/** Steps from the middle of a run of each length: so many events, and what they cost. */
export async function kernelFigures(hashUs: number, rounds: number, sizes: readonly number[] = [10, 100, 1_000, 10_000]): Promise<readonly Figure[]> {
  const plans = new Map(sizes.map((size) => [size, sequentialPlan(size, "k")]));
  const contenders = Object.fromEntries(sizes.map((size) => [`${size}`, (): void => {
    const plan = plans.get(size);
    if (plan !== undefined) work.set(size, runEvents(plan));
  }]));
  const work = new Map<number, { readonly cpuUs: number; readonly events: number }>();
  const perEvent = new Map<number, number[]>(sizes.map((size) => [size, []]));
  const measured = Object.fromEntries(Object.entries(contenders).map(([name, run]) => [name, () => {
    run();
    const done = work.get(Number(name));
    if (done !== undefined) perEvent.get(Number(name))?.push(done.cpuUs / done.events);
  }]));
  await takeTurns(measured, rounds);
  const values = (size: number): readonly number[] => (perEvent.get(size) ?? []).slice(warmUpRounds);
  const figures = sizes.flatMap((size) => [
    summarize(`kernel, ${size} steps: CPU an event`, "µs", values(size)),
    summarize(`kernel, ${size} steps: CPU an event`, "H", values(size).map((value) => value / hashUs)),
  ]);
  const [smallest = 10] = sizes;
  const largest = sizes.at(-1) ?? smallest;
  return [...figures, ratioOf(`kernel: an event at ${largest} steps beside one at ${smallest}`, values(largest), values(smallest))];
}

interface Driven {
  site: SiteState;
  run: RunState;
  events: number;
  levels: Map<string, number>;
}

/** Runs a plan, again where it is short, until enough events were decided; preparing and starting are not counted. */
function runEvents(plan: Plan): { readonly cpuUs: number; readonly events: number } {
  let cpuUs = 0;
  let events = 0;
  for (let number = 0; events < eventCount; number += 1) {
    const driven = begin(plan, `run_${number}`);
    const before = process.cpuUsage();
    while (driven.events < eventCount && advance(driven));
    const { user, system } = process.cpuUsage(before);
    cpuUs += user + system;
    events += driven.events;
  }
  return { cpuUs, events };
}

function begin(plan: Plan, runId: string): Driven {
  const site = applySite(emptySite(), { kind: "engine_opened", runId: null, epoch: 1, release: "bench" }, 0);
  const decision = decide(site, null, startOf(plan, runId, 1_000));
  if (decision.kind !== "accepted" || decision.run === null) throw new Error("the plan starts");
  readingsOf(decision.run);
  return { site: decision.site, run: decision.run, events: 0, levels: new Map() };
}

function advance(driven: Driven): boolean {
  const command = due(driven.run).find(({ kind }) => kind !== "timer");
  if (command === undefined) return false;
  const decision = decide(driven.site, driven.run, answerTo(driven, command));
  if (decision.kind !== "accepted" || decision.run === null) throw new Error("the kernel takes what it asked for");
  driven.site = decision.site;
  driven.run = decision.run;
  driven.events += decision.events.length;
  return true;
}

function answerTo({ run, levels }: Driven, command: Command): Input {
  const runId = run.prepared.runId;
  if (command.kind === "timer") return { kind: "tick", runId, atMs: command.atMs };
  if (command.kind === "send") {
    const { box, level } = command.call.with as { readonly box: string; readonly level: number };
    levels.set(box, level);
    return { kind: "reply", runId, attempt: command.attempt, atMs: 1_000, reply: { kind: "applied", output: { level }, outputBytes: 11, outcome: null } };
  }
  const objects = command.objects.map((object) => {
    const seen = readingsOf(run).get(object)?.[levels.get(object.slice("box/".length)) ?? 0];
    if (seen === undefined) throw new Error("a plan says how each object is seen");
    return seen;
  });
  return { kind: "observed", runId, commandId: command.id, atMs: 1_000, standing: { kind: "permitted" }, result: { kind: "seen", objects, heldMs: command.holdMs, waitedMs: command.quietMs } };
}

const known = new WeakMap<Plan, ReadonlyMap<string, readonly ObservedObject[]>>();

/** Every box at level 0 and at level 1, read beforehand: reading is a driver's work and not the kernel's. */
function readingsOf({ prepared: { plan } }: RunState): ReadonlyMap<string, readonly ObservedObject[]> {
  const readings = known.get(plan) ?? new Map(plan.observations.map((observation) => [observation.object, [0, 1].map((level) => readObject(observation, { level }))]));
  known.set(plan, readings);
  return readings;
}
