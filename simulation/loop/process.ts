import { applyRun } from "../../src/core/run/apply/apply.ts";
import { applySite, emptySite } from "../../src/core/run/apply/site.ts";
import { due, timerAtMs } from "../../src/core/run/due/due.ts";
import type { SendCommand } from "../../src/core/run/words/command.ts";
import type { Decision } from "../../src/core/run/words/decision.ts";
import type { Event } from "../../src/core/run/words/event.ts";
import type { Input, Reply, Standing } from "../../src/core/run/words/input.ts";
import { isEnded, type RunState } from "../../src/core/run/words/state.ts";
import { problem } from "../../src/core/value/codes.ts";
import { ok } from "../../src/core/value/result.ts";
import { Engine, type EngineState } from "../../src/engine/engine.ts";
import { connectorMarginMs } from "../../src/ports/guard-connector.ts";
import type { Clock, Connector, ConnectorRequest } from "../../src/ports.ts";
import { transitionOf } from "../happening.ts";
import { checkDecision, checkSend } from "../oracle/judge.ts";
import { checkAsk } from "../oracle/judge-operation.ts";
import { claim } from "../oracle/memory.ts";
import { isAwaited } from "../people.ts";
import { createdRun } from "../runs.ts";
import { sendCall, wallMs } from "../world.ts";
import { catchUp, LoopStore, seqOf } from "./disk.ts";
import type { Loop, LoopRun, Process } from "./state.ts";
import { timedOut } from "./world-moves.ts";

/*
 * The real engine with ports that the schedule controls: its store, its clock, its connector and its permission to go
 * on.
 */

/** Opens the disk as a new process does: announces the engine, then takes over what an earlier one left. */
export function openProcess(loop: Loop): void {
  const { disk, oracle } = loop;
  const store = new LoopStore(disk);
  catchUp(disk);
  const process = startProcess(loop, store);
  loop.now = process;
  for (const run of loop.runs) run.isAsked = run.isRefused || store.hasRun(run.runId);
  store.isPrompt = true;
  const opened = { kind: "engine_opened", runId: null, epoch: store.epoch, release: "simulated" } as const;
  process.engine.record([opened], []).then(
    (announced) => {
      store.isPrompt = false;
      claim(oracle, announced.ok, "I19", "an engine cannot open what an earlier one left");
      takeOver(loop);
    },
    (error: unknown) => noteThrow(oracle, "opening", error),
  );
}

/** The engine takes over everything that has not ended. It does so when it opens; doing it again is harmless. */
export function takeOver({ now, oracle }: Loop): void {
  now.engine.takeOver(now.engine.unfinishedRunIds()).catch((error: unknown) => noteThrow(oracle, "a take-over", error));
}

/** Gives the present engine an input. What it acknowledges must be durable by then (I8). */
export function give(loop: Loop, input: Input, run: LoopRun | null): void {
  const { oracle, now } = loop;
  const { engine } = now;
  engine.submit(input).then(
    (submission) => {
      if (submission.ok) return checkAcknowledged(loop, input, submission.value);
      if (input.kind !== "start" || run === null) return;
      // The store refused this and not the kernel, so the next engine is asked again.
      if (engine.halted === null) run.isRefused = true;
      else if (loop.now === now) run.isAsked = false;
    },
    (error: unknown) => noteThrow(oracle, `\`${input.kind}\``, error),
  );
  if (input.kind === "start" && run !== null) run.isAsked = true;
}

function checkAcknowledged({ oracle, disk }: Loop, input: Input, events: readonly Event[]): void {
  const isPersons = !["start", "tick", "epoch", "observed", "reply", "answer"].includes(input.kind);
  const seqs = events.map((event) => seqOf(disk, event));
  claim(
    oracle,
    seqs.every((seq) => seq >= 0 && (!isPersons || seq < disk.syncedCount)),
    "I8",
    `\`${input.kind}\` is acknowledged before it is durable`,
  );
}

/** Notes an exception that reached the caller of the engine, or nobody. */
export function noteThrow(oracle: Loop["oracle"], what: string, error: unknown): void {
  claim(oracle, false, "assertion", `${what} throws: ${error instanceof Error ? error.message : "no error"}`);
}

function startProcess(loop: Loop, store: LoopStore): Process {
  const { disk, oracle } = loop;
  const told: Event[] = [];
  const engine: Engine = new Engine(
    {
      store,
      clock: clockOf(loop, () => process),
      connections: new Map([
        ["boxes", { name: "boxes", connector: connectorOf(loop, () => process), settings: {}, secrets: new Map() }],
      ]),
      resolveSecret: () => Promise.resolve(ok("")),
      standing: () => standingOf(loop, process),
      onEvent: (event) => {
        claim(oracle, seqOf(disk, event) >= 0, "I8", `\`${event.kind}\` is told before it is durable`);
        told.push(event);
      },
      onDecision: (input, decision) => judge(loop, process, input, decision),
      endedCountMax: loop.endedCountMax,
    },
    foldDisk(loop),
  );
  const process: Process = {
    engine,
    store,
    firstCommit: disk.commits.length,
    decided: new WeakMap(),
    told,
    sent: new Set(),
    answered: [],
    readings: [],
    questions: [],
    sleepers: [],
    standings: [],
    rests: new Map(),
    mode: "working",
    replacedAtMs: null,
  };
  return process;
}

/** The state that the disk alone gives. */
export function foldDisk({ disk, runs }: Loop): EngineState {
  let site = emptySite();
  const states = new Map<string, RunState>();
  for (const { events, atMs } of disk.commits) {
    for (const event of events) {
      site = applySite(site, event, atMs);
      const run = runs.find(({ runId }) => runId === event.runId);
      if (run === undefined) continue;
      // A refused start leaves a record of a run that never existed.
      const state = states.get(run.runId) ?? (event.kind === "run_started" ? createdRun(run) : null);
      if (state !== null) states.set(run.runId, applyRun(state, event, atMs));
    }
  }
  return { site, runs: new Map([...states].filter(([, state]) => !isEnded(state))) };
}

/** Checks a decision of the present engine with the oracle. What a replaced one decides is never written. */
function judge(loop: Loop, process: Process, input: Input, decision: Decision): void {
  if (loop.now !== process) return;
  const { oracle, world, runs, transitions } = loop;
  const before = input.runId === null ? null : process.engine.run(input.runId);
  const key = transitionOf(input, before);
  transitions.set(key, (transitions.get(key) ?? 0) + 1);
  const isAnswer = input.kind === "observed" || input.kind === "asked";
  const wasDue = !isAnswer || (before !== null && due(before).some((command) => command.id === input.commandId));
  const run = runs.find(({ runId }) => runId === input.runId) ?? null;
  if (input.kind === "tick" && before !== null) checkPatience(loop, before, decision);
  const isTaken = before === null || before.epoch === process.store.epoch || input.kind === "epoch";
  if (decision.run !== null && decision.events.length > 0) process.decided.set(decision.run, decision.events);
  // What is recorded may move a run that rested. A record of the site may move any run.
  if (decision.events.length > 0)
    for (const [runId, { isTold }] of process.rests)
      if (isTold && (input.runId === null || input.runId === runId)) process.rests.delete(runId);
  checkDecision(oracle, { world, run, input, decision, wasDue, isTaken });
}

/** Checks that a run that ends by its deadline alone has waited for somebody (I21). */
function checkPatience(loop: Loop, before: RunState, decision: Decision): void {
  const { oracle, now, world, patientSinceMs } = loop;
  // In the dark a run may well wait for a reply or a reading until its time is over.
  if (loop.isDark) return;
  // Everything that would have come sooner is over too, and comes with it.
  if (patientSinceMs === null || world.skewMs !== 0 || timerAtMs(before) !== before.deadlineMs) return;
  const isOverdue = decision.events.some(
    (event) => event.kind === "run_draining" && event.problem?.pointer === "/bounds/durationMs",
  );
  if (!isOverdue || before.deadlineMs <= patientSinceMs) return;
  const isFrozen = now.engine.site.freezes.length > 0;
  const message = `nothing moves ${before.prepared.runId} but its deadline, and it waits for nobody`;
  claim(oracle, isAwaited(before, before.deadlineMs, isFrozen), "I21", message);
}

function clockOf({ world }: Loop, process: () => Process): Clock {
  return {
    nowMs: () => wallMs(world),
    monotonicMs: () => world.monotonicMs,
    sleep: (ms, signal) =>
      new Promise((wake) => {
        if (signal.aborted) return wake();
        const sleeper = { untilMs: world.monotonicMs + Math.max(0, ms), wake };
        const by = process();
        by.sleepers.push(sleeper);
        const leave = (): void => {
          by.sleepers = by.sleepers.filter((other) => other !== sleeper);
          wake();
        };
        signal.addEventListener("abort", leave, { once: true });
      }),
  };
}

const permitted: Standing = { kind: "permitted" };
const withdrawn: Standing = { kind: "withdrawn", problem: problem("E_STANDING_WITHDRAWN", "", "no longer") };

function standingOf(loop: Loop, process: Process): Promise<Standing> {
  switch (loop.storms.includes(1) ? loop.tape.choose(3) : 0) {
    case 1:
      return Promise.resolve(withdrawn);
    case 2:
      return new Promise((resolve) => process.standings.push(() => resolve(permitted)));
    default:
      return Promise.resolve(permitted);
  }
}

function connectorOf(loop: Loop, process: () => Process): Connector {
  return {
    name: "test",
    operations: [],
    checkSettings: () => [],
    perform: (request) => {
      const by = process();
      claim(loop.oracle, by.engine.halted === null, "I10", "an engine that halted goes on");
      claim(loop.oracle, by.mode !== "closed", "I10", "an engine that was closed goes on");
      if (request.operation === "ask" || request.operation === "cancel") return askAbout(loop, by, request);
      const { box, key } = request.with as { readonly box: string; readonly key?: string };
      return key === undefined ? readFrom(by, request, box) : send(loop, by, request, key);
    },
  };
}

function readFrom(by: Process, { signal }: ConnectorRequest, box: string): Promise<Reply> {
  return new Promise((answer) => {
    const reading = { box, answer, taken: null };
    by.readings.push(reading);
    const leave = (): void => {
      by.readings = by.readings.filter((other) => other !== reading);
      answer(timedOut);
    };
    signal.addEventListener("abort", leave, { once: true });
  });
}

/** A question about an operation leaves, or the call that is to cancel it. */
function askAbout(
  loop: Loop,
  by: Process,
  { operation: purpose, with: about, signal }: ConnectorRequest,
): Promise<Reply> {
  const { operation: id } = about as { readonly operation: string };
  const operation = loop.world.operations.find((candidate) => candidate.id === id);
  if (operation === undefined) return Promise.reject(new Error(`nobody started \`${id}\``));
  const { runId, stepId } = operation.call.command.attempt;
  const asked = { purpose: purpose === "cancel" ? "cancel" : "ask", runId, stepId } as const;
  // An engine stops asking once it is told that the kill is written.
  const isKilled = by.told.some((event) => event.kind === "run_killed" && event.runId === runId);
  if (loop.now === by) checkAsk(loop.oracle, loop.disk, { ...asked, isKilled });
  return new Promise((answer) => {
    const question = { purpose: asked.purpose, operation, answer };
    by.questions.push(question);
    const leave = (): void => {
      by.questions = by.questions.filter((other) => other !== question);
      answer(timedOut);
    };
    signal.addEventListener("abort", leave, { once: true });
  });
}

/** A call leaves. It must be due, its intent must be durable, and its attempt must not have left before (I3, I8). */
function send(loop: Loop, by: Process, { signal, timeoutMs }: ConnectorRequest, key: string): Promise<Reply> {
  const { oracle, disk, world } = loop;
  const found = findDue(loop, by, key);
  if (found === null) {
    claim(oracle, false, "I3", "a call leaves that is not due");
    return new Promise(() => undefined);
  }
  const { run, command } = found;
  const { attempt } = command;
  const name = `${attempt.stepId} ${attempt.direction} ${attempt.n}`;
  claim(oracle, attempt.epoch === by.store.epoch, "I19", `attempt ${name} is another engine's`);
  claim(oracle, !by.sent.has(command.id), "I3", `attempt ${name} leaves twice`);
  by.sent.add(command.id);
  const hasIntent = disk.commits.some(({ events }) =>
    events.some(
      (event) =>
        event.kind === "step_intent" &&
        event.idempotencyKey === key &&
        event.attempt.n === attempt.n &&
        event.attempt.epoch === attempt.epoch,
    ),
  );
  claim(oracle, hasIntent, "I8", `attempt ${name} leaves before its intent is written`);
  checkSend(oracle, { log: disk, epoch: loop.now.store.epoch }, command);
  const air = sendCall(world, run.plan, { command, sentAtMs: by.replacedAtMs ?? world.monotonicMs });
  const cutAtMs = world.monotonicMs + timeoutMs + connectorMarginMs;
  return new Promise((answer) => loop.calls.push({ air, by, signal, cutAtMs, answer }));
}

function findDue(
  { runs }: Loop,
  { engine }: Process,
  key: string,
): { readonly run: LoopRun; readonly command: SendCommand } | null {
  for (const run of runs) {
    const state = engine.run(run.runId);
    if (state === null) continue;
    for (const command of due(state))
      if (command.kind === "send" && command.idempotencyKey === key) return { run, command };
  }
  return null;
}
