import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

import { type Refused, refuse } from "./commands.ts";

/** The answer of a route. `etag` is that of the object concerned. */
export interface Reply {
  readonly kind: "reply";
  readonly status: number;
  readonly body: unknown;
  readonly etag: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** The most bytes that a request body may have. */
const bodySizeBytesMax = 65_536;

/** A reply with a JSON body; a string body is sent as plain text. */
export function reply(
  status: number,
  body: unknown,
  etag: string | null = null,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { kind: "reply", status, body, etag, headers };
}

/** A refusal as it is sent. */
export function replyRefusal({ refusal }: Refused): Reply {
  const headers: Record<string, string> = refusal.status === 401 ? { "www-authenticate": "Bearer" } : {};
  return reply(refusal.status, { code: refusal.code, message: refusal.message }, null, headers);
}

/** The bytes of a reply: every body but text is JSON. */
export function sendReply(response: ServerResponse, { status, body, etag, headers }: Reply): void {
  const isText = typeof body === "string";
  const bytes = Buffer.from(isText ? body : `${JSON.stringify(body)}\n`);
  response.writeHead(status, {
    "content-type": isText ? "text/plain; version=0.0.4; charset=utf-8" : "application/json",
    "content-length": bytes.length,
    "cache-control": "no-store",
    ...(etag === null ? {} : { etag }),
    ...headers,
  });
  response.end(bytes);
}

/** The JSON document in a request's body, `null` for an empty one. */
export async function readJsonBody(
  request: IncomingMessage,
): Promise<{ readonly kind: "body"; readonly document: unknown; readonly text: string } | Refused> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // The cast: without an encoding set, a request yields buffers.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > bodySizeBytesMax) return refuse(413, "too_large", `a body has at most ${bodySizeBytesMax} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text === "") return { kind: "body", document: null, text };
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
    return refuse(415, "not_json", "send `content-type: application/json`");
  try {
    return { kind: "body", document: JSON.parse(text), text };
  } catch {
    return refuse(400, "bad_json", "the body is not JSON");
  }
}

/** Whether a request carries this bearer token. The time that this takes does not tell how much of it was right. */
export function hasToken(request: IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ""), digest(`Bearer ${token}`));
}

/**
 * The entity tags of an `If-Match` header; null if there is none or it is `*`. A weak tag never matches (RFC 9110,
 * 13.1.1).
 */
export function parseIfMatch(header: string | undefined): readonly string[] | null {
  if (header === undefined || header.trim() === "*") return null;
  return header
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => /^"[^"]*"$/.test(tag));
}

/** One header as a single text, or null. */
export function readHeader(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : null;
}
