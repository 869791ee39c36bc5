import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Problem, problem } from "../../core/value/codes.ts";
import { limits } from "../../core/value/limits.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { systemProblem } from "../../core/value/system-error.ts";
import { quote } from "../../core/value/text.ts";
import { unreadProblem } from "../../intake/bounds.ts";
import { readRegularWithMode } from "../../intake/read-file.ts";
import { readStream } from "../../intake/read-stream.ts";
import { type Alert, parseAlert } from "./parse-alert.ts";

/**
 * Waits on loopback for the first firing alert, and keeps listening until it is closed. A sender takes a 2xx for
 * delivered and sends again after a 5xx, so 202 is only said of an alert that is being answered, and 503 of every other
 * one that fires.
 */
export interface AlertReceiver {
  readonly port: number;
  /** The first alert that fires. Its sender waits until `accept` or `close` is called. */
  readonly firing: Promise<Alert>;
  /** Says that the alert is being answered. */
  accept(): void;
  /** Called once that alert is resolved. Nothing is taken after that: if it fires again, it is another incident. */
  onResolved(heard: () => void): void;
  /** Tells who still waits that nobody answers here, and closes every connection. */
  close(): Promise<void>;
}

/** Who sends slowly or stops in the middle is cut off after this long, and so are all of them at the end. */
const patienceMs = 10_000;
const farewellMs = 200;
const connectionsCountMax = 64;

/** Listens for Alertmanager's webhook. `tokenFile` holds the bearer token that the sender must show. */
export async function receiveAlerts(port: number, tokenFile: string | null): Promise<Result<AlertReceiver, Problem>> {
  const token = tokenFile === null ? null : readToken(tokenFile);
  if (token !== null && !token.ok) return token;
  const desk = new AlertDesk();
  const server = createServer(
    { requestTimeout: patienceMs, headersTimeout: patienceMs, connectionsCheckingInterval: 1_000 },
    (request, response) => {
      // A fault on one connection ends that connection alone.
      receive(request, response, token?.value ?? null, desk).catch(() => response.destroy());
    },
  );
  server.maxConnections = connectionsCountMax;
  const listening = await listen(server, port);
  if (!listening.ok) return listening;
  return ok({
    port: listening.value,
    firing: desk.firing,
    accept: () => desk.settle(true),
    onResolved: (heard) => desk.onResolved(heard),
    close: () => closeServer(server, desk),
  });
}

/** Which alert is answered here. Keeps no connection. */
class AlertDesk {
  readonly firing: Promise<Alert>;
  readonly #isAnswered: Promise<boolean>;
  #fire: (alert: Alert) => void = () => undefined;
  #settle: (isAnswered: boolean) => void = () => undefined;
  #heard: () => void = () => undefined;
  #key: string | null = null;
  #isOver = false;

  constructor() {
    this.firing = new Promise((resolve) => (this.#fire = resolve));
    this.#isAnswered = new Promise((resolve) => (this.#settle = resolve));
  }

  /** Whether the sender may take this alert for delivered. Waits until that is known. */
  async take(alert: Alert): Promise<boolean> {
    if (alert.status === "resolved") {
      if (alert.key !== this.#key) return true;
      this.#isOver = true;
      this.#heard();
      return true;
    }
    if (this.#isOver || (this.#key !== null && alert.key !== this.#key)) return false;
    this.#key = alert.key;
    this.#fire(alert);
    return this.#isAnswered;
  }

  settle(isAnswered: boolean): void {
    this.#settle(isAnswered);
  }

  onResolved(heard: () => void): void {
    this.#heard = heard;
  }

  leave(): void {
    this.#isOver = true;
    this.#settle(false);
  }
}

async function listen(server: Server, port: number): Promise<Result<number, Problem>> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
  } catch (error) {
    const why = systemProblem(error)?.message ?? "";
    return fail(problem("E_USAGE", "", `the webhook cannot listen on port ${port}: ${why}`, "choose another port"));
  }
  // A connection that cannot be accepted, such as for want of descriptors, is its sender's to try again.
  server.on("error", () => undefined);
  const address = server.address();
  return ok(typeof address === "object" && address !== null ? address.port : port);
}

async function closeServer(server: Server, desk: AlertDesk): Promise<void> {
  desk.leave();
  const cutOff = setTimeout(() => server.closeAllConnections(), farewellMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(cutOff);
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  token: string | null,
  desk: AlertDesk,
): Promise<void> {
  // A connection that stays open would keep its sender from reaching the next process that listens here.
  const headers = { "content-type": "application/json", connection: "close" };
  const answer = (status: number, code: string): void =>
    void response.writeHead(status, headers).end(`${JSON.stringify({ code })}\n`);
  if (request.method !== "POST") return answer(405, "E_ALERT_INVALID");
  // A page in a browser sends an Origin; Alertmanager does not.
  if (request.headers.origin !== undefined) return answer(403, "E_NOT_PERMITTED");
  if (token !== null && !isBearer(request.headers.authorization, token)) return answer(401, "E_NOT_PERMITTED");
  const body = await readStream(request, { bytesMax: limits.bodyBytesMax });
  if (!body.ok) {
    if (body.error.kind !== "too_large") return void response.destroy();
    answer(413, "E_JSON_SIZE");
    return void response.once("finish", () => request.destroy());
  }
  const alert = parseAlert(body.value);
  if (!alert.ok) return answer(400, alert.error[0]?.code ?? "E_ALERT_INVALID");
  if (await desk.take(alert.value)) answer(202, "accepted");
  else answer(503, "E_INCIDENT_OPEN");
}

function isBearer(header: string | undefined, token: string): boolean {
  const shown = Buffer.from(header ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return shown.length === wanted.length && timingSafeEqual(shown, wanted);
}

/** A token is short. A longer file was named by mistake. */
const tokenBytesMax = 65_536;

function readToken(path: string): Result<string, Problem> {
  const file = readRegularWithMode(path, { bytesMax: tokenBytesMax });
  if (!file.ok) return fail(unreadProblem(path, file.error));
  return (file.value.mode & 0o077) === 0
    ? ok(file.value.bytes.toString("utf8").trim())
    : fail(
        problem("E_USAGE", "", `the token's file ${quote(path)} can be read by others`, `run \`chmod 600 ${path}\``),
      );
}
