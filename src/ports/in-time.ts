import type { Clock } from "../ports.ts";

/** What a port answered, or that it has not. */
export type InTime<T> = { readonly isInTime: true; readonly value: T } | { readonly isInTime: false };

/**
 * Waits for a port, but not for ever: a port that never answers must not keep a run, a plan or a person waiting. Every
 * port has a time in its contract. The caller waits for a margin on top of it, so that a port that keeps its contract
 * is never cut off by a busy machine.
 *
 * After `signal` aborts nothing is cut off: the port has been told to stop, and the caller who told it limits the wait.
 * Rejects as `asked` does, unless that comes too late.
 */
export async function answerInTime<T>(
  asked: Promise<T>,
  limits: { readonly clock: Pick<Clock, "sleep">; readonly waitMs: number; readonly signal?: AbortSignal },
): Promise<InTime<T>> {
  const { clock, waitMs, signal } = limits;
  const over = new AbortController();
  // With a reason of ours: the default one is an exception with a stack, made for every call.
  const stop = (): void => over.abort("answered");
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted === true) stop();
  try {
    const answer = asked.then((value): InTime<T> => ({ isInTime: true, value }));
    return await Promise.race([answer, timeIsOver(clock, waitMs, over.signal)]);
  } finally {
    stop();
    signal?.removeEventListener("abort", stop);
  }
}

/** How many turns of the microtask queue a port has to answer at once. */
export const turnsMax = 8;

/** What has become of a promise so far. */
export interface Settlement<T> {
  /** What it rejected with is thrown by waiting for the promise. */
  readonly state: "pending" | "rejected" | { readonly value: T };
}

/**
 * Watches a promise, so that its state can be looked at. Watching the time of a call costs more than a call to
 * something in memory, so callers give it `turnsMax` turns of the microtask queue first.
 */
export function settlementOf<T>(asked: Promise<T>): Settlement<T> {
  const settlement: { state: Settlement<T>["state"] } = { state: "pending" };
  asked.then(
    (value) => {
      settlement.state = { value };
    },
    () => {
      settlement.state = "rejected";
    },
  );
  return settlement;
}

/** Resolves when the time is over, and never once the signal has aborted. */
async function timeIsOver(clock: Pick<Clock, "sleep">, waitMs: number, signal: AbortSignal): Promise<InTime<never>> {
  await clock.sleep(waitMs, signal);
  return signal.aborted ? new Promise(() => undefined) : { isInTime: false };
}
