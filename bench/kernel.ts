import { hash } from "node:crypto";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Plan } from "../src/core/plan/plan.ts";
import type { Command } from "../src/core/run/command.ts";
import { decide } from "../src/core/run/decide.ts";
import { due } from "../src/core/run/due.ts";
import type { Input } from "../src/core/run/input.ts";
import { startOf, testDriver } from "../src/core/run/driver.fixture.ts";
import { type StepSketch, boxFingerprint, planOf } from "../src/core/run/plan.fixture.ts";
import { emptySite } from "../src/core/run/site.ts";
import type { RunState, SiteState } from "../src/core/run/state.ts";

/*
 * `npm run bench:kernel [-- --json]`: CPU of one event through the kernel (decide, fold, due), for plans of 10 to 10,000 steps, in
 * units of H: the CPU of one `crypto.hash` of 364 bytes, measured in the same process and in turns with the rest. Gates are ratios;
 * times are printed for orientation alone.
 *
 * What grows with the plan, by profile (`node --cpu-prof bench/kernel.ts`, `--trace-gc`), is not the kernel's work but the machine's:
 * - what a run has to remember (the facts before and after each write, the key) outlives the young generation in a long run and is
 *   copied by the collector, while a run of 10 steps dies before. `node --min-semi-space-size=512 --max-semi-space-size=512
 *   bench/kernel.ts` takes that away: a chain of 10,000 then costs 1.40 times one of 10, and not 1.47. What remains is put down to
 *   three more levels of the state's trie and to plan data that is cold;
 * - a fan has `inFlightMax` steps under way, and `due` lists them all after every event. Ten steps keep five under way on average,
 *   so that the cost of a fan is compared with that of 100 steps, and not of 10, to see the plan's size alone.
 */

/** CPU of one event at one size. */
export interface KernelFigure {
  readonly shape: "chain" | "fan" | "reads";
  readonly stepCount: number;
  readonly eventCount: number;
  /** Median over the rounds. */
  readonly microsecondsPerEvent: number;
  readonly hashesPerEvent: number;
}

const sizes = [10, 100, 1_000, 10_000] as const;
const shapes = ["chain", "fan", "reads"] as const;
const rounds = 9;

function sketchesOf(shape: KernelFigure["shape"], stepCount: number): readonly StepSketch[] {
  return Array.from({ length: stepCount }, (_, index) => {
    const after = index === 0 ? [] : shape === "fan" ? ["s0"] : [`s${index - 1}`];
    return shape === "reads" ? { id: `s${index}`, kind: "probe", after } : { id: `s${index}`, after };
  });
}

/** The inputs of a whole run of a plan, everything succeeding: recorded once, so that only the kernel is measured. */
function recordInputs(plan: Plan): readonly Input[] {
  const inputs: Input[] = [startOf(plan, testDriver())];
  const levels = new Map<string, number>();
  let [site, run] = step(emptySite(), null, inputs[0] as Input);
  for (;;) {
    const next = due(run).find((command) => command.kind !== "timer");
    if (next === undefined) return inputs;
    const input = inputFor(next, levels);
    inputs.push(input);
    [site, run] = step(site, run, input);
  }
}

function caseOf(plan: Plan): { readonly start: Input; readonly chunks: readonly string[] } {
  const inputs = recordInputs(plan);
  return { start: inputs[0] as Input, chunks: chunksOf(inputs) };
}

function step(site: SiteState, run: RunState | null, input: Input): [SiteState, RunState] {
  const decision = decide(site, run, input);
  if (decision.run === null) throw new Error("the bench's plan starts");
  return [decision.site, decision.run];
}

/**
 * Puts the inputs of several runs through the kernel. Starting prepares a plan, once and in proportion to its size: that is done
 * before, and what it leaves behind is collected, so that what is measured is the cost of the events that follow.
 */
function runPlans({ start, chunks, repeats }: { readonly start: Input; readonly chunks: readonly string[]; readonly repeats: number }): { readonly eventCount: number; readonly cpuMicroseconds: number } {
  const started = Array.from({ length: repeats }, () => step(emptySite(), null, start));
  // Twice: what survives two minor collections is old, and is not copied again on the events' account. A major one would shrink
  // the young space, and every shape would pay for that.
  collectGarbage({ type: "minor" });
  collectGarbage({ type: "minor" });
  let [eventCount, commandCount, cpuMicroseconds] = [0, 0, 0];
  for (const first of started) {
    let [site, run] = first;
    for (const text of chunks) {
      // Fresh from the reader, as a driver hands them over: tens of thousands of old inputs would measure the machine's memory.
      const inputs = JSON.parse(text) as readonly Input[];
      const before = process.cpuUsage();
      for (const input of inputs) {
        const decision = decide(site, run, input);
        site = decision.site;
        run = decision.run as RunState;
        eventCount += decision.events.length;
        commandCount += due(run).length;
      }
      const used = process.cpuUsage(before);
      cpuMicroseconds += used.user + used.system;
    }
    if (run.phase.kind !== "ended") throw new Error("the bench's plan ends");
  }
  if (commandCount === 0) throw new Error("the bench's plan wants something");
  return { eventCount, cpuMicroseconds };
}

const chunkSize = 150;

function chunksOf(inputs: readonly Input[]): readonly string[] {
  const chunks: string[] = [];
  for (let at = 1; at < inputs.length; at += chunkSize) chunks.push(JSON.stringify(inputs.slice(at, at + chunkSize)));
  return chunks;
}

setFlagsFromString("--expose-gc");
// The flag above puts this function into new contexts.
const collectGarbage = runInNewContext("gc") as (options: { readonly type: "minor" }) => void;

function inputFor(command: Exclude<Command, { readonly kind: "timer" }>, levels: Map<string, number>): Input {
  const atMs = 2_000;
  if (command.kind === "send") {
    const { box, level } = command.call.with as { readonly box: string; readonly level?: number };
    if (level !== undefined) levels.set(box, level);
    return { kind: "reply", atMs, runId: command.attempt.runId, attempt: command.attempt, reply: { kind: "applied", output: null, outputBytes: 0, outcome: "yes" } };
  }
  const objects = command.objects.map((object) => {
    const box = object.slice("box/".length);
    const level = levels.get(box) ?? 0;
    return { object, fingerprint: boxFingerprint(level), fence: null, facts: [{ name: `box.${box}.level`, value: level }] };
  });
  return { kind: "observed", atMs, runId: command.runId, commandId: command.id, standing: { kind: "permitted" }, result: { kind: "seen", objects, heldMs: 0, waitedMs: 0 } };
}

function hashMicroseconds(): number {
  const bytes = Buffer.alloc(364, 7);
  const count = 20_000;
  const before = process.cpuUsage();
  for (let index = 0; index < count; index += 1) hash("sha256", bytes);
  const used = process.cpuUsage(before);
  return (used.user + used.system) / count;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
}

/** Measures every shape and size, in turns, so that a machine that slows down slows all of them. */
export function benchKernel(): { readonly hashMicroseconds: number; readonly figures: readonly KernelFigure[] } {
  const cases = shapes.flatMap((shape) => sizes.map((stepCount) => ({ shape, stepCount, ...caseOf(planOf(sketchesOf(shape, stepCount))), samples: [] as number[], eventCount: 0 })));
  const hashes: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const hashed = hashMicroseconds();
    if (round > 0) hashes.push(hashed);
    for (const measured of cases) {
      const repeats = Math.max(1, Math.ceil(2_000 / measured.stepCount));
      const { eventCount, cpuMicroseconds } = runPlans({ start: measured.start, chunks: measured.chunks, repeats });
      measured.eventCount = eventCount / repeats;
      // The first round warms the compiler.
      if (round > 0) measured.samples.push(cpuMicroseconds / eventCount);
    }
  }
  const unit = median(hashes);
  const figures = cases.map(({ shape, stepCount, samples, eventCount }) => {
    const microsecondsPerEvent = median(samples);
    return { shape, stepCount, eventCount, microsecondsPerEvent, hashesPerEvent: microsecondsPerEvent / unit };
  });
  return { hashMicroseconds: unit, figures };
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { json: { type: "boolean" } } });
  const { hashMicroseconds: unit, figures } = benchKernel();
  if (values.json === true) console.log(JSON.stringify({ format: "interlock.bench-kernel/1", hashMicroseconds: unit, figures }));
  else {
    console.log(`H = ${unit.toFixed(2)} µs CPU`);
    for (const { shape, stepCount, eventCount, microsecondsPerEvent, hashesPerEvent } of figures) {
      const small = figures.find((other) => other.shape === shape && other.stepCount === 10)?.microsecondsPerEvent ?? NaN;
      console.log(`${shape.padEnd(6)} ${String(stepCount).padStart(6)} steps ${String(eventCount).padStart(6)} events  ${microsecondsPerEvent.toFixed(2).padStart(7)} µs/event ${hashesPerEvent.toFixed(1).padStart(6)} H  × ${(microsecondsPerEvent / small).toFixed(2)}`);
    }
  }
}
