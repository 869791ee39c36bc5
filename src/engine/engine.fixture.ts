import { readObject } from "../core/plan/compile/read-object.ts";
import type { ObjectObservation, Plan } from "../core/plan/plan.ts";
import { applySite, emptySite } from "../core/run/apply/site.ts";
import { alice, approvalOf } from "../core/run/fixtures/driver.fixture.ts";
import { type PlanSketch, planOf, type StepSketch, testDigest } from "../core/run/fixtures/plan.fixture.ts";
import type { Event } from "../core/run/words/event.ts";
import type { Reply, Standing, StartInput } from "../core/run/words/input.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { AppendBatch, AppendReceipt, Store } from "../log/store.ts";
import type { Clock, Connector, ConnectorRequest } from "../ports.ts";
import { Engine, type EngineOptions, type EngineState } from "./engine.ts";

/** A log in memory. The test lets commits through, keeps them waiting, or has them refused. */
export class FakeStore implements Store {
  readonly epoch: number;
  readonly durable: { readonly event: Event; readonly atMs: number }[] = [];
  mode: "auto" | "held" | "full" | "throws" = "auto";
  isClosed = false;
  #waiting: (() => void)[] = [];

  constructor(epoch = 1) {
    this.epoch = epoch;
  }

  append(batch: AppendBatch): Promise<Result<AppendReceipt, Problem>> {
    if (this.mode === "throws") return Promise.reject(new Error("no plain data"));
    const isFull = this.mode === "full";
    return new Promise((resolve) => {
      const settle = (): void => {
        if (isFull) return resolve(fail(problem("E_STORE_FULL", "", "the disk is full")));
        // Bodies are the events that the engine handed over.
        this.durable.push(...batch.records.map(({ atMs, body }) => ({ event: body as unknown as Event, atMs })));
        resolve(ok({ firstSeq: 0, length: this.durable.length, head: testDigest("head") }));
      };
      if (this.mode === "held") this.#waiting.push(settle);
      else setImmediate(settle);
    });
  }

  /** Lets waiting commits through, oldest first: all of them, or `count`. */
  release(count = Infinity): void {
    for (const settle of this.#waiting.splice(0, count)) settle();
  }

  kinds(runId?: string): readonly Event["kind"][] {
    return this.durable
      .filter(({ event }) => runId === undefined || event.runId === runId)
      .map(({ event }) => event.kind);
  }

  hasRun(runId: string): boolean {
    return this.durable.some(({ event }) => event.kind === "run_started" && event.runId === runId);
  }

  length(): number {
    return this.durable.length;
  }

  head(): AppendReceipt["head"] {
    return testDigest("head");
  }

  entries(): readonly never[] {
    return [];
  }

  document(): null {
    return null;
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

/** A clock that moves when the test says so. */
export class FakeClock implements Clock {
  wallMs = 1_000;
  #monotonicMs = 0;
  #sleepers: { readonly untilMs: number; readonly wake: () => void }[] = [];

  nowMs(): number {
    return this.wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const sleeper = { untilMs: this.#monotonicMs + Math.max(0, ms), wake: resolve };
      this.#sleepers.push(sleeper);
      signal.addEventListener(
        "abort",
        () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
          resolve();
        },
        { once: true },
      );
    });
  }

  sleeperCount(): number {
    return this.#sleepers.length;
  }

  advance(ms: number): void {
    this.wallMs += ms;
    this.#monotonicMs += ms;
    const due = this.#sleepers.filter(({ untilMs }) => untilMs <= this.#monotonicMs);
    this.#sleepers = this.#sleepers.filter(({ untilMs }) => untilMs > this.#monotonicMs);
    for (const { wake } of due) wake();
  }
}

/** What the engine under test drives, and what the test sees of it. */
export interface TestSite {
  readonly engine: Engine;
  readonly store: FakeStore;
  readonly clock: FakeClock;
  /** The level of each box. */
  readonly levels: Map<string, number>;
  /** The box of each write that left, in order. */
  readonly writes: string[];
  /** The box of each write whose intent was not durable when it left. Must stay empty. */
  readonly early: string[];
  readonly reported: Event[];
  /** How many reads have left. */
  readCount: number;
  standingCount: number;
  /** The answer to every question whether a run still stands. */
  standing: Standing;
  /** What a call does, if it does not succeed at once. */
  onCall: ((request: ConnectorRequest, box: string) => Promise<Reply> | Reply | null) | null;
}

/** An engine over fresh boxes, or over the boxes and the log of an earlier one. */
export function testSite(
  options: {
    readonly epoch?: number;
    readonly left?: TestSite;
    readonly connections?: EngineOptions["connections"];
    /** The machine's clock, where several engines look at one. */
    readonly clock?: FakeClock;
  } = {},
): TestSite {
  const store = new FakeStore(options.epoch ?? 1);
  const { left } = options;
  const world = {
    levels: left?.levels ?? new Map<string, number>(),
    writes: left?.writes ?? [],
    early: [],
    reported: [],
    readCount: 0,
    standingCount: 0,
    standing: { kind: "permitted" },
    onCall: null,
  } as Omit<TestSite, "engine" | "store" | "clock">;
  const clock = options.clock ?? new FakeClock();
  const opened: Event = { kind: "engine_opened", runId: null, epoch: store.epoch, release: "test" };
  const state: EngineState = {
    site: applySite(left?.engine.site ?? emptySite(), opened, 0),
    runs: left === undefined ? new Map() : runsOf(left),
  };
  const boxes = {
    name: "boxes",
    connector: boxConnector(() => site),
    settings: {},
    secrets: new Map<string, string>(),
  };
  const engine = new Engine(
    {
      store,
      clock,
      connections: options.connections ?? new Map([["boxes", boxes]]),
      resolveSecret: () => Promise.resolve(ok("")),
      standing: () => {
        site.standingCount += 1;
        return Promise.resolve(site.standing);
      },
      onEvent: (event) => site.reported.push(event),
    },
    state,
  );
  const site: TestSite = Object.assign(world, { engine, store, clock });
  return site;
}

function runsOf({ engine }: TestSite): EngineState["runs"] {
  return new Map(
    engine.unfinishedRunIds().flatMap((runId) => {
      const run = engine.run(runId);
      return run === null ? [] : [[runId, run]];
    }),
  );
}

function boxConnector(site: () => TestSite): Connector {
  return {
    name: "test",
    operations: [],
    checkSettings: () => [],
    async perform(request) {
      const world = site();
      // `planOf` writes calls of this shape.
      const { box, level, key } = request.with as {
        readonly box: string;
        readonly level?: number;
        readonly key?: string;
      };
      if (request.access === "write") {
        if (!world.store.durable.some(({ event }) => event.kind === "step_intent" && event.idempotencyKey === key))
          world.early.push(box);
        world.writes.push(box);
      } else world.readCount += 1;
      const instead = await world.onCall?.(request, box);
      if (instead !== null && instead !== undefined) return instead;
      if (request.access === "write") world.levels.set(box, level ?? 0);
      return { kind: "applied", output: { level: world.levels.get(box) ?? 0 }, outputBytes: 1, outcome: null };
    },
  };
}

/** The input that starts a plan of these steps, with everything pinned as it is now. */
export function startOn(
  site: Pick<TestSite, "levels" | "clock">,
  runId: string,
  steps: readonly StepSketch[],
  sketch: PlanSketch = {},
): StartInput {
  const base = planOf(steps, sketch);
  const observations = base.pins.targets.map(({ object }) => observationOf(object));
  const targets = observations.map((observation) =>
    readObject(observation, { level: site.levels.get(observation.object.slice("box/".length)) ?? 0 }),
  );
  const pins: Plan["pins"] = {
    ...base.pins,
    targets: base.pins.targets.map((pin, index) => ({
      ...pin,
      fingerprint: targets[index]?.fingerprint ?? pin.fingerprint,
    })),
  };
  const planHash = testDigest(`plan of ${runId}`);
  const { targets: _, ...current } = pins;
  return {
    kind: "start",
    runId,
    plan: { ...base, observations, pins },
    planHash,
    authorization: approvalOf(planHash),
    actor: alice,
    atMs: site.clock.nowMs(),
    current: { ...current, targets },
  };
}

function observationOf(object: ObjectObservation["object"]): ObjectObservation {
  return {
    object,
    fence: "/level",
    fingerprint: ["/level"],
    facts: [{ fact: "level", pointer: "/level", map: null, atLeast: null, type: { kind: "integer", min: 0, max: 9 } }],
    call: {
      connection: "boxes",
      connector: "test",
      operation: "get",
      access: "read",
      with: { box: object.slice("box/".length) },
      timeoutMs: 1_000,
      outputBytesMax: 1_000,
    },
  };
}

/** Waits until something holds. The clock moves only if the test passes it. */
export async function until(
  holds: () => boolean,
  options: { readonly clock?: FakeClock; readonly stepMs?: number } = {},
): Promise<void> {
  for (let round = 0; round < 400; round += 1) {
    if (holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
    options.clock?.advance(options.stepMs ?? 100);
  }
  throw new Error("it does not come to hold");
}

/** Lets everything happen that can happen while the clock stands still. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A promise that the test resolves when it likes. */
export function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((given) => (resolve = given));
  return { promise, resolve };
}
