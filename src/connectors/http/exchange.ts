import { createHash } from "node:crypto";
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Socket } from "node:net";
import { type Problem, problem } from "../../core/value/codes.ts";

/** One request, ready to go. */
export interface Outgoing {
  readonly method: string;
  readonly base: URL;
  /** Path and query, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

/** What ends an exchange. */
export interface ExchangeLimits {
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  readonly signal: AbortSignal;
}

/** What became of one request. Only `not_sent` means that the target cannot have acted on it. */
export type Exchange =
  | { readonly kind: "not_sent"; readonly problem: Problem }
  | { readonly kind: "lost"; readonly problem: Problem }
  /** A status came. `body` may still have been cut short, which only matters where the body does. */
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: ReceivedBody;
    };

/** The body of an answer, as far as it came. */
export type ReceivedBody =
  | { readonly kind: "whole"; readonly bytes: Buffer }
  | { readonly kind: "cut"; readonly problem: Problem };

/**
 * Sends one request once and says what is known of it. Redirects are answers: nothing is ever sent to another origin.
 *
 * Each request has a connection of its own. On a kept one, a server that closes it in silence at the same moment leaves
 * a write in doubt for no reason; and "nothing left" is known only as long as no connection was there.
 */
export function exchange(outgoing: Outgoing, limits: ExchangeLimits): Promise<Exchange> {
  const request = open(outgoing);
  if (request === null)
    return Promise.resolve({
      kind: "not_sent",
      problem: problem(
        "E_CALL_INVALID",
        "",
        "a header of the call, or its credential, holds characters that no header can carry",
      ),
    });
  return new Promise((resolve) => {
    const state = { isConnected: false };
    const settle = (result: Exchange): void => {
      clearTimeout(timer);
      limits.signal.removeEventListener("abort", abort);
      request.destroy();
      resolve(result);
    };
    const fail = (found: Problem): void =>
      settle(state.isConnected ? { kind: "lost", problem: found } : { kind: "not_sent", problem: unsent(found) });
    // Our own `destroy` may end in an error after the promise has settled. It must not throw, and changes nothing.
    request.on("error", (error) => fail(problemOf(error, outgoing)));
    request.on("socket", (socket) =>
      onConnected(socket, outgoing.base, () => {
        state.isConnected = true;
      }),
    );
    request.on("response", (response) => {
      receive(response, limits).then(
        (body) => settle({ kind: "answered", status: response.statusCode ?? 0, headers: response.headers, body }),
        () => undefined,
      );
    });
    // A switch of protocols closes the connection without an error; what has been settled before stays so.
    request.on("close", () => setImmediate(() => fail(brokenOff())));
    const expire = (): void =>
      fail(problem("E_TIMEOUT", "", `no answer from \`${outgoing.base.host}\` within ${limits.timeoutMs} ms`));
    const abort = (): void =>
      fail(problem("E_TARGET_LOST", "", `the call to \`${outgoing.base.host}\` was broken off`));
    const timer = setTimeout(expire, limits.timeoutMs);
    limits.signal.addEventListener("abort", abort, { once: true });
    if (limits.signal.aborted) return abort();
    request.end(outgoing.body ?? undefined);
  });
}

/**
 * The request, or `null` if it cannot be written as HTTP. The library's message is dropped: it would quote the value.
 */
function open({ method, base, path, headers, body }: Outgoing): ClientRequest | null {
  const send = base.protocol === "https:" ? requestHttps : requestHttp;
  try {
    return send({
      protocol: base.protocol,
      hostname: base.hostname.replace(/^\[|\]$/g, ""),
      port: base.port,
      method,
      path,
      agent: false,
      setHost: true,
      headers: {
        ...headers,
        connection: "close",
        "accept-encoding": "identity",
        ...(body === null ? {} : { "content-length": `${body.length}` }),
      },
    });
  } catch {
    return null;
  }
}

/** Until this is called nothing of the request can have left: bytes wait in the socket. */
function onConnected(socket: Socket, base: URL, then: () => void): void {
  socket.once(base.protocol === "https:" ? "secureConnect" : "connect", then);
}

function receive(response: IncomingMessage, limits: ExchangeLimits): Promise<ReceivedBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes > limits.outputBytesMax)
        resolve({ kind: "cut", problem: tooLarge(Buffer.concat(chunks), limits.outputBytesMax) });
    });
    response.on("end", () =>
      resolve(
        response.complete ? { kind: "whole", bytes: Buffer.concat(chunks) } : { kind: "cut", problem: brokenOff() },
      ),
    );
    response.on("error", () => resolve({ kind: "cut", problem: brokenOff() }));
    response.on("aborted", () => resolve({ kind: "cut", problem: brokenOff() }));
  });
}

function tooLarge(bytes: Buffer, sizeBytesMax: number): Problem {
  const hash = createHash("sha256").update(bytes.subarray(0, sizeBytesMax)).digest("hex");
  return problem(
    "E_OUTPUT_SIZE",
    "",
    `the answer is larger than ${sizeBytesMax} bytes; the first ${sizeBytesMax} have sha256 ${hash}`,
  );
}

function brokenOff(): Problem {
  return problem("E_TARGET_LOST", "", "the connection broke in the middle of the answer");
}

function problemOf(error: Error, { base }: Outgoing): Problem {
  // Node gives a code with every error of the network or of its parser.
  const code = "code" in error && typeof error.code === "string" ? error.code : "no code";
  return problem("E_TARGET_LOST", "", `the connection to \`${base.host}\` failed (${code})`);
}

function unsent(found: Problem): Problem {
  return problem(
    "E_TARGET_UNREACHABLE",
    "",
    found.code === "E_TIMEOUT" ? found.message.replace("no answer from", "no connection to") : found.message,
  );
}
