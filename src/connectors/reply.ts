import type { Reply } from "../core/run/words/input.ts";
import { type Code, problem } from "../core/value/codes.ts";
import type { JsonValue } from "../core/value/json-value.ts";

/** The target acknowledged; `outputBytes` counts what it answered, before anything was parsed. */
export function applied(output: JsonValue, outputBytes: number): Reply {
  return { kind: "applied", output, outputBytes, outcome: null };
}

/** Nothing left this machine. */
export function notSent(code: Code, message: string, hint?: string): Reply {
  return { kind: "not_sent", problem: problem(code, "", message, hint) };
}

/** The target says that nothing was done, and that asking again would be answered alike. */
export function rejected(code: Code, message: string, hint?: string): Reply {
  return { kind: "rejected", problem: problem(code, "", message, hint), retryable: false };
}

/** The target says that nothing was done, and that it may do it later. */
export function rejectedForNow(code: Code, message: string, hint?: string): Reply {
  return { kind: "rejected", problem: problem(code, "", message, hint), retryable: true };
}

/** The effect may have happened. */
export function unknown(code: Code, message: string, hint?: string): Reply {
  return { kind: "unknown", problem: problem(code, "", message, hint) };
}
