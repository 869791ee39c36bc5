/**
 * The embedded engine: it turns the outside into inputs, makes what the kernel decides durable, and carries out commands.
 * Nothing here decides. Keeps I3 (a command is worked on once), I8 and I18 (nothing is carried out before it is durable),
 * I10 (a store that refuses halts everything).
 */

import { applySite } from "../core/run/apply/site.ts";
import { decide } from "../core/run/decide/decide.ts";
import { knownTime, refuse } from "../core/run/decide/draft.ts";
import { isDue } from "../core/run/due/due.ts";
import { dueChanges } from "../core/run/due/due-changes.ts";
import { durabilityOf } from "../core/run/due/durability.ts";
import { isEnded } from "../core/run/tell/view.ts";
import type { Command, ObserveCommand } from "../core/run/words/command.ts";
import type { Decision } from "../core/run/words/decision.ts";
import type { Event, SiteEvent } from "../core/run/words/event.ts";
import type { Input, Standing, StartInput } from "../core/run/words/input.ts";
import type { RunState, SiteState } from "../core/run/words/state.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { InvariantError } from "../core/value/invariant.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { AppendBatch, Store } from "../log/store.ts";
import type { Clock, ResolveSecret } from "../ports.ts";
import { steadyClock } from "./clock.ts";
import { carryOut } from "./effects/carry-out.ts";
import type { Connections } from "./effects/connections.ts";
import type { ReadingProgress } from "./effects/perform-observe.ts";
import { IdleWatch, type RunStanding } from "./idle-watch.ts";

export interface EngineOptions {
  readonly store: Store;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly resolveSecret: ResolveSecret;
  /** Asked with every reading before a step, and when a run is taken over: is it still permitted, and is everything pinned still what it was? */
  readonly standing: (run: RunState) => Promise<Standing>;
  /** Told of every event once it is durable, in order. */
  readonly onEvent?: (event: Event, atMs: number) => void;
  /** Told how a step's expectation stands while it is being read back; nothing of it is recorded. */
  readonly onReading?: (reading: StepReading) => void;
}

/** A reading on the way, and whose. */
export interface StepReading extends ReadingProgress {
  readonly runId: string;
  readonly stepId: string;
  readonly purpose: ObserveCommand["purpose"];
}

/** What became of an input: the events it led to, durable; or why it was refused. */
export type Submission = Result<readonly Event[], Problem>;

/** Where the two folds stand. */
export interface EngineState {
  readonly site: SiteState;
  readonly runs: ReadonlyMap<string, RunState>;
}

interface Task {
  readonly command: Command;
  readonly abort: AbortController;
}

/** What is carried out of one run, and what of it is being written. */
interface Work {
  /** The state whose commands `tasks` works on, or `null` while none of the run's are. */
  run: RunState | null;
  /** By id. A call that is no longer due stays until it is answered. */
  readonly tasks: Map<string, Task>;
  /** Commands that were answered: begun again where the answer left them due. */
  answered: Command[];
  /** Commits under way. */
  unwrittenCount: number;
  /** Those of them that something leaves for the world by: until then nothing of the run is carried out (I8, I18). */
  heldCount: number;
}

export class Engine {
  readonly #options: EngineOptions;
  #site: SiteState;
  readonly #runs: Map<string, RunState>;
  readonly #work = new Map<string, Work>();
  readonly #idle: IdleWatch;
  /** Runs that ended, oldest first: kept a while for who asks and for late replies, since the log has them. */
  readonly #ended = new Set<string>();
  readonly #broken = new Map<string, Problem>();
  readonly #closed = new AbortController();
  #halted: Problem | null = null;

  constructor(options: EngineOptions, state: EngineState) {
    this.#options = { ...options, clock: steadyClock(options.clock, state.site.lastSeenMs) };
    this.#site = state.site;
    this.#runs = new Map(state.runs);
    this.#idle = new IdleWatch({
      clock: this.#options.clock,
      signal: this.#closed.signal,
      standingOf: (runId) => this.#standingOf(runId),
    });
  }

  get site(): SiteState {
    return this.#site;
  }

  /** Puts a smaller site in the place of this one, which decides everything as this one does. */
  trimSite(trim: (site: SiteState) => SiteState): void {
    this.#site = trim(this.#site);
  }

  run(runId: string): RunState | null {
    return this.#runs.get(runId) ?? null;
  }

  /** Why the engine stopped working, or `null`: a store that refuses a commit leaves memory ahead of the disk. */
  get halted(): Problem | null {
    return this.#halted;
  }

  /** Why a run goes no further in this engine, or `null`: it broke an invariant, and the others go on. */
  brokenBy(runId: string): Problem | null {
    return this.#broken.get(runId) ?? null;
  }

  /** Decides one input, makes the events durable, and goes on with what is due. */
  submit(input: Input): Promise<Submission> {
    return this.#submit(input, null);
  }

  /** `answered` is the command that `input` answers: over once that is decided, since it is no longer due with its answer in the state. */
  async #submit(input: Input, answered: Command | null): Promise<Submission> {
    const refused = this.#halted ?? this.brokenBy(input.runId ?? "");
    if (refused !== null) return fail(refused);
    const decision = this.#decide(input);
    if (answered !== null && input.runId !== null) forget(this.#workOf(input.runId), answered);
    const { events, atMs } = decision;
    const isStarted = decision.kind === "accepted" && input.kind === "start";
    // A plan is plain data by construction; the sealing asserts it.
    const documents = isStarted ? [{ digest: input.planHash, value: input.plan as unknown as JsonValue }] : [];
    const committing = events.length > 0 ? this.#commit({ events, atMs, documents }) : null;
    // What only trails holds nothing up: whatever leaves next is committed behind it.
    if (input.runId !== null) this.#carryOut(input.runId);
    const committed = committing === null ? ok(undefined) : await committing;
    if (!committed.ok) return committed;
    if (input.runId === null) {
      if (input.kind === "unfreeze") this.#wakeAll();
    } else {
      this.#carryOut(input.runId);
      this.#retire(input.runId);
    }
    return decision.kind === "accepted" ? ok(events) : fail(decision.problem);
  }

  /** Records what concerns the site and needs no decision: a plan, an approval, a trusted pack, an engine that opened. */
  async record(events: readonly SiteEvent[], documents: AppendBatch["documents"]): Promise<Result<undefined, Problem>> {
    if (this.#halted !== null) return fail(this.#halted);
    const atMs = Math.max(this.#options.clock.nowMs(), this.#site.lastSeenMs);
    // All of them, or none: one that cannot be folded throws before anything is changed.
    this.#site = events.reduce((site, event) => applySite(site, event, atMs), this.#site);
    return this.#commit({ events, atMs, documents });
  }

  /** Works on the store itself, at a time that no later record goes behind. */
  async maintain<T>(work: (atMs: number) => Promise<Result<T, Problem>>): Promise<Result<T, Problem>> {
    if (this.#halted !== null) return fail(this.#halted);
    const atMs = Math.max(this.#options.clock.nowMs(), this.#site.lastSeenMs);
    this.#site = { ...this.#site, lastSeenMs: atMs };
    return work(atMs);
  }

  /** How many commands are being carried out: calls, readings and timers. */
  commandCount(): number {
    return [...this.#work.values()].reduce((count, { tasks }) => count + tasks.size, 0);
  }

  /** Runs that have not ended, oldest first. */
  unfinishedRunIds(): readonly string[] {
    return [...this.#runs]
      .filter(([, run]) => !isEnded(run))
      .map(([runId]) => runId)
      .sort();
  }

  /** Takes over runs that an earlier engine left: what it had in the air is settled by the kernel's rules. */
  async takeOver(runIds: readonly string[]): Promise<void> {
    const { clock, store, standing } = this.#options;
    await Promise.all(
      runIds.map(async (runId) => {
        const run = this.run(runId);
        const stands: Standing = run === null ? { kind: "permitted" } : await standing(run);
        return this.submit({ kind: "epoch", runId, atMs: clock.nowMs(), epoch: store.epoch, standing: stands });
      }),
    );
  }

  /** Resolves when the run has ended, or when it waits for a person and nothing but a person will move it. */
  whenIdle(runId: string): Promise<RunState> {
    return this.#idle.wait(runId);
  }

  /** Stops carrying out. Calls in the air are abandoned: the log says what was sent, and the next engine settles it. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#abandonAll();
    await this.#options.store.close();
  }

  /** The kernel's answer, with the states it leads to. */
  #decide(
    input: Input,
  ): Pick<Decision, "events" | "atMs"> &
    ({ readonly kind: "accepted" } | { readonly kind: "refused"; readonly problem: Problem }) {
    const { runId } = input;
    try {
      const run = runId === null ? null : this.run(runId);
      const isTaken = input.kind === "start" && run === null && this.#options.store.hasRun(input.runId);
      const decision = isTaken ? this.#refuseStart(input) : decide(this.#site, run, input);
      this.#site = decision.site;
      if (runId !== null && decision.run !== null) this.#runs.set(runId, decision.run);
      return decision;
    } catch (error) {
      if (!(error instanceof InvariantError) || runId === null) throw error;
      return {
        kind: "refused",
        atMs: Math.max(input.atMs, this.#site.lastSeenMs),
        ...this.#break(runId, input.kind, error),
      };
    }
  }

  /** A run that memory has let go of is started no second time. */
  #refuseStart(input: StartInput): Decision {
    return refuse({
      site: this.#site,
      run: null,
      input,
      atMs: knownTime(this.#site, null, input),
      problem: problem("E_RUN_EXISTS", "", `there is a run \`${input.runId}\` already`),
    });
  }

  /** The engine is the one place that catches a broken invariant: that run goes no further, the others do. */
  #break(
    runId: string,
    what: Input["kind"] | Command["kind"],
    error: unknown,
  ): { readonly problem: Problem; readonly events: readonly Event[] } {
    // Only our own words: another error's text may quote what it was about.
    const broken = problem(
      "E_INTERNAL",
      "",
      error instanceof InvariantError
        ? error.message
        : `\`${what}\` failed (${error instanceof Error ? error.name : "no error"})`,
    );
    this.#broken.set(runId, broken);
    return { problem: broken, events: [{ kind: "input_refused", runId, input: what, problem: broken, by: null }] };
  }

  async #commit(decided: {
    readonly events: readonly Event[];
    readonly atMs: number;
    readonly documents: AppendBatch["documents"];
  }): Promise<Result<undefined, Problem>> {
    const { events, atMs, documents } = decided;
    // A decision is about one run, or about the site.
    const runId = events[0]?.runId ?? null;
    const work = runId === null ? null : this.#workOf(runId);
    const durability = durabilityOf(events);
    const heldCount = durability === "trailing" ? 0 : 1;
    if (work !== null) [work.unwrittenCount, work.heldCount] = [work.unwrittenCount + 1, work.heldCount + heldCount];
    // An event is plain data by construction; the sealing asserts it.
    const records = events.map((event) => ({
      stream: event.runId ?? "site",
      atMs,
      kind: event.kind,
      body: event as unknown as JsonValue,
    }));
    const receipt = await this.#append({ durability, records, documents });
    if (work !== null) [work.unwrittenCount, work.heldCount] = [work.unwrittenCount - 1, work.heldCount - heldCount];
    if (!receipt.ok) return this.#halt(receipt.error);
    for (const event of events) this.#options.onEvent?.(event, atMs);
    return ok(undefined);
  }

  /** What the store throws is as bad as what it refuses: memory is ahead of the disk. */
  async #append(batch: AppendBatch): ReturnType<Store["append"]> {
    try {
      return await this.#options.store.append(batch);
    } catch (error) {
      return fail(problem("E_INTERNAL", "", `the store failed (${error instanceof Error ? error.name : "no error"})`));
    }
  }

  /** A freeze was lifted: whatever was held by it may go on. */
  #wakeAll(): void {
    const atMs = this.#options.clock.nowMs();
    for (const [runId, run] of this.#runs)
      if (!isEnded(run) && this.#isOurs(run)) void this.submit({ kind: "tick", runId, atMs });
  }

  /**
   * Whether this engine may work for a run. What an earlier engine left is not, until it is taken over: its open attempts would
   * look like ours, and be sent a second time (I3, I19).
   */
  #isOurs(run: RunState): boolean {
    return run.epoch === this.#options.store.epoch && !this.#broken.has(run.prepared.runId);
  }

  #abandonAll(): void {
    for (const { tasks } of this.#work.values()) for (const { abort } of tasks.values()) abort.abort();
  }

  #halt(error: Problem): Result<undefined, Problem> {
    this.#halted = problem("E_ENGINE_HALTED", "", error.message, error.hint, error.next);
    this.#abandonAll();
    this.#idle.lookAtAll();
    return fail(error);
  }

  #carryOut(runId: string): void {
    const run = this.run(runId);
    const work = this.#workOf(runId);
    if (run === null || this.#isOver() || work.heldCount > 0) return;
    const ours = this.#isOurs(run) ? run : null;
    const { begun, over } = dueChanges(work.run, ours);
    const again = ours === null ? [] : work.answered.filter((command) => isDue(ours, command));
    work.run = ours;
    work.answered = [];
    for (const id of over) drop(work.tasks, id);
    for (const command of [...again, ...begun]) if (!work.tasks.has(command.id)) this.#begin(runId, run, command, work);
    // Of a run that is over there is nothing more to carry out: thousands of them pass through one owner.
    if (isEnded(run) && work.tasks.size === 0) this.#work.delete(runId);
    this.#idle.look(runId);
  }

  #begin(runId: string, run: RunState, command: Command, work: Work): void {
    const task: Task = { command, abort: new AbortController() };
    work.tasks.set(command.id, task);
    const { connections, resolveSecret, clock, standing } = this.#options;
    const onReading = (reading: ReadingProgress): void => {
      if (command.kind === "observe")
        this.#options.onReading?.({ ...reading, runId, stepId: command.stepId, purpose: command.purpose });
    };
    const working = carryOut(command, run, {
      connections,
      resolveSecret,
      clock,
      standing: () => standing(run),
      signal: task.abort.signal,
      onReading,
    });
    void working
      .then((input) => this.#takeIn(input, task))
      .catch((error: unknown) => this.#giveUp(runId, error, task, work));
  }

  async #takeIn(input: Input, { command, abort }: Task): Promise<void> {
    if (!this.#isOver() && !abort.signal.aborted) await this.#submit(input, command);
  }

  /** A command threw, or what followed from its answer did: a defect of ours, which is this run's alone. */
  async #giveUp(runId: string, error: unknown, { command }: Task, { tasks }: Work): Promise<void> {
    tasks.delete(command.id);
    if (this.#isOver()) return;
    const atMs = Math.max(this.#options.clock.nowMs(), this.#site.lastSeenMs);
    await this.#commit({ events: this.#break(runId, command.kind, error).events, atMs, documents: [] });
    this.#carryOut(runId);
  }

  /** Lets the runs that ended longest ago out of memory, so that an engine may run for ever. */
  #retire(runId: string): void {
    if (this.run(runId)?.phase.kind !== "ended") return;
    this.#ended.add(runId);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= endedCountMax) return;
      const { tasks, unwrittenCount } = this.#workOf(oldest);
      // What is still in the air may be answered late, which its run records.
      if (tasks.size > 0 || unwrittenCount > 0) continue;
      this.#ended.delete(oldest);
      this.#runs.delete(oldest);
      this.#work.delete(oldest);
    }
  }

  #isOver(): boolean {
    return this.#closed.signal.aborted || this.#halted !== null;
  }

  #workOf(runId: string): Work {
    const known = this.#work.get(runId);
    if (known !== undefined) return known;
    const work: Work = { run: null, tasks: new Map(), answered: [], unwrittenCount: 0, heldCount: 0 };
    this.#work.set(runId, work);
    return work;
  }

  #standingOf(runId: string): RunStanding | null {
    const run = this.run(runId);
    const work = this.#work.get(runId);
    // What is told must not be taken back by a power cut.
    if (run === null || ((work?.unwrittenCount ?? 0) > 0 && this.#halted === null)) return null;
    const goesOn = this.#halted === null && !this.#broken.has(runId) && !isEnded(run);
    return { run, isWorking: goesOn && (work?.tasks.size ?? 0) > 0 };
  }
}

/** How many runs that ended stay in memory. */
const endedCountMax = 256;

/** A command was answered: it is begun again only where the answer left it due. */
function forget(work: Work, command: Command): void {
  work.tasks.delete(command.id);
  work.answered.push(command);
}

/** A call is not taken back: what was sent is answered, or given up with the engine. */
function drop(tasks: Map<string, Task>, id: string): void {
  const task = tasks.get(id);
  if (task === undefined || task.command.kind === "send") return;
  task.abort.abort();
  tasks.delete(id);
}
