import type { Reply } from "../core/run/words/input.ts";
import { InvariantError } from "../core/value/invariant.ts";
import { unknown } from "./reply.ts";

/**
 * Runs work that cannot be broken off, such as a system call on a dead network disk, and stops waiting when the time is
 * over. `isOver` lets the work itself refuse at the last moment before it changes anything.
 */
export function withinTime(
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
  work: (isOver: () => boolean) => Promise<Reply>,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let isOver = limits.signal.aborted;
    const stop = (reply: Reply): void => {
      isOver = true;
      finish();
      resolve(reply);
    };
    const abort = (): void => stop(unknown("E_TARGET_LOST", "the call was broken off"));
    const timer = setTimeout(
      () => stop(unknown("E_TIMEOUT", `nothing came back within ${limits.timeoutMs} ms`)),
      limits.timeoutMs,
    );
    const finish = (): void => {
      clearTimeout(timer);
      limits.signal.removeEventListener("abort", abort);
    };
    limits.signal.addEventListener("abort", abort, { once: true });
    const fail = (error: unknown): void => {
      if (error instanceof InvariantError) reject(error);
      else
        resolve(
          unknown(
            "E_TARGET_LOST",
            `the system failed in the middle of the call: ${error instanceof Error ? error.name : "no error"}`,
          ),
        );
    };
    work(() => isOver)
      .then(resolve, fail)
      .finally(finish);
  });
}
