import { setTimeout as sleep } from "node:timers/promises";
import type { Event } from "../core/run/words/event.ts";
import { isEnded } from "../core/run/words/state.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { ok, type Result } from "../core/value/result.ts";
import type { StepReading } from "../engine/engine.ts";
import { sendControl } from "./control/client.ts";
import type { ControlInput } from "./control/protocol.ts";
import type { Owner } from "./owner.ts";

/** A `recorder` only records facts about the site. A `runner` also carries out runs, with the site's connections. */
export type OwnerKind = "recorder" | "runner";

/** What an owner reports to the hold that opened it. */
export interface OwnerHooks {
  readonly onEvent: (event: Event, atMs: number) => void;
  readonly onReading: (reading: StepReading) => void;
  /** Another process has started this run here, through the socket. */
  readonly onGuest: (runId: string) => void;
}

export type OpenOwner = (hooks: OwnerHooks) => Promise<Result<Owner, Problem>>;

/** A claim on the owner in this process, which stays open as long as somebody holds a lease. */
export interface OwnerLease {
  readonly owner: Owner;
  /** Safe to call twice. The last release closes the owner once the runs of other processes have come to rest. */
  release(): Promise<void>;
}

/** What the owner of the store, in another process, did with an input. */
export interface OwnerAnswer {
  /** Kinds of the events that the input led to. */
  readonly events: readonly string[];
  readonly value: JsonValue;
}

/** Who took an input: the owner in another process, which has answered, or this process, which now owns the store. */
export type Taken =
  | { readonly kind: "answered"; readonly answer: Result<OwnerAnswer, Problem> }
  | { readonly kind: "owner"; readonly lease: OwnerLease }
  | { readonly kind: "failed"; readonly problem: Problem };

/** Hears what the owner in this process does. */
export interface OwnerListener {
  onEvent?(event: Event, atMs: number): void;
  onReading?(reading: StepReading): void;
}

interface Held {
  readonly kind: OwnerKind;
  readonly owner: Owner;
  readonly guests: Set<string>;
  leaseCount: number;
  /** Settles once the store has been given up; `null` until then. */
  closing: Promise<void> | null;
}

// A command that only records something owns the store for some milliseconds. While it opens or closes the store, its
// socket does not answer.
const leavingMs = 3_000;
const pauseMs = 40;

/**
 * A store has one owner. This class keeps that rule for one process: it hands an input to the owner, in whatever
 * process that is, or becomes the owner. Everything in this process that needs the owner at the same time shares one.
 */
export class OwnerHold {
  readonly #socket: string;
  readonly #listeners = new Set<OwnerListener>();
  readonly #leaving = new AbortController();
  readonly #closing = new AbortController();
  /** Leases no longer keep the owner: the hold is being given up. */
  #isGivenUp = false;
  #current: Held | null = null;
  #opening: Promise<unknown> | null = null;
  #onStay: (runIds: readonly string[]) => void = () => undefined;

  /** @param socket - where owners of this store listen */
  constructor(socket: string) {
    this.#socket = socket;
  }

  /** Listens to the owner in this process, while there is one. Returns a function that stops listening. */
  listen(listener: OwnerListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Gives an input to the owner of the store, or becomes the owner. Waits while another command owns the store for a
   * moment.
   */
  async through(input: ControlInput, kind: OwnerKind, open: OpenOwner): Promise<Taken> {
    const ask = async (): Promise<Taken | null> => {
      const answer = await sendControl(this.#socket, input);
      // An owner that is leaving, or that only records, answers that it is busy. Ask again, or take its place.
      const isBusy = "kind" in answer || (!answer.ok && answer.error.code === "E_STORE_LOCKED");
      return isBusy ? null : { kind: "answered", answer };
    };
    return this.#take(kind, open, { patienceMs: leavingMs, ask });
  }

  /**
   * Becomes the owner. `E_STORE_LOCKED` if another process remains the owner.
   *
   * @param patienceMs - how long to wait for a process that is about to leave
   */
  async take(kind: OwnerKind, open: OpenOwner, patienceMs = leavingMs): Promise<Result<OwnerLease, Problem>> {
    const taken = await this.#take(kind, open, { patienceMs, ask: async () => null });
    return taken.kind === "owner" ? ok(taken.lease) : { ok: false, error: problemOf(taken) };
  }

  /** Aborted once nobody in this process may take the store any more. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * From now on nobody in this process can take the store: asking for it gives `E_CLOSED`. If this process is the owner
   * already, calls under way can still join it until `close`, so that they can record their results.
   */
  shut(): void {
    this.#closing.abort();
  }

  /**
   * Gives the store up. First waits until the runs that other processes started here come to rest, and tells `onStay`
   * which ones they are. Once `leave` aborts, it waits no longer, and those processes go on with their runs themselves.
   */
  async close(options: {
    readonly leave: AbortSignal;
    readonly onStay: (runIds: readonly string[]) => void;
  }): Promise<void> {
    this.shut();
    this.#onStay = options.onStay;
    const leave = (): void => this.#leaving.abort();
    if (options.leave.aborted) leave();
    options.leave.addEventListener("abort", leave, { once: true });
    await this.#opening;
    this.#isGivenUp = true;
    const held = this.#current;
    if (held !== null) await this.#giveUp(held);
    options.leave.removeEventListener("abort", leave);
  }

  async #take(
    kind: OwnerKind,
    open: OpenOwner,
    { patienceMs, ask }: { readonly patienceMs: number; readonly ask: () => Promise<Taken | null> },
  ): Promise<Taken> {
    for (const startMs = performance.now(); ; await sleep(pauseMs)) {
      const joined = await this.#join(kind);
      if (joined !== null) return { kind: "owner", lease: joined };
      if (this.closing.aborted) return { kind: "failed", problem: closed };
      const answered = await ask();
      if (answered !== null) return answered;
      if (this.closing.aborted) return { kind: "failed", problem: closed };
      const opened = await this.#open(kind, open);
      if (opened.ok) return { kind: "owner", lease: opened.value };
      if (opened.error.code !== "E_STORE_LOCKED" || performance.now() - startMs > patienceMs)
        return { kind: "failed", problem: opened.error };
    }
  }

  /** A lease on the owner in this process, or `null` if there is none that can do this work. */
  async #join(kind: OwnerKind): Promise<OwnerLease | null> {
    await this.#opening;
    const held = this.#current;
    if (held === null) return null;
    const isOfUse = !this.#isGivenUp && held.closing === null && (held.kind === "runner" || kind === "recorder");
    if (isOfUse) return this.#lease(held);
    // It goes within milliseconds, because a recorder waits only for its own write.
    await held.closing;
    return null;
  }

  async #open(kind: OwnerKind, open: OpenOwner): Promise<Result<OwnerLease, Problem>> {
    if (this.#current !== null) return { ok: false, error: busy };
    const guests = new Set<string>();
    const opening = open({
      onEvent: (event, atMs) => {
        for (const listener of this.#listeners) listener.onEvent?.(event, atMs);
      },
      onReading: (reading) => {
        for (const listener of this.#listeners) listener.onReading?.(reading);
      },
      onGuest: (runId) => void guests.add(runId),
    });
    this.#opening = opening.catch(() => undefined);
    try {
      const opened = await opening;
      if (!opened.ok) return opened;
      const held: Held = { kind, owner: opened.value, guests, leaseCount: 0, closing: null };
      this.#current = held;
      return ok(this.#lease(held));
    } finally {
      this.#opening = null;
    }
  }

  #lease(held: Held): OwnerLease {
    held.leaseCount += 1;
    let isReleased = false;
    return {
      owner: held.owner,
      release: async () => {
        if (isReleased) return;
        isReleased = true;
        held.leaseCount -= 1;
        if (!this.#isKept(held)) await this.#giveUp(held);
      },
    };
  }

  /**
   * Closes an owner that nobody holds any more, once its guests have come to rest. A new lease in the meantime keeps it
   * open.
   */
  async #giveUp(held: Held): Promise<void> {
    await this.#stayForGuests(held);
    if (this.#isKept(held)) return;
    held.closing ??= held.owner.close().finally(() => {
      if (this.#current === held) this.#current = null;
    });
    await held.closing;
  }

  #isKept(held: Held): boolean {
    return held.leaseCount > 0 && !this.#isGivenUp;
  }

  async #stayForGuests(held: Held): Promise<void> {
    const { engine } = held.owner;
    const rested = new Set<string>();
    const isUnderWay = (runId: string): boolean => {
      const run = engine.run(runId);
      return run !== null && !isEnded(run) && !rested.has(runId);
    };
    while (!this.#isKept(held) && !this.#leaving.signal.aborted) {
      const open = [...held.guests].filter(isUnderWay);
      if (open.length === 0) return;
      this.#onStay(open);
      const atRest = Promise.all(open.map(async (runId) => rested.add((await engine.whenIdle(runId)).prepared.runId)));
      await Promise.race([atRest, aborted(this.#leaving.signal)]);
    }
  }
}

const closed: Problem = problem("E_CLOSED", "", "this site has been closed");

const busy: Problem = {
  code: "E_STORE_LOCKED",
  pointer: "",
  message: "this process is giving the store up",
  hint: "try again in a moment",
};

function problemOf(taken: Exclude<Taken, { readonly kind: "owner" }>): Problem {
  return taken.kind === "failed" ? taken.problem : busy;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
