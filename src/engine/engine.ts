/**
 * The engine's loop: the kernel decides an input, the store makes the events durable, the books (`bookkeeping.ts`) say
 * what follows, and the loop carries that out. Answers come back as inputs. Nothing here decides what happens, or when.
 */

import type { Principal } from "../core/approval/approval.ts";
import { applySite } from "../core/run/apply/site.ts";
import { decide } from "../core/run/decide/decide.ts";
import { knownTime, refuse } from "../core/run/decide/draft.ts";
import { type Durability, durabilityOf } from "../core/run/due/durability.ts";
import type { Command, ReadingPurpose } from "../core/run/words/command.ts";
import type { Decision } from "../core/run/words/decision.ts";
import type { Event, SiteEvent } from "../core/run/words/event.ts";
import type { Input, Standing, StartInput } from "../core/run/words/input.ts";
import type { RunState, SiteState } from "../core/run/words/state.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { assertNever, InvariantError, invariant } from "../core/value/invariant.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { storedDocument } from "../core/value/stored-document.ts";
import type { AppendBatch, SealableDraft, Store } from "../log/store.ts";
import { Stopper } from "../ports/stop.ts";
import type { Clock, ResolveSecret, StoredDocument } from "../ports.ts";
import {
  type Books,
  countTasks,
  type Happening,
  isOver,
  isWanted,
  type Order,
  openBooks,
  standingOf,
  step,
  type Task,
  unfinishedRuns,
} from "./bookkeeping.ts";
import { type SteadyClock, steadyClock } from "./clock.ts";
import { clockSkewMaxMs, findClockSkew, isHeldByTime } from "./clock-skew.ts";
import { type Beside, draftDocuments, draftRecords, isFromDriver, unstorable, withBeside } from "./draft-records.ts";
import { carryOut } from "./effects/carry-out.ts";
import type { Connections } from "./effects/connections.ts";
import type { ReadingProgress } from "./effects/perform-observe.ts";
import { IdleWatch } from "./idle-watch.ts";

export interface EngineOptions {
  readonly store: Store;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly resolveSecret: ResolveSecret;
  /**
   * Says whether a run is still permitted and everything it pins is unchanged. Asked with every reading before a step,
   * and when a run is taken over.
   */
  readonly standing: (run: RunState) => Promise<Standing>;
  /** Told of every event once it is durable, in order. */
  readonly onEvent?: (event: Event, atMs: number) => void;
  /**
   * Told of every input and what the kernel made of it, before any of that is durable. For traces and for the
   * simulator.
   */
  readonly onDecision?: (input: Input, decision: Decision) => void;
  /** Told, while a step is read back, how its expectation stands. None of this is recorded. */
  readonly onReading?: (reading: StepReading) => void;
  /**
   * How far the log's time may be ahead of the clock before nothing new is written, in milliseconds. Absent:
   * `clockSkewMaxMs`.
   */
  readonly skewMaxMs?: number;
  /** Why nothing new may be written now, whatever the time is; `null` if nothing speaks against it. */
  readonly held?: () => Problem | null;
  /** What the site records in the same commit as the events of a run: that somebody has to be told of them. */
  readonly beside?: Beside;
  /** How many runs that ended stay in memory, for questions about them and for late replies; 256 unless said. */
  readonly endedCountMax?: number;
}

/** A reading on its way, and the step that it is for. */
export interface StepReading extends ReadingProgress {
  readonly runId: string;
  readonly stepId: string;
  readonly purpose: ReadingPurpose;
}

/** What became of an input: the events it led to, durable; or why it was refused. */
export type Submission = Result<readonly Event[], Problem>;

/** The folds of a log: the site, and every run that has not ended. */
export interface EngineState {
  readonly site: SiteState;
  readonly runs: ReadonlyMap<string, RunState>;
}

/** Drives runs over one store: one engine at a time, which is the store's owner. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #clock: SteadyClock;
  #site: SiteState;
  readonly #books: Books;
  readonly #idle: IdleWatch;
  /** Commands that are being carried out, by the serial of the task. */
  readonly #underWay = new Map<number, Work>();
  readonly #closed = new Stopper();

  constructor(options: EngineOptions, state: EngineState) {
    this.#clock = steadyClock(options.clock, state.site);
    this.#options = { ...options, clock: this.#clock, standing: (run) => this.#standing(run, options.standing) };
    this.#site = state.site;
    this.#books = openBooks({
      epoch: options.store.epoch,
      endedCountMax: options.endedCountMax ?? 256,
      runs: state.runs,
    });
    this.#idle = new IdleWatch({
      clock: this.#options.clock,
      signal: this.#closed.signal,
      standingOf: (runId) => standingOf(this.#books, runId),
    });
  }

  /** What all runs share: the fold of everything decided. */
  get site(): SiteState {
    return this.#site;
  }

  /** Replaces the site by a smaller one that decides everything as this one does. */
  trimSite(trim: (site: SiteState) => SiteState): void {
    this.#site = trim(this.#site);
  }

  /** A run as decided so far, or `null` where memory has none of this id. */
  run(runId: string): RunState | null {
    return this.#books.runs.get(runId)?.run ?? null;
  }

  /** Why the engine stopped working, or `null`: a store that refuses a commit leaves memory ahead of the disk. */
  get halted(): Problem | null {
    return this.#books.halted;
  }

  /** Why this engine has given a run up, or `null`: the run broke an invariant. The other runs go on. */
  brokenBy(runId: string): Problem | null {
    return this.#books.runs.get(runId)?.broken ?? null;
  }

  /** The log's time now. */
  nowMs(): number {
    return this.#options.clock.nowMs();
  }

  /** Why no plan that writes may start now because of the time, or `null`. A way back always may. */
  clockSkew(): Problem | null {
    const leadMs = this.#clock.leadMs() - this.#site.clockLeadMs;
    return findClockSkew(leadMs, this.#options.skewMaxMs ?? clockSkewMaxMs);
  }

  /** Why no plan that writes may start or go on now, or `null`. A way back always may. */
  #findHold(): Problem | null {
    return this.#options.held?.() ?? this.clockSkew();
  }

  /** Records that a person accepts how far the log's time is ahead of the clock now. */
  async anchor(word: { readonly by: Principal; readonly reason: string }): Promise<Submission> {
    const leadMs = this.#clock.leadMs();
    const { by, reason } = word;
    return this.submit({ kind: "anchor", runId: null, atMs: this.#options.clock.nowMs(), leadMs, by, reason });
  }

  /** Decides one input, makes the events durable, and goes on with what is due. */
  async submit(given: Input): Promise<Submission> {
    // What comes in carries the machine's time, and the log's may be ahead of it.
    const nowMs = this.#options.clock.nowMs();
    return this.#enter(given.atMs >= nowMs ? given : { ...given, atMs: nowMs });
  }

  /** As `submit`, for an input that carries the log's time. */
  async #enter(input: Input): Promise<Submission> {
    const { runId } = input;
    const refused = this.#refusal() ?? (runId === null ? null : this.brokenBy(runId));
    if (refused !== null) return fail(refused);
    const decided = this.#decide(input);
    if (decided.kind === "unstorable") return fail(decided.problem);
    const { events } = decided;
    const commit = events.length > 0 ? durabilityOf(events) : null;
    const orders = runId === null ? [] : step(this.#books, happeningOf(runId, decided, commit));
    const whole = { ...decided, events: decided.recorded };
    const writing = commit === null ? null : this.#write(runId, whole, documentsOf(input, decided));
    // The commit is handed over first. What leaves next, if this one only trails, is committed behind it.
    this.#follow(orders);
    if (writing !== null) {
      const written = await writing;
      if (!written.ok) return written;
    }
    if (input.kind === "anchor" && decided.kind === "accepted") this.#clock.anchor(input.leadMs);
    if (input.kind === "unfreeze") this.#take({ kind: "thawed" });
    return decided.kind === "accepted" ? ok(events) : fail(decided.problem);
  }

  /**
   * Records what concerns the site and needs no decision: a plan, an approval, a trusted pack, an engine that opened.
   */
  async record(
    events: readonly SiteEvent[],
    documents: readonly StoredDocument[],
  ): Promise<Result<undefined, Problem>> {
    const refused = this.#refusal();
    if (refused !== null) return fail(refused);
    const atMs = Math.max(this.#options.clock.nowMs(), this.#site.lastSeenMs);
    const drafts = draftRecords(events, atMs);
    const sealable = draftDocuments(documents);
    if (drafts === null || sealable === null) return fail(unstorable(events[0]?.kind ?? "record"));
    // All or none: an event that cannot be folded throws before anything changes.
    this.#site = events.reduce((site, event) => applySite(site, event, atMs), this.#site);
    return this.#write(null, { events, drafts, atMs }, sealable);
  }

  /** Works on the store itself. No later record carries a time before the one given to `work`. */
  async maintain<T>(work: (atMs: number) => Promise<Result<T, Problem>>): Promise<Result<T, Problem>> {
    const refused = this.#refusal();
    if (refused !== null) return fail(refused);
    const atMs = Math.max(this.#options.clock.nowMs(), this.#site.lastSeenMs);
    this.#site = { ...this.#site, lastSeenMs: atMs };
    return work(atMs);
  }

  /** How many commands are being carried out: calls, readings and timers. */
  commandCount(): number {
    return countTasks(this.#books);
  }

  /** Runs that have not ended, sorted by id, and so oldest first. */
  unfinishedRunIds(): readonly string[] {
    return unfinishedRuns(this.#books);
  }

  /** Takes over runs that an earlier engine left. The kernel's rules settle what that engine had in the air. */
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

  /** Stops working because the store refused a commit or belongs to another process now. Nothing is sent any more. */
  halt({ message, hint, next }: Problem): void {
    this.#take({ kind: "failed", problem: problem("E_ENGINE_HALTED", "", message, hint, next) });
  }

  /**
   * Stops carrying out. Calls in the air are aborted and then waited for, so that what they do to a target is over: but
   * not for longer than `patienceMs`, since a connector may not heed the signal. The log says what was sent, and the
   * next engine settles it.
   */
  async close({ patienceMs }: { readonly patienceMs: number } = { patienceMs: 0 }): Promise<void> {
    this.#closed.stop("closed");
    this.#take({ kind: "closed" });
    if (patienceMs > 0 && this.#underWay.size > 0) {
      const isOver = new AbortController();
      const settled = Promise.all(this.#underWay.values().map(({ settled }) => settled)).finally(() => isOver.abort());
      await Promise.race([settled, this.#options.clock.sleep(patienceMs, isOver.signal)]);
    }
    await this.#options.store.close();
  }

  /** Why nothing is taken any more, or `null`. */
  #refusal(): Problem | null {
    return this.halted ?? (this.#closed.isStopped ? problem("E_CLOSED", "", "this engine has been closed") : null);
  }

  /** The kernel's answer, or what is recorded of a run that broke an invariant. */
  #decide(input: Input): Decided | Unstorable {
    const { runId } = input;
    try {
      const run = runId === null ? null : this.run(runId);
      const refused = input.kind === "start" && run === null ? this.#checkStart(input) : null;
      const decision = refused ?? decide(this.#site, run, input);
      const recorded = withBeside(decision, this.#options.beside);
      const drafts = draftRecords(recorded, decision.atMs);
      if (drafts === null && !isFromDriver(input)) return { kind: "unstorable", problem: unstorable(input.kind) };
      invariant(drafts !== null, `what \`${input.kind}\` leads to can be sealed`);
      this.#site = decision.site;
      this.#clock.catchUp(decision.atMs);
      this.#options.onDecision?.(input, decision);
      return { ...decision, recorded, drafts };
    } catch (error) {
      // Broken invariants are caught here and nowhere else. This run is given up; the others go on.
      if (!(error instanceof InvariantError) || runId === null) throw error;
      return this.#breaking(runId, input.kind, error);
    }
  }

  /**
   * The refusal of a start that the kernel cannot see a reason against: memory has let go of a run with this id, or the
   * clock or the log cannot be relied on. `null` if there is no such reason.
   */
  #checkStart(input: StartInput): Decision | null {
    const found = this.#options.store.hasRun(input.runId)
      ? problem("E_RUN_EXISTS", "", `there is a run \`${input.runId}\` already`)
      : isHeldByTime(input.plan)
        ? this.#findHold()
        : null;
    if (found === null) return null;
    return refuse({ site: this.#site, run: null, input, atMs: knownTime(this.#site, null, input), problem: found });
  }

  /** Whether a run may go on. Where nobody can say how old its approval is, it writes nothing new. */
  #standing(run: RunState, asked: EngineOptions["standing"]): Promise<Standing> {
    const hold = isHeldByTime(run.prepared.plan) ? this.#findHold() : null;
    return hold === null ? asked(run) : Promise.resolve({ kind: "withdrawn", problem: hold });
  }

  #breaking(runId: string, what: Input["kind"] | Command["kind"], error: unknown): Broken {
    // Quote only our own messages: the text of any other error may contain the data it was about.
    const broken = problem(
      "E_INTERNAL",
      "",
      error instanceof InvariantError
        ? error.message
        : `\`${what}\` failed (${error instanceof Error ? error.name : "no error"})`,
    );
    const event: Event = { kind: "input_refused", runId, input: what, problem: broken, by: null };
    const atMs = Math.max(this.#options.clock.nowMs(), this.#site.lastSeenMs);
    const drafts = draftRecords([event], atMs);
    invariant(drafts !== null, "our own words can be sealed");
    this.#site = applySite(this.#site, event, atMs);
    return { kind: "broken", atMs, problem: broken, events: [event], recorded: [event], drafts };
  }

  /** Makes the events of one decision durable. They are about one run, or about the site if `runId` is `null`. */
  async #write(
    runId: string | null,
    { events, drafts, atMs }: Written,
    documents: AppendBatch["documents"],
  ): Promise<Result<undefined, Problem>> {
    const durability = durabilityOf(events);
    let receipt: Awaited<ReturnType<Store["append"]>>;
    try {
      receipt = await this.#options.store.append({ durability, records: drafts, documents });
    } catch (error) {
      // What the store throws is as bad as what it refuses: memory is ahead of the disk.
      receipt = fail(
        problem("E_INTERNAL", "", `the store failed (${error instanceof Error ? error.name : "no error"})`),
      );
    }
    if (!receipt.ok) {
      this.halt(receipt.error);
      return fail(receipt.error);
    }
    if (runId !== null) this.#take({ kind: "written", runId, commit: durability });
    for (const event of events) this.#options.onEvent?.(event, atMs);
    return ok(undefined);
  }

  #take(happening: Happening): void {
    this.#follow(step(this.#books, happening));
  }

  #follow(orders: readonly Order[]): void {
    for (const order of orders) this.#obey(order);
  }

  #obey(order: Order): void {
    switch (order.kind) {
      case "begin":
        return this.#begin(order.run, order.task);
      case "abort":
        this.#underWay.get(order.task.serial)?.stop.stop(notDue);
        return;
      case "look":
        return this.#idle.look(order.runId);
      case "look_at_all":
        return this.#idle.lookAtAll();
      case "wake":
        this.#wake(order.runId);
        return;
      case "forget":
        return this.#idle.forget(order.runId);
      default:
        return assertNever(order);
    }
  }

  #wake(runId: string): void {
    const ticked = this.submit({ kind: "tick", runId, atMs: this.#options.clock.nowMs() });
    ticked.catch((error: unknown) => this.#giveUp(runId, "timer", error)).catch(this.#onLastError);
  }

  /** Nobody is left who could take the error of giving up, so nothing is sent any more. */
  readonly #onLastError = (error: unknown): void =>
    this.halt(problem("E_INTERNAL", "", `the engine failed (${error instanceof Error ? error.name : typeof error})`));

  #begin(run: RunState, task: Task): void {
    const { runId, command } = task;
    const stop = new Stopper();
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
      stop,
      onReading,
      onLate: (input) => void this.submit(input),
    });
    this.#underWay.set(task.serial, { stop, settled: this.#settle(working, task).catch(this.#onLastError) });
  }

  async #settle(working: Promise<Input>, task: Task): Promise<void> {
    try {
      const input = await working;
      if (!isWanted(this.#books, task)) return;
      step(this.#books, { kind: "answered", task });
      // The engine's own clock gave its time.
      await this.#enter(input);
    } catch (error) {
      if (isOver(this.#books)) return;
      step(this.#books, { kind: "answered", task });
      await this.#giveUp(task.runId, task.command.kind, error);
    } finally {
      this.#underWay.delete(task.serial);
    }
  }

  /**
   * A command threw, or something that followed from its answer did. That is a defect of ours; only this run is given
   * up.
   */
  async #giveUp(runId: string, what: Task["command"]["kind"], error: unknown): Promise<void> {
    if (isOver(this.#books)) return;
    const broken = this.#breaking(runId, what, error);
    const orders = step(this.#books, { kind: "broke", runId, problem: broken.problem });
    const writing = this.#write(runId, broken, []);
    this.#follow(orders);
    await writing;
  }
}

/** Why a reading or a timer ends early. One for all: each would cost a stack. */
const notDue = new DOMException("it is no longer due", "AbortError");

/** A command that is being carried out. */
interface Work {
  readonly stop: Stopper;
  /** Resolves when its answer has been taken in. */
  readonly settled: Promise<void>;
}

/** What is recorded of a run that broke an invariant. */
interface Broken {
  readonly kind: "broken";
  readonly atMs: number;
  readonly problem: Problem;
  readonly events: readonly Event[];
  readonly recorded: readonly Event[];
  readonly drafts: readonly SealableDraft[];
}

type Decided = (Decision & Pick<Broken, "recorded" | "drafts">) | Broken;

/** Somebody's input that could not be recorded. It is refused, and nothing has changed. */
interface Unstorable {
  readonly kind: "unstorable";
  readonly problem: Problem;
}

/** Events of one decision. */
interface Written {
  readonly events: readonly Event[];
  readonly drafts: readonly SealableDraft[];
  readonly atMs: number;
}

function happeningOf(runId: string, decided: Decided, commit: Durability | null): Happening {
  return decided.kind === "broken"
    ? { kind: "broke", runId, problem: decided.problem }
    : { kind: "decided", runId, run: decided.run, commit };
}

/** The plan of a run that starts: it lies beside the log as long as the run does. */
function documentsOf(input: Input, decided: Decided): AppendBatch["documents"] {
  if (decided.kind !== "accepted") return [];
  if (input.kind === "answer" && input.signed !== undefined)
    return [storedDocument("interlock.envelope/1", input.signed)];
  if (input.kind !== "start") return [];
  // A plan is plain data by construction; the sealing asserts it.
  return [{ digest: input.planHash, value: input.plan as unknown as JsonValue }];
}
