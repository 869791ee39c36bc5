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
}

/** Headers that may say something a domain wants to know; the others may carry a session or a measurement. */
const kept: readonly string[] = [
  "content-type",
  "etag",
  "idempotent-replayed",
  "last-modified",
  "location",
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
  if ((status >= 200 && status < 300) || asked.accept.includes(status)) return readOutput(answer);
  const says = `the target answered ${status}${excerpt(answer)}`;
  if (status === 412) return rejected("E_FENCE_MOVED", says);
  if (refusals.has(status)) {
    const isForNow = refusalsForNow.has(status) || (status === 409 && asked.isKeyed);
    return isForNow ? rejectedForNow("E_TARGET_REFUSED", says) : rejected("E_TARGET_REFUSED", says);
  }
  if (status >= 300 && status < 400) return readRedirect(answer, asked);
  return unknown("E_TARGET_LOST", says);
}

function readRedirect({ status }: Answer, { access }: Asked): Reply {
  const says = `the target answered ${status}, a redirect, which is not followed`;
  const hint = "let `base` and `path` name the final address";
  return access === "read" ? rejected("E_TARGET_REFUSED", says, hint) : unknown("E_TARGET_LOST", says, hint);
}

function readOutput({ status, headers, body }: Answer): Reply {
  if (body.kind === "cut") return { kind: "unknown", problem: body.problem };
  return applied({ status, headers: keptHeaders(headers), body: readBody(body.bytes, headers) }, body.bytes.length);
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
  if (body.kind === "cut" || body.bytes.length === 0) return "";
  return `: ${quote(
    body.bytes
      .subarray(0, 4 * limits.quoteCharsMax)
      .toString("utf8")
      .trim(),
  )}`;
}
