import { type Problem, problem } from "../core/value/codes.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { ownField, problemIn } from "../ports/read-answer.ts";

/** Nothing, or why a notification was not delivered. */
export type Delivery = Result<undefined, Problem>;

/** How long a delivery may take, and what interrupts it. */
export interface DeliveryLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A delivery that failed, as far as is known here. `why` quotes neither an address's path nor a secret. */
export function notDelivered(notifier: string, why: string): Delivery {
  return fail(problem("E_NOTIFICATION_FAILED", "", `the notifier \`${notifier}\` ${why}`));
}

/** The system's name of an error, or the kind of error that it is. Its message is left out: it may quote an address. */
export function errorName(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ("code" in cause && typeof cause.code === "string") return cause.code;
  return error instanceof Error ? error.name : "error";
}

/**
 * Delivers within limits, and always resolves. `send` gets a signal that aborts when the time is over or the caller's
 * signal aborts. If it ignores that signal it is not waited for. If it throws, or answers with anything but a delivery,
 * the delivery has failed.
 * With an interruption beforehand it is not called.
 */
export function deliver(
  notifier: string,
  { timeoutMs, signal }: DeliveryLimits,
  send: (signal: AbortSignal) => Promise<Delivery>,
): Promise<Delivery> {
  if (signal.aborted) return Promise.resolve(notDelivered(notifier, "was interrupted"));
  const stop = new AbortController();
  return new Promise((resolve) => {
    const settle = (delivery: Delivery): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", interrupt);
      resolve(delivery);
    };
    const giveUp = (why: string): void => {
      settle(notDelivered(notifier, why));
      stop.abort();
    };
    const interrupt = (): void => giveUp("was interrupted");
    const timer = setTimeout(() => giveUp(`did not answer within ${timeoutMs} ms`), timeoutMs);
    signal.addEventListener("abort", interrupt, { once: true });
    const sending = async (): Promise<Delivery> => readDelivery(notifier, await send(stop.signal));
    sending().then(settle, (error: unknown) => settle(notDelivered(notifier, `failed (${errorName(error)})`)));
  });
}

/** Reads what a notifier answered. Only its own `ok: true` says that the notification was handed over. */
function readDelivery(notifier: string, answer: unknown): Delivery {
  const isDelivered = ownField(answer, "ok");
  if (isDelivered === true) return ok(undefined);
  if (isDelivered !== false) return notDelivered(notifier, "did not say whether it was delivered");
  const given = problemIn(ownField(answer, "error"));
  return given === null ? notDelivered(notifier, "gave no reason") : fail(given);
}
