import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { LAB_CODES, LabError, toLabError } from "../lab-error.ts";

const BODY_BYTES_MAX = 16_384;

/** A request as a handler sees it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly header: (name: string) => string | undefined;
  readonly readJson: () => Promise<unknown>;
}

/** An answer: JSON, or text with its type. */
export type ApiReply =
  | {
      readonly kind: "json";
      readonly status: number;
      readonly body: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "text"; readonly contentType: string; readonly text: string };

/** Answers a request; throws LabError for every expected refusal. */
export type ApiHandler = (request: ApiRequest) => Promise<ApiReply> | ApiReply;

/** A 200 answer. */
export function jsonReply(body: unknown, headers: Readonly<Record<string, string>> = {}): ApiReply {
  return { kind: "json", status: 200, body, headers };
}

/** Refuses a request whose bearer token is not `token`; compares in constant time. */
export function requireToken(request: ApiRequest, token: string): void {
  const given = Buffer.from(request.header("authorization") ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
  throw new LabError(
    "E_LAB_TOKEN",
    "the bearer token is missing or wrong",
    "read the token from the lab's state directory",
  );
}

/** A page in a browser must not reach the lab through a name it controls (DNS rebinding). */
function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  if (!(request.headers["content-type"] ?? "").startsWith("application/json")) {
    throw new LabError("E_LAB_ARGUMENTS", "the body must be application/json", "set the content-type header");
  }
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > BODY_BYTES_MAX)
      throw new LabError("E_LAB_ARGUMENTS", `the body is longer than ${BODY_BYTES_MAX} bytes`, "send less");
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}");
  } catch {
    throw new LabError("E_LAB_ARGUMENTS", "the body is not JSON", "send a JSON object");
  }
}

function write(response: ServerResponse, reply: ApiReply): void {
  if (reply.kind === "text") {
    response.writeHead(200, { "content-type": reply.contentType }).end(reply.text);
    return;
  }
  response.writeHead(reply.status, {
    "content-type": "application/json",
    "cache-control": "no-store",
    ...reply.headers,
  });
  response.end(`${JSON.stringify(reply.body)}\n`);
}

/** Turns a handler into a listener for `createServer`; errors become problem bodies with a stable code. */
export function toListener(handle: ApiHandler): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const header = (name: string): string | undefined => {
      const value = request.headers[name];
      return typeof value === "string" ? value : undefined;
    };
    const apiRequest: ApiRequest = {
      method: request.method ?? "GET",
      path: url.pathname,
      query: url.searchParams,
      header,
      readJson: () => readJson(request),
    };
    const answer = async (): Promise<ApiReply> => {
      if (!isLoopbackHost(request.headers.host))
        throw new LabError("E_LAB_TOKEN", "the Host header names no loopback address", "use 127.0.0.1");
      return handle(apiRequest);
    };
    answer()
      .catch((thrown: unknown): ApiReply => {
        const error = toLabError(thrown);
        const { httpStatus } = LAB_CODES[error.code];
        return {
          kind: "json",
          status: httpStatus,
          body: { code: error.code, message: error.message, hint: error.hint },
        };
      })
      .then((reply) => write(response, reply))
      .catch(() => response.destroy());
  };
}
