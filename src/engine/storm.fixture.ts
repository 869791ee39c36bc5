import type { Plan } from "../core/plan/plan.ts";
import { applyRun, createRun } from "../core/run/apply/apply.ts";
import { applySite, emptySite } from "../core/run/apply/site.ts";
import { vectorItems } from "../core/run/collections/persistent-vector.ts";
import { due } from "../core/run/due/due.ts";
import type { StepSketch } from "../core/run/fixtures/plan.fixture.ts";
import { isEnded } from "../core/run/tell/view.ts";
import type { Event } from "../core/run/words/event.ts";
import type { Input, Reply } from "../core/run/words/input.ts";
import type { RunState } from "../core/run/words/state.ts";
import { problem } from "../core/value/codes.ts";
import { ok } from "../core/value/result.ts";
import type { RngCursor } from "../core/value/rng.ts";
import type { Connector, ConnectorRequest } from "../ports.ts";
import { deferred, FakeClock, FakeStore, settled, startOn } from "./engine.fixture.ts";
import { Engine, type EngineState } from "./engine.ts";

/*
 * Real engines, one after the other, over one log in memory and a world of boxes: commits take as long as they like,
 * calls hang, land late and are answered or not, and a process that dies leaves what was written, and nothing else, to
 * the next. What must hold is read off the log and off what left for the world, not off the engine.
 */

/** A process: its engine and what it knows of the log. */
interface Process {
  readonly engine: Engine;
  readonly store: FakeStore;
  /** Writes that it sent, by key. */
  readonly sent: Map<string, number>;
  /** Of those, how many were answered while it lived. */
  readonly answered: Map<string, number>;
  /** Length of the log that it found. */
  readonly firstSeq: number;
  /** Events it was told of as durable, in order. */
  readonly told: Event[];
}

/** A call that has left and has not been answered. */
interface OpenCall {
  readonly request: ConnectorRequest;
  readonly by: Process;
  readonly answer: (reply: Reply) => void;
}

/** All that outlives a process, and the process of now. */
export interface Storm {
  readonly clock: FakeClock;
  readonly levels: Map<string, number>;
  readonly servedKeys: Set<string>;
  readonly plans: Map<string, Plan>;
  calls: OpenCall[];
  /** What did not hold. */
  readonly violations: string[];
  /** Whether a read waits to be answered, as a write does. */
  readsHang: () => boolean;
  /** How long it takes to say whether a run stands. */
  standingRounds: () => number;
  now: Process;
  epoch: number;
  /** Engines that were replaced and do not know it yet. */
  zombies: Engine[];
}

/** A first engine over an empty log. */
export async function createStorm(rng: RngCursor): Promise<Storm> {
  const storm: Omit<Storm, "now"> = {
    clock: new FakeClock(),
    levels: new Map(),
    servedKeys: new Set(),
    plans: new Map(),
    calls: [],
    violations: [],
    readsHang: () => rng.below(4) === 0,
    standingRounds: () => rng.below(5),
    epoch: 1,
    zombies: [],
  };
  // `now` is there before anything asks for it.
  const whole = storm as Storm;
  whole.now = await openProcess(whole, new FakeStore());
  return whole;
}

/** The process is gone, between any two instructions; another folds what was written, and takes over. */
export async function replaceProcess(storm: Storm, { isZombie }: { readonly isZombie: boolean }): Promise<void> {
  const { engine, store } = storm.now;
  store.lose();
  // One that was only paused goes on with what was written, until it wants to write and is refused.
  if (isZombie) [store.mode, storm.zombies] = ["full", [...storm.zombies, engine]];
  else void engine.close();
  storm.epoch += 1;
  storm.now = await openProcess(storm, new FakeStore(storm.epoch, store.durable));
  void storm.now.engine.takeOver(storm.now.engine.unfinishedRunIds());
  storm.now.store.mode = "held";
}

async function openProcess(storm: Storm, store: FakeStore): Promise<Process> {
  const process: Omit<Process, "engine"> = {
    store,
    sent: new Map(),
    answered: new Map(),
    firstSeq: store.length(),
    told: [],
  };
  const connector: Connector = {
    name: "test",
    operations: [],
    checkSettings: () => [],
    perform: (request) => perform(storm, process as Process, request),
  };
  const engine = new Engine(
    {
      store,
      clock: storm.clock,
      connections: new Map([["boxes", { name: "boxes", connector, settings: {}, secrets: new Map<string, string>() }]]),
      resolveSecret: () => Promise.resolve(ok("")),
      standing: async () => {
        for (let rounds = storm.standingRounds(); rounds > 0; rounds -= 1)
          await new Promise((resolve) => setImmediate(resolve));
        return { kind: "permitted" };
      },
      onEvent: (event) => process.told.push(event),
    },
    foldLog(storm, store),
  );
  await engine.record([{ kind: "engine_opened", runId: null, epoch: store.epoch, release: "storm" }], []);
  return Object.assign(process, { engine });
}

/** The state as a log alone tells it: through JSON, as a disk would keep it. */
export function foldLog({ plans }: Pick<Storm, "plans">, { durable }: FakeStore): EngineState {
  let site = emptySite();
  const runs = new Map<string, RunState>();
  for (const { event, atMs } of durable) {
    const kept = JSON.parse(JSON.stringify(event)) as Event;
    site = applySite(site, kept, atMs);
    if (kept.runId === null) continue;
    const plan = plans.get(kept.runId);
    const run =
      runs.get(kept.runId) ??
      (kept.kind === "run_started" && plan !== undefined ? createRun(plan, kept.planHash, kept.runId) : null);
    // A refused start leaves a record of a run that never was.
    if (run !== null) runs.set(kept.runId, applyRun(run, kept, atMs));
  }
  return { site, runs: new Map([...runs].filter(([, run]) => !isEnded(run))) };
}

function perform(storm: Storm, by: Process, request: ConnectorRequest): Promise<Reply> {
  if (request.access === "write") noteSent(storm, by, keyOf(request));
  else if (!storm.readsHang()) return Promise.resolve(truth(storm, request));
  const { promise, resolve } = deferred<Reply>();
  storm.calls.push({ request, by, answer: resolve });
  return promise;
}

/** A write that leaves has an intent of its own that is durable: none is early (I8), and none leaves twice (I3). */
function noteSent(storm: Storm, { store, sent }: Process, key: string): void {
  const count = countUp(sent, key);
  const intents = store.durable.filter(
    ({ event }) => event.kind === "step_intent" && event.idempotencyKey === key && event.attempt.epoch === store.epoch,
  );
  if (count > intents.length)
    storm.violations.push(`a write leaves ${count} times, with ${intents.length} durable intents`);
}

function countUp(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}

/** What `planOf` writes. */
function keyOf(request: ConnectorRequest): string {
  return (request.with as { readonly key: string }).key;
}

function truth({ levels }: Storm, request: ConnectorRequest): Reply {
  const { box } = request.with as { readonly box: string };
  return { kind: "applied", output: { level: levels.get(box) ?? 0 }, outputBytes: 1, outcome: null };
}

const refused = problem("E_STEP_REJECTED", "", "no");

/** How a call may go: it takes effect or not, and its caller is told so, something else, or nothing yet. */
const fates = ["lands", "lands", "lands", "is lost", "lands in silence", "is refused", "is refused for now"] as const;

/** Answers a call that has left: truthfully, or as it happens. */
export function answerCall(storm: Storm, call: OpenCall, fate: (typeof fates)[number]): void {
  storm.calls = storm.calls.filter((other) => other !== call);
  if (call.request.access === "write") countUp(call.by.answered, keyOf(call.request));
  if (fate === "is refused" || fate === "is refused for now")
    return call.answer({ kind: "rejected", problem: refused, retryable: fate === "is refused for now" });
  if (fate !== "is lost") land(storm, call.request);
  call.answer(
    fate === "lands" ? truth(storm, call.request) : { kind: "unknown", problem: problem("E_TIMEOUT", "", "no answer") },
  );
}

function land({ levels, servedKeys }: Storm, request: ConnectorRequest): void {
  if (request.access === "read" || servedKeys.has(keyOf(request))) return;
  servedKeys.add(keyOf(request));
  const { box, level } = request.with as { readonly box: string; readonly level: number };
  levels.set(box, level);
}

/** Any way a call may go. */
export function anyFate(rng: RngCursor): (typeof fates)[number] {
  // An index below the length.
  return fates[rng.below(fates.length)] as (typeof fates)[number];
}

/** Gives an input; what is acknowledged must be durable by then (I8). */
export function giveStorm(storm: Storm, input: Input): void {
  const { engine, store } = storm.now;
  void engine.submit(input).then((submission) => {
    if (!submission.ok) return;
    const durable = new Set(store.durable.map(({ event }) => event));
    if (submission.value.some((event) => !durable.has(event)))
      storm.violations.push(`\`${input.kind}\` is acknowledged before it is durable`);
  });
}

/** Starts a run of these steps, the next of its kind. */
export function startNext(storm: Storm, steps: readonly StepSketch[]): void {
  const input = startOn(storm, `run_${storm.plans.size + 1}`, steps);
  storm.plans.set(input.runId, input.plan);
  giveStorm(storm, input);
}

/** Runs of now that have not ended. */
export function openRuns({ now }: Storm): readonly RunState[] {
  return now.engine.unfinishedRunIds().flatMap((runId) => {
    const run = now.engine.run(runId);
    return run === null ? [] : [run];
  });
}

/**
 * With every commit let through, the engine works on what is due, once each, and on calls that have not been answered;
 * it was told of each durable event, once, in order; and its memory is what the log says.
 */
export async function checkQuiet(storm: Storm): Promise<void> {
  const { engine, store, told, firstSeq } = storm.now;
  do {
    store.release();
    await settled();
  } while (store.waitingCount() > 0);
  if (engine.halted !== null) return;
  const claim = (isTrue: boolean, what: string): void => void (isTrue || storm.violations.push(what));
  const runs = openRuns(storm).filter((run) => run.epoch === store.epoch);
  const dueCount = runs.reduce((sum, run) => sum + due(run).length, 0);
  const airCount = storm.calls.filter(({ by }) => by === storm.now).length;
  const count = engine.commandCount();
  claim(
    dueCount <= count && count <= dueCount + airCount,
    `${count} commands are worked on, ${dueCount} are due and ${airCount} calls are in the air`,
  );
  const written = store.durable.slice(firstSeq);
  claim(
    told.length === written.length && told.every((event, index) => event === written[index]?.event),
    "what was told of is not what was written",
  );
  claim(unrecorded(storm.now).length === 0, "an answer to a write is in no record");
  const folded = foldLog(storm, store);
  claim(
    runs.every((run) => stateText(run) === stateText(folded.runs.get(run.prepared.runId))),
    "a run in memory is not the one in the log (I7)",
  );
}

/** Keys of writes whose answers the log does not tell, each of them by itself. */
function unrecorded({ store, answered }: Process): readonly string[] {
  const keys = new Map<string, string>();
  const told = new Map<string, number>();
  for (const { event } of store.durable) {
    if (event.kind === "step_intent") keys.set(JSON.stringify(event.attempt), event.idempotencyKey);
    else if (
      (event.kind === "attempt_settled" || event.kind === "reply_ignored") &&
      event.attempt.epoch === store.epoch
    )
      countUp(told, keys.get(JSON.stringify(event.attempt)) ?? "");
  }
  return [...answered].filter(([key, count]) => (told.get(key) ?? 0) < count).map(([key]) => key);
}

function stateText(run: RunState | undefined): string {
  return run === undefined ? "" : JSON.stringify([run.phase, run.epoch, run.spent, vectorItems(run.steps)]);
}
