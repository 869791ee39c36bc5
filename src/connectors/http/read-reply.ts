import type { IncomingHttpHeaders } from "node:http";
import type { Reply } from "../../core/run/words/input.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { limits } from "../../core/value/limits.ts";
import { quote } from "../../core/value/text.ts";
import { unreadable } from "../../core/value/unreadable.ts";
import { orUnreadable, readAnsweredJson, readAnsweredText } from "../read-answer.ts";
import { applied, rejected, rejectedForNow, unknown } from "../reply.ts";
import type { Exchange } from "./exchange.ts";

type Answer = Extract<Exchange, { readonly kind: "answered" }>;

/** What the call was, as far as it decides how an answer is read. */
export interface Asked {
  readonly access: "read" | "write";
  readonly accept: readonly number[];
  readonly isKeyed: boolean;
  /** Whether the target was asked to compare a weak tag. */
  readonly isWeak: boolean;
}

/** Whether the body of an answer with this status is its output. Of any other answer the status says everything. */
export function hasOutput(status: number, accept: readonly number[]): boolean {
  return (status >= 200 && status < 300) || accept.includes(status);
}

/** Headers that may say something a domain wants to know; the others may carry a session or a measurement. */
const kept: readonly string[] = [
  "azure-asyncoperation",
  "content-type",
  "etag",
  "idempotent-replayed",
  "last-modified",
  "location",
  "operation-location",
  "retry-after",
];

// Answers that mean "not done" by their definition (RFC 9110, RFC 6585, RFC 4918, RFC 8470). 408 is not among them: a
// proxy says it too, when the server behind it was slow.
const refusals: ReadonlySet<number> = new Set([
  400, 401, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424, 425, 426, 428, 429,
  431, 451,
]);
const refusalsForNow: ReadonlySet<number> = new Set([423, 425, 429]);

/**
 * An answer in the kernel's terms.
 *
 * 2xx: applied, whatever the body holds. A definite refusal: rejected; for now where the status says so, and for 409
 * under a key, which is how a server says that the first request with it is still under way. 412: the fence has moved,
 * and asking again does not help. Everything else, 5xx first of all, and a redirect, which some services give after
 * they acted: unknown.
 */
export function readReply(answer: Answer, asked: Asked): Reply {
  const { status } = answer;
  if (hasOutput(status, asked.accept)) return readOutput(answer);
  const says = `the target answered ${status}${excerpt(answer)}`;
  if (status === 412) return asked.isWeak ? neverMatched(says) : rejected("E_FENCE_MOVED", says);
  if (refusals.has(status)) {
    const isForNow = refusalsForNow.has(status) || (status === 409 && asked.isKeyed);
    return isForNow ? askedAgain(rejectedForNow("E_TARGET_REFUSED", says), answer) : rejected("E_TARGET_REFUSED", says);
  }
  if (status >= 300 && status < 400) return readRedirect(answer, asked);
  return askedAgain(unknown("E_TARGET_LOST", says), answer);
}

/** A precondition on a weak tag fails however the object is (RFC 9110, 13.1.1), so this is no change by others. */
function neverMatched(says: string): Reply {
  return rejected("E_FENCE_WEAK", `${says}, and the tag that it had to compare is weak, so it never matches`);
}

/** The same reply, with the time that the target names for the next try. */
function askedAgain(reply: Reply, { headers }: Answer): Reply {
  const retryAfterMs = readRetryAfter(headers);
  if (retryAfterMs === null || (reply.kind !== "rejected" && reply.kind !== "unknown")) return reply;
  const { problem } = reply;
  const message = `${problem.message}; it asks to be left alone for ${Math.ceil(retryAfterMs / 1_000)} s`;
  return { ...reply, problem: { ...problem, message }, retryAfterMs };
}

const dayMs = 86_400_000;

/**
 * How long the target does not want to be asked again (RFC 9110, 10.2.3), in milliseconds and a year at most; `null` if
 * it does not say, or not in a form that can be read. A date is held against the answer's own `Date`, so that no two
 * clocks are compared.
 */
function readRetryAfter(headers: IncomingHttpHeaders): number | null {
  const said = headers["retry-after"]?.trim() ?? "";
  if (/^\d{1,10}$/.test(said)) return Math.min(Number(said) * 1_000, 365 * dayMs);
  // Only the forms of the RFC begin with the name of a day; `Date.parse` takes much else.
  const untilMs = /^[A-Z][a-z]{2,8}[, ]/.test(said) ? Date.parse(said) : Number.NaN;
  const pauseMs = untilMs - Date.parse(headers.date ?? "");
  return Number.isNaN(pauseMs) ? null : Math.min(Math.max(0, pauseMs), 365 * dayMs);
}

function readRedirect({ status }: Answer, { access }: Asked): Reply {
  const says = `the target answered ${status}, a redirect, which is not followed`;
  const hint = "let `base` and `path` name the final address";
  return access === "read" ? rejected("E_TARGET_REFUSED", says, hint) : unknown("E_TARGET_LOST", says, hint);
}

function readOutput({ status, headers, body }: Answer): Reply {
  if (body.kind === "cut") {
    const { problem, bytes } = body;
    const message = `${problem.message} (status ${status}, ${bytes.length} bytes of its body came)`;
    return { kind: "unknown", problem: { ...problem, message } };
  }
  const output = { status, headers: keptHeaders(headers), body: readBody(body.bytes, headers) };
  const retryAfterMs = readRetryAfter(headers);
  const outputBytes = body.bytes.length;
  // A system that has only begun says so, and when it wants to be asked how it goes.
  return retryAfterMs === null
    ? applied(output, outputBytes)
    : { kind: "applied", output, outputBytes, outcome: null, retryAfterMs };
}

/** The body, with a marker in place of what cannot be read: the status is the answer, whatever the body holds. */
function readBody(bytes: Buffer, headers: IncomingHttpHeaders): JsonValue {
  if (bytes.length === 0) return null;
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity")
    return unreadable("document", `it is encoded as ${quote(encoding)}, as nobody asked for`);
  if (/^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i.test(headers["content-type"] ?? ""))
    return orUnreadable(readAnsweredJson(bytes));
  return readAnsweredText(bytes);
}

function keptHeaders(headers: IncomingHttpHeaders): JsonValue {
  return Object.fromEntries(
    kept.flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}

/** The beginning of what the target says of its refusal, made inert: people need it, machines do not. */
function excerpt({ body }: Answer): string {
  if (body.bytes.length === 0) return "";
  return `: ${quote(
    body.bytes
      .subarray(0, 4 * limits.quoteCharsMax)
      .toString("utf8")
      .trim(),
  )}`;
}
