import type { NotificationEvent } from "../../core/run/words/notification-event.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Result } from "../../core/value/result.ts";
import { backOffMs, isRecordedFailure } from "./back-off.ts";
import { tellingKey } from "./outbox.ts";
import type { PlannedTelling } from "./tellings.ts";

/** How one telling came out: taken, not taken, or no longer needed. */
export type Told = Result<"delivered" | "moved_on", Problem>;

/** What a lane needs. `nowMs` never goes back. */
export interface LaneParts {
  readonly nowMs: () => number;
  readonly random: () => number;
  /** Nothing begins any more. What is interrupted by that has not failed. */
  readonly isStopped: () => boolean;
  /** Makes one telling. Never rejects. */
  readonly tell: (telling: PlannedTelling) => Promise<Told>;
  /** Something is to be recorded, or another telling can begin. */
  readonly onSettled: (event: NotificationEvent | null, told: Told, telling: PlannedTelling) => void;
}

/** A telling that waits for its turn, and how often it was tried before. */
export interface Waiting {
  readonly telling: PlannedTelling;
  readonly attemptCount: number;
}

/** Calls to one notifier at a time. */
const inFlightMax = 8;
/** A notifier that failed this often in a row is taken for down: then one call at a time looks whether it still is. */
const downAfter = 5;

/**
 * What is to be told through one notifier. A telling that failed is tried again, later each time. A notifier that is
 * down is tried with one telling at a time, so that an outage costs it and us a few calls and not one for each telling.
 */
export class Lane {
  readonly #parts: LaneParts;
  readonly #tried = new Map<string, { readonly count: number; readonly notBeforeMs: number }>();
  readonly #inFlight = new Map<string, Promise<void>>();
  #queue: readonly Waiting[] = [];
  #position = 0;
  #failuresInARow = 0;
  #restsUntilMs = 0;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  /** Replaces the queue, most urgent first. What is under way goes on. */
  feed(queue: readonly Waiting[]): void {
    this.#queue = queue;
    this.#position = 0;
  }

  /** Begins as many tellings as may begin now. */
  pump(): void {
    const nowMs = this.#parts.nowMs();
    while (this.#position < this.#queue.length && this.#hasRoom(nowMs)) {
      const waiting = this.#queue[this.#position];
      this.#position += 1;
      if (waiting === undefined || !this.#isReady(waiting, nowMs)) continue;
      const key = tellingKey(waiting.telling);
      this.#inFlight.set(key, this.#make(waiting, key));
    }
  }

  /** When the lane can go on if nothing else happens; `null` if nothing is left to do. */
  nextAtMs(): number | null {
    const times = this.#queue
      .filter(({ telling }) => !this.#inFlight.has(tellingKey(telling)))
      .map(({ telling }) => this.#tried.get(tellingKey(telling))?.notBeforeMs ?? 0);
    return times.length === 0 ? null : Math.max(this.#restsUntilMs, Math.min(...times));
  }

  /** Resolves once nothing is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight.values());
  }

  #hasRoom(nowMs: number): boolean {
    if (this.#parts.isStopped()) return false;
    if (this.#failuresInARow < downAfter) return this.#inFlight.size < inFlightMax;
    return this.#inFlight.size === 0 && nowMs >= this.#restsUntilMs;
  }

  #isReady({ telling }: Waiting, nowMs: number): boolean {
    const key = tellingKey(telling);
    return !this.#inFlight.has(key) && nowMs >= (this.#tried.get(key)?.notBeforeMs ?? 0);
  }

  async #make({ telling, attemptCount }: Waiting, key: string): Promise<void> {
    const { tell, nowMs, random, onSettled } = this.#parts;
    const told = await tell(telling);
    this.#inFlight.delete(key);
    const count = (this.#tried.get(key)?.count ?? attemptCount) + 1;
    const { notificationId, notifier, step, round } = telling;
    const about = { runId: null, notificationId, notifier, step, round, attemptCount: count } as const;
    if (told.ok) {
      this.#failuresInARow = 0;
      this.#restsUntilMs = 0;
      // Until the log says so, it must not be told again.
      this.#tried.set(key, { count, notBeforeMs: Number.POSITIVE_INFINITY });
      onSettled(eventOf(told.value, about), told, telling);
    } else if (!this.#parts.isStopped()) {
      this.#failuresInARow += 1;
      this.#tried.set(key, { count, notBeforeMs: nowMs() + backOffMs(count, random) });
      if (this.#failuresInARow >= downAfter)
        this.#restsUntilMs = nowMs() + backOffMs(this.#failuresInARow - downAfter + 1, random);
      const { error: problem } = told;
      onSettled(isRecordedFailure(count) ? { ...about, kind: "notification_failed", problem } : null, told, telling);
    }
    this.pump();
  }
}

function eventOf(
  as: "delivered" | "moved_on",
  about: Omit<Extract<NotificationEvent, { readonly kind: "notification_delivered" }>, "kind">,
): NotificationEvent {
  const { runId, notificationId } = about;
  return as === "delivered"
    ? { ...about, kind: "notification_delivered" }
    : { kind: "notification_withdrawn", runId, notificationId };
}
