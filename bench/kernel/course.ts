// Records the inputs of a whole run once, so that replaying them measures the kernel and nothing else.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { emptySite } from "../../src/core/run/apply/site.ts";
import { decide } from "../../src/core/run/decide/decide.ts";
import { dueChanges } from "../../src/core/run/due/due-changes.ts";
import { startOf, testDriver } from "../../src/core/run/fixtures/driver.fixture.ts";
import { boxFingerprint } from "../../src/core/run/fixtures/plan.fixture.ts";
import type { Command } from "../../src/core/run/words/command.ts";
import type { Input } from "../../src/core/run/words/input.ts";
import type { RunState, SiteState } from "../../src/core/run/words/state.ts";
import { invariant } from "../../src/core/value/invariant.ts";
import type { Shape } from "./shapes.ts";

/** The input that starts a run, and the later ones as JSON texts of up to `chunkSize` inputs. */
export interface Course {
  readonly start: Input;
  readonly chunks: readonly string[];
}

/** The cost of replaying a course. */
export interface Replay {
  readonly eventCount: number;
  readonly cpuMicroseconds: number;
}

const chunkSize = 150;

/** Records the course of a plan of this shape. */
export function recordCourse(shape: Shape, stepCount: number): Course {
  const start = startOf(shape.plan(stepCount), testDriver());
  const inputs = recordInputs(start, shape.failing(stepCount));
  const chunks: string[] = [];
  for (let at = 0; at < inputs.length; at += chunkSize) chunks.push(JSON.stringify(inputs.slice(at, at + chunkSize)));
  return { start, chunks };
}

/**
 * The inputs that take a run to its end. Commands are answered in the order in which they come up, and time passes when
 * nothing else is due.
 */
export function recordInputs(start: Input, failing: string | null): readonly Input[] {
  const inputs: Input[] = [];
  const world: World = { levels: new Map(), failing, nowMs: 2_000 };
  const due = new Map<string, Command>();
  let [site, run] = step(emptySite(), null, start);
  let before: RunState | null = null;
  for (;;) {
    const { begun, over } = dueChanges(before, run);
    for (const id of over) due.delete(id);
    for (const command of begun) due.set(command.id, command);
    const next = firstOf(due);
    if (next === undefined) break;
    const input = inputFor(next, world);
    inputs.push(input);
    before = run;
    [site, run] = step(site, run, input);
  }
  if (run.phase.kind !== "ended") throw new Error("the bench's plan ends");
  return inputs;
}

/**
 * Gives the inputs of a course to the kernel and asks after each how what is due has changed, as the engine does.
 * Starting a run prepares its plan, in proportion to its size. That is done before the clock starts and its garbage is
 * collected, so that only the later events are measured.
 */
export function replayCourse({ start, chunks }: Course, repeats: number): Replay {
  const started = Array.from({ length: repeats }, () => step(emptySite(), null, start));
  // Twice, because objects that survive two minor collections are old and are not copied again while events are
  // measured. A major collection would shrink the young space, which would slow every shape.
  collectGarbage({ type: "minor" });
  collectGarbage({ type: "minor" });
  let [eventCount, commandCount, cpuMicroseconds] = [0, 0, 0];
  for (const first of started) {
    let [site, run] = first;
    for (const text of chunks) {
      // Parsed just now, as a driver would hand them over. Tens of thousands of old inputs would measure the machine's
      // memory.
      const inputs = JSON.parse(text) as readonly Input[];
      const cpu = process.cpuUsage();
      for (const input of inputs) {
        const decision = decide(site, run, input);
        const next = decision.run as RunState;
        const { begun, over } = dueChanges(run, next);
        commandCount += begun.length + over.length;
        site = decision.site;
        run = next;
        eventCount += decision.events.length;
      }
      const used = process.cpuUsage(cpu);
      cpuMicroseconds += used.user + used.system;
    }
    if (run.phase.kind !== "ended") throw new Error("the bench's plan ends");
  }
  if (commandCount === 0) throw new Error("the bench's plan wants something");
  return { eventCount, cpuMicroseconds };
}

interface World {
  readonly levels: Map<string, number>;
  readonly failing: string | null;
  nowMs: number;
}

function step(site: SiteState, run: RunState | null, input: Input): [SiteState, RunState] {
  const decision = decide(site, run, input);
  if (decision.kind !== "accepted" || decision.run === null) throw new Error("the kernel takes what it asked for");
  return [decision.site, decision.run];
}

function firstOf(due: ReadonlyMap<string, Command>): Command | undefined {
  let timer: Command | undefined;
  for (const command of due.values()) {
    if (command.kind !== "timer") return command;
    timer = command;
  }
  return timer;
}

function inputFor(command: Command, world: World): Input {
  if (command.kind === "timer") {
    world.nowMs = Math.max(world.nowMs, command.atMs);
    return { kind: "tick", atMs: world.nowMs, runId: command.runId };
  }
  const atMs = world.nowMs;
  if (command.kind === "send") {
    const { attempt, call } = command;
    if (attempt.stepId === world.failing)
      return {
        kind: "reply",
        atMs,
        runId: attempt.runId,
        attempt,
        reply: {
          kind: "rejected",
          problem: { code: "E_STEP_REJECTED", pointer: "", message: "no", hint: "" },
          retryable: false,
        },
      };
    const { box, level } = call.with as { readonly box: string; readonly level?: number };
    if (level !== undefined) world.levels.set(box, level);
    return {
      kind: "reply",
      atMs,
      runId: attempt.runId,
      attempt,
      reply: { kind: "applied", output: null, outputBytes: 0, outcome: "yes" },
    };
  }
  invariant(command.kind === "observe", "no step of this course starts an operation");
  const objects = command.objects.map((object) => {
    const box = object.slice("box/".length);
    const level = world.levels.get(box) ?? 0;
    return {
      object,
      fingerprint: boxFingerprint(level),
      fence: String(level),
      facts: [{ name: `box.${box}.level`, value: level }],
    };
  });
  return {
    kind: "observed",
    atMs,
    runId: command.runId,
    commandId: command.id,
    standing: { kind: "permitted" },
    result: { kind: "seen", objects, heldMs: 0, waitedMs: 0 },
  };
}

setFlagsFromString("--expose-gc");
// The flag above gives new contexts this function.
const collectGarbage = runInNewContext("gc") as (options: { readonly type: "minor" }) => void;
