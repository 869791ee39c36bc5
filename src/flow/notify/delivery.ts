import type { NotificationEvent } from "../../core/run/words/notification-event.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Result } from "../../core/value/result.ts";
import { Lane, type Told, type Waiting } from "./lane.ts";
import { isAsking, type Outbox, type QueuedNotification, tellingKey } from "./outbox.ts";
import { type Audience, type Outstanding, outstandingOf, type PlannedTelling } from "./tellings.ts";

/**
 * How long to go on. `once`: until everything that is due was tried. `open`: until nothing is left to be told, now or
 * later. `stay`: until the signal aborts.
 */
export type DeliveryMode = "once" | "open" | "stay";

/** What delivering needs of the world. None of these rejects. */
export interface DeliveryParts {
  /** The time of day, as records have it. */
  readonly nowMs: () => number;
  /** A time that never goes back, for back-off. */
  readonly monotonicMs: () => number;
  readonly random: () => number;
  /** `isHeld`: somebody waits for the delivery, so the process must not end meanwhile. */
  readonly sleep: (ms: number, wait: { readonly signal: AbortSignal; readonly isHeld: boolean }) => Promise<void>;
  /** The outbox, brought up to the log's end. */
  readonly refresh: () => Promise<Result<Outbox, Problem>>;
  readonly audience: () => Promise<Audience>;
  readonly tell: (notification: QueuedNotification, telling: PlannedTelling) => Promise<Told>;
  readonly record: (events: readonly NotificationEvent[]) => Promise<Result<undefined, Problem>>;
  readonly onTold?: (told: Told, telling: PlannedTelling, notification: QueuedNotification) => void;
}

/** How to deliver. */
export interface DeliverOptions {
  readonly mode: () => DeliveryMode;
  readonly signal: AbortSignal;
  readonly onTold?: DeliveryParts["onTold"];
  /** Given once it works: wakes it. */
  readonly onBegin?: (wake: () => void) => void;
}

/** What came of it. */
export interface DeliveryTally {
  readonly deliveredCount: number;
  /** Tellings that are due and were not taken, or not yet tried. */
  readonly undelivered: readonly PlannedTelling[];
  /** The last failure of each notifier that did not take everything. */
  readonly failures: readonly { readonly notifier: string; readonly problem: Problem }[];
  /** Why the log could not be read or written, or `null`. */
  readonly problem: Problem | null;
}

/** How often to look while something is under way, and at most how long to wait for news of the log. */
const [busyMs, idleMs] = [250, 1_000] as const;
/** Results are recorded when this many have gathered, and after a second at the latest. */
const [recordedAtOnce, recordAfterMs] = [400, 1_000] as const;

/**
 * Delivers what the log says is to be told, and records what became of it. A crash between a delivery and its record
 * leads to the same delivery once more, under the same id: nothing is lost, and a receiver can tell.
 */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #lanes = new Map<string, Lane>();
  readonly #failures = new Map<string, Problem>();
  readonly #told = new Set<string>();
  readonly #over = new Set<string>();
  /** Notifications of which nothing is left to tell: a long log has many. */
  readonly #done = new Set<string>();
  #outbox: Outbox | null = null;
  #results: NotificationEvent[] = [];
  #recordedAtMs: number;
  #deliveredCount = 0;
  #problem: Problem | null = null;
  #isStopped = false;
  #vain = 0;
  #wake: () => void = () => undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#recordedAtMs = parts.monotonicMs();
  }

  /** There is news: something was queued, or the mode has changed. */
  wake(): void {
    this.#wake();
  }

  /** Works until the mode says that it is over, or the signal aborts. Never rejects if its parts do not. */
  async run(mode: () => DeliveryMode, signal: AbortSignal): Promise<DeliveryTally> {
    signal.addEventListener("abort", () => (this.#isStopped = true), { once: true });
    this.#isStopped = signal.aborted;
    let due: readonly PlannedTelling[] = [];
    while (!signal.aborted) {
      const seen = await this.#look();
      due = seen.due;
      for (const lane of this.#lanes.values()) lane.pump();
      await this.#record({ isHurried: this.#inFlightCount() === 0 });
      if (this.#isOver(mode(), seen)) break;
      await this.#rest(seen.nextAtMs, { signal, isHeld: mode() !== "open" });
    }
    await Promise.all([...this.#lanes.values()].map((lane) => lane.settled()));
    await this.#record({ isHurried: true });
    const outbox = this.#outbox;
    const undelivered = due.filter(
      (telling) =>
        !this.#isTold(telling) && outbox?.find(telling.notificationId)?.delivered.has(tellingKey(telling)) !== true,
    );
    const failing = new Set(undelivered.map(({ notifier }) => notifier));
    const failures = [...this.#failures].flatMap(([notifier, problem]) =>
      failing.has(notifier) ? [{ notifier, problem }] : [],
    );
    return { deliveredCount: this.#deliveredCount, undelivered, failures, problem: this.#problem };
  }

  #isTold(telling: PlannedTelling): boolean {
    return this.#told.has(tellingKey(telling)) || this.#over.has(telling.notificationId);
  }

  /** Reads what is due, and gives each notifier what it is to be told. */
  async #look(): Promise<{ readonly due: readonly PlannedTelling[]; readonly nextAtMs: number | null }> {
    const read = await this.#parts.refresh();
    this.#problem = read.ok ? null : read.error;
    if (!read.ok) this.#vain += 1;
    if (read.ok) this.#outbox = read.value;
    const outbox = this.#outbox;
    if (outbox === null) return { due: [], nextAtMs: null };
    const audience = await this.#parts.audience();
    const nowMs = this.#parts.nowMs();
    const due: PlannedTelling[] = [];
    const waiting = new Map<string, (Waiting & { readonly rank: number })[]>();
    let nextAtMs: number | null = null;
    for (const notification of outbox.all()) {
      if (this.#done.has(notification.notificationId)) continue;
      const outstanding = outstandingOf(notification, audience, nowMs);
      if (isDone(notification, outstanding, audience)) this.#done.add(notification.notificationId);
      if (outstanding.nextAtMs !== null) nextAtMs = Math.min(nextAtMs ?? outstanding.nextAtMs, outstanding.nextAtMs);
      for (const telling of outstanding.due) {
        if (this.#isTold(telling)) continue;
        due.push(telling);
        const attemptCount = notification.failed.get(tellingKey(telling))?.attemptCount ?? 0;
        const lane = waiting.get(telling.notifier) ?? [];
        waiting.set(telling.notifier, lane);
        lane.push({ telling, attemptCount, rank: isAsking(notification) ? 0 : 1 });
      }
    }
    for (const notifier of new Set([...this.#lanes.keys(), ...waiting.keys()])) {
      const queue = waiting.get(notifier) ?? [];
      // What somebody is asked for comes first, and what failed least; the sorting keeps the order of time.
      this.#laneOf(notifier).feed(
        queue.sort((left, right) => left.rank - right.rank || left.attemptCount - right.attemptCount),
      );
    }
    return { due, nextAtMs };
  }

  #laneOf(notifier: string): Lane {
    const known = this.#lanes.get(notifier);
    if (known !== undefined) return known;
    const lane = new Lane({
      nowMs: this.#parts.monotonicMs,
      random: this.#parts.random,
      isStopped: () => this.#isStopped,
      tell: async (telling) => {
        const notification = this.#outbox?.find(telling.notificationId) ?? null;
        return notification === null ? { ok: true, value: "moved_on" } : this.#parts.tell(notification, telling);
      },
      onSettled: (event, told, telling) => this.#settle(event, told, telling),
    });
    this.#lanes.set(notifier, lane);
    return lane;
  }

  #settle(event: NotificationEvent | null, told: Told, telling: PlannedTelling): void {
    if (event !== null) this.#results.push(event);
    if (!told.ok) this.#failures.set(telling.notifier, told.error);
    else if (told.value === "moved_on") this.#over.add(telling.notificationId);
    else {
      this.#told.add(tellingKey(telling));
      this.#deliveredCount += 1;
    }
    const notification = this.#outbox?.find(telling.notificationId);
    if (notification !== undefined && notification !== null) this.#parts.onTold?.(told, telling, notification);
    this.#wake();
  }

  async #record({ isHurried }: { readonly isHurried: boolean }): Promise<void> {
    const isLate = this.#parts.monotonicMs() - this.#recordedAtMs >= recordAfterMs;
    if (this.#results.length === 0 || !(isHurried || isLate || this.#results.length >= recordedAtOnce)) return;
    const results = this.#results;
    this.#results = [];
    const recorded = await this.#parts.record(results);
    this.#recordedAtMs = this.#parts.monotonicMs();
    if (recorded.ok) {
      this.#vain = 0;
      return;
    }
    // Kept for the next time: another process has the store for a moment, or for good.
    this.#problem = recorded.error;
    this.#vain += 1;
    this.#results = [...results, ...this.#results];
  }

  #isOver(mode: DeliveryMode, seen: { readonly nextAtMs: number | null }): boolean {
    if (mode === "stay" || this.#inFlightCount() > 0) return false;
    // Where the store cannot be read or written, the next process tells what is left.
    if (this.#vain >= 3) return true;
    if (this.#results.length > 0 || this.#problem !== null) return false;
    const next = [...this.#lanes.values()].flatMap((lane) => lane.nextAtMs() ?? []);
    if (mode === "once") return next.every((atMs) => atMs > this.#parts.monotonicMs());
    return seen.nextAtMs === null && next.every((atMs) => atMs === Number.POSITIVE_INFINITY);
  }

  #inFlightCount(): number {
    return [...this.#lanes.values()].reduce((count, lane) => count + lane.inFlightCount, 0);
  }

  async #rest(
    nextAtMs: number | null,
    { signal, isHeld }: { readonly signal: AbortSignal; readonly isHeld: boolean },
  ): Promise<void> {
    const nowMs = this.#parts.monotonicMs();
    const lanes = [...this.#lanes.values()].flatMap((lane) => lane.nextAtMs() ?? []).map((atMs) => atMs - nowMs);
    const later = nextAtMs === null ? [] : [nextAtMs - this.#parts.nowMs()];
    const isBusy = this.#inFlightCount() > 0 || this.#results.length > 0;
    const ms = Math.max(5, Math.min(isBusy ? busyMs : idleMs, ...lanes.filter((wait) => wait > 0), ...later));
    const woken = new AbortController();
    const news = new Promise<void>((resolve) => {
      // While calls are under way, each of them would be news: results are gathered first.
      this.#wake = () => (this.#inFlightCount() > 0 && this.#results.length < recordedAtOnce ? undefined : resolve());
    });
    const stop = AbortSignal.any([woken.signal, signal]);
    await Promise.race([this.#parts.sleep(ms, { signal: stop, isHeld }), news]);
    woken.abort();
    this.#wake = () => undefined;
  }
}

function isDone(notification: QueuedNotification, { due, nextAtMs }: Outstanding, { names }: Audience): boolean {
  if (isAsking(notification) || due.length > 0 || nextAtMs !== null) return false;
  return notification.to.every((notifier) => names.has(notifier));
}
