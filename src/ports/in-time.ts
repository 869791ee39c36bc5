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
  const stop = (): void => over.abort();
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

/** Resolves when the time is over, and never once the signal has aborted. */
async function timeIsOver(clock: Pick<Clock, "sleep">, waitMs: number, signal: AbortSignal): Promise<InTime<never>> {
  await clock.sleep(waitMs, signal);
  return signal.aborted ? new Promise(() => undefined) : { isInTime: false };
}
