import { createHash } from "node:crypto";
import {
  Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
  validateHeaderName,
  validateHeaderValue,
} from "node:http";
import type { Socket } from "node:net";
import { type Problem, problem } from "../../core/value/codes.ts";
import { limits } from "../../core/value/limits.ts";
import { quote } from "../../core/value/text.ts";

/** One request, ready to go. */
export interface Outgoing {
  readonly method: string;
  readonly base: URL;
  /** Path and query, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  /** The look that a read is part of: the reads of one look may share connections, until it is aborted. */
  readonly look: AbortSignal | undefined;
}

/** What ends an exchange. */
export interface ExchangeLimits {
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  readonly signal: AbortSignal;
  /** Whether an answer with this status says everything by its status: its body is then only a beginning to quote. */
  readonly isSaidByStatus: (status: number) => boolean;
}

/** What became of one request. Only `not_sent` means that the target cannot have acted on it. */
export type Exchange =
  | { readonly kind: "not_sent"; readonly problem: Problem }
  | { readonly kind: "lost"; readonly problem: Problem }
  /** A status came, and it stands whatever becomes of the body. */
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: ReceivedBody;
    };

/** The body of an answer, as far as it came. */
export type ReceivedBody =
  | { readonly kind: "whole"; readonly bytes: Buffer }
  | { readonly kind: "cut"; readonly bytes: Buffer; readonly problem: Problem };

/** How much of a body is read, and how long it is waited for, where the status says everything. */
const quoted = { bytesMax: 4 * limits.quoteCharsMax, waitMs: 500 } as const;

/**
 * Sends one request once and says what is known of it. Redirects are answers: nothing is ever sent to another origin.
 *
 * A write has a connection of its own. On a kept one, a server that closes it in silence at the same moment leaves a
 * write in doubt for no reason; and "nothing left" is known only as long as no connection was there. The reads of one
 * look share connections. None is older than the look, because a server that has been told to change may serve its old
 * connections as before. A read that a kept connection loses is made once more, on a new one.
 */
export async function exchange(outgoing: Outgoing, within: ExchangeLimits): Promise<Exchange> {
  const agent = outgoing.look === undefined ? false : agentOf(outgoing.look, outgoing.base);
  const startMs = performance.now();
  const first = await exchangeOnce(outgoing, within, agent);
  if (first.kind !== "stale") return first;
  const leftMs = within.timeoutMs - (performance.now() - startMs);
  const again = leftMs < 1 ? first : await exchangeOnce(outgoing, { ...within, timeoutMs: leftMs }, false);
  return again.kind === "stale" ? { kind: "lost", problem: again.problem } : again;
}

/** How far one try is. */
interface State {
  isConnected: boolean;
  isOver: boolean;
  /** Ends the reading of an answer that has begun. */
  cut: ((problem: Problem) => void) | null;
}

/** One try. A `stale` one was lost on a kept connection before any answer came. */
type Try = Exchange | { readonly kind: "stale"; readonly problem: Problem };

function exchangeOnce(outgoing: Outgoing, within: ExchangeLimits, agent: Agent | false): Promise<Try> {
  const request = open(outgoing, agent);
  if (request === null)
    return Promise.resolve({
      kind: "not_sent",
      problem: problem(
        "E_CALL_INVALID",
        "",
        "a header of the call, or its credential, holds characters that no header can carry",
        hintOfHeaders(outgoing.headers),
      ),
    });
  return new Promise((resolve) => {
    const state: State = { isConnected: false, isOver: false, cut: null };
    const settle = (result: Try): void => {
      // What comes later must not close a connection that another request has by then.
      if (state.isOver) return;
      state.isOver = true;
      clearTimeout(timer);
      within.signal.removeEventListener("abort", abort);
      // A connection whose answer was read to its end goes back to its agent.
      if (agent === false || result.kind !== "answered" || result.body.kind === "cut") request.destroy();
      resolve(result);
    };
    const fail = (found: Problem): void => {
      if (state.cut !== null) return state.cut(found);
      settle(state.isConnected ? { kind: "lost", problem: found } : { kind: "not_sent", problem: unsent(found) });
    };
    // Our own `destroy` may end in an error after the promise has settled. It must not throw, and changes nothing.
    request.on("error", (error) => {
      const problem = problemOf(error, outgoing);
      if (request.reusedSocket && state.cut === null) settle({ kind: "stale", problem });
      else fail(problem);
    });
    request.on("socket", (socket) => {
      state.isConnected = request.reusedSocket;
      onConnected(socket, outgoing.base, () => {
        state.isConnected = true;
      });
    });
    request.on("response", (response) => {
      const { statusCode: status = 0, headers } = response;
      state.cut = receive(response, within, (body) => settle({ kind: "answered", status, headers, body }));
    });
    // A switch of protocols closes the connection without an error; what has been settled before stays so.
    request.on("close", () => setImmediate(() => fail(brokenOff())));
    const expire = (): void => {
      const { host } = outgoing.base;
      const says =
        state.cut === null
          ? `no answer from \`${host}\` within ${within.timeoutMs} ms`
          : `the answer of \`${host}\` began, and had not ended after ${within.timeoutMs} ms`;
      fail(problem("E_TIMEOUT", "", says));
    };
    const abort = (): void =>
      fail(problem("E_TARGET_LOST", "", `the call to \`${outgoing.base.host}\` was broken off`));
    const timer = setTimeout(expire, within.timeoutMs);
    within.signal.addEventListener("abort", abort, { once: true });
    if (within.signal.aborted) return abort();
    request.end(outgoing.body ?? undefined);
  });
}

/** Which header it is. Its value may be a secret, and is not repeated. */
function hintOfHeaders(headers: Outgoing["headers"]): string {
  const names = Object.entries(headers).flatMap(([name, value]) => (isCarried(name, value) ? [] : [name]));
  const [name] = names;
  if (name === undefined) return "correct the action's `with`: its path or a header cannot be written as HTTP";
  const where = `correct ${quote(name)} under \`headers\``;
  return `${where}, or the secret that \`auth\` puts there: a line feed at its end, for example`;
}

function isCarried(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

/**
 * The request, or `null` if it cannot be written as HTTP. The library's message is dropped: it would quote the value.
 */
function open({ method, base, path, headers, body }: Outgoing, agent: Agent | false): ClientRequest | null {
  // Not imported above: `node:https` takes more than 10 ms to load, and many sites have no use for it.
  const send = base.protocol === "https:" ? process.getBuiltinModule("node:https").request : requestHttp;
  try {
    return send({
      protocol: base.protocol,
      hostname: base.hostname.replace(/^\[|\]$/g, ""),
      port: base.port,
      method,
      path,
      agent,
      setHost: true,
      headers: {
        ...headers,
        ...(agent === false ? { connection: "close" } : {}),
        "accept-encoding": "identity",
        ...(body === null ? {} : { "content-length": `${body.length}` }),
      },
    });
  } catch {
    return null;
  }
}

/** The connections of each look that is under way, by protocol. */
const agents = new WeakMap<AbortSignal, Map<string, Agent>>();

/** Keeps connections until the look is over, each for one request at a time. */
function agentOf(look: AbortSignal, { protocol }: URL): Agent | false {
  if (look.aborted) return false;
  const ofLook = agents.get(look) ?? new Map<string, Agent>();
  agents.set(look, ofLook);
  const known = ofLook.get(protocol);
  if (known !== undefined) return known;
  const Made = protocol === "https:" ? process.getBuiltinModule("node:https").Agent : Agent;
  const made = new Made({ keepAlive: true });
  ofLook.set(protocol, made);
  look.addEventListener("abort", () => made.destroy(), { once: true });
  return made;
}

/** Until this is called nothing of the request can have left: bytes wait in the socket. */
function onConnected(socket: Socket, base: URL, then: () => void): void {
  socket.once(base.protocol === "https:" ? "secureConnect" : "connect", then);
}

/**
 * Reads the body of an answer and gives it to `done`, once. Where the status says everything, a beginning is enough, so
 * a body that does not end keeps nobody waiting.
 *
 * @returns ends the reading: what has come so far is the body, and it is cut short
 */
function receive(
  response: IncomingMessage,
  { outputBytesMax, isSaidByStatus }: ExchangeLimits,
  done: (body: ReceivedBody) => void,
): (problem: Problem) => void {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let isOver = false;
  const finish = (body: ReceivedBody): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    done(body);
  };
  const cut = (problem: Problem): void => finish({ kind: "cut", bytes: Buffer.concat(chunks), problem });
  const isQuoted = isSaidByStatus(response.statusCode ?? 0);
  const timer = isQuoted ? setTimeout(() => cut(brokenOff()), quoted.waitMs) : undefined;
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (isQuoted && sizeBytes >= quoted.bytesMax) cut(brokenOff());
    else if (sizeBytes > outputBytesMax) cut(tooLarge(Buffer.concat(chunks), outputBytesMax));
  });
  response.on("end", () =>
    response.complete ? finish({ kind: "whole", bytes: Buffer.concat(chunks) }) : cut(brokenOff()),
  );
  response.on("error", () => cut(brokenOff()));
  response.on("aborted", () => cut(brokenOff()));
  return cut;
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

/** What the parser of HTTP answers calls in its own words. Every other of its codes means that it was not HTTP. */
const wrongHttp: ReadonlyMap<string, string> = new Map([
  ["HPE_HEADER_OVERFLOW", "answered with more header than is read"],
  ["HPE_UNEXPECTED_CONTENT_LENGTH", "answered with two lengths for one body"],
  ["HPE_INVALID_CONTENT_LENGTH", "answered with a length of its body that is no number"],
  ["HPE_INVALID_CHUNK_SIZE", "answered with a part of its body whose size is no number"],
  ["HPE_INVALID_HEADER_TOKEN", "answered with a header that holds forbidden characters"],
]);

const hintOfWrongHttp = "check that `base` names an HTTP service, with the right port and `http` or `https`";

function problemOf(error: Error, { base }: Outgoing): Problem {
  // Node gives a code with every error of the network or of its parser.
  const code = "code" in error && typeof error.code === "string" ? error.code : "no code";
  const said = wrongHttp.get(code);
  if (said !== undefined) return problem("E_TARGET_LOST", "", `\`${base.host}\` ${said} (${code})`, hintOfWrongHttp);
  if (code.startsWith("HPE_")) {
    const message = `\`${base.host}\` answered what is not HTTP (${code})`;
    return problem("E_TARGET_LOST", "", message, hintOfWrongHttp);
  }
  return problem("E_TARGET_LOST", "", `the connection to \`${base.host}\` failed (${code})`);
}

function unsent(found: Problem): Problem {
  return problem(
    "E_TARGET_UNREACHABLE",
    "",
    found.code === "E_TIMEOUT" ? found.message.replace("no answer from", "no connection to") : found.message,
  );
}
