import { timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Problem, problem } from "../../core/value/codes.ts";
import { limits } from "../../core/value/limits.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { type Alert, parseAlert } from "./parse-alert.ts";

/** Waits on loopback for the first firing alert, and keeps listening for its resolution. */
export interface AlertReceiver {
  readonly port: number;
  readonly firing: Promise<Alert>;
  /** Called for every alert that says `resolved`. */
  onResolved(heard: (alert: Alert) => void): void;
  close(): void;
}

/** Listens for Alertmanager's webhook. `tokenFile` holds the bearer token that the sender must show. */
export async function receiveAlerts(port: number, tokenFile: string | null): Promise<Result<AlertReceiver, Problem>> {
  const token = tokenFile === null ? null : readToken(tokenFile);
  if (token !== null && !token.ok) return token;
  let fire: (alert: Alert) => void = () => undefined;
  let heard: (alert: Alert) => void = () => undefined;
  const firing = new Promise<Alert>((resolve) => (fire = resolve));
  const server = createServer((request, response) => {
    void receive(request, response, token === null ? null : token.value, (alert) =>
      alert.status === "firing" ? fire(alert) : heard(alert),
    );
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
  } catch (error) {
    return fail(
      problem(
        "E_USAGE",
        "",
        `the webhook cannot listen on port ${port}: ${error instanceof Error ? error.message : ""}`,
      ),
    );
  }
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return ok({
    port: bound,
    firing,
    onResolved: (listener) => (heard = listener),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  token: string | null,
  take: (alert: Alert) => void,
): Promise<void> {
  const answer = (status: number, code: string): void =>
    void response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify({ code })}\n`);
  if (request.method !== "POST") return answer(405, "E_ALERT_INVALID");
  // A page in a browser sends an Origin; Alertmanager does not.
  if (request.headers.origin !== undefined) return answer(403, "E_NOT_PERMITTED");
  if (token !== null && !isBearer(request.headers.authorization, token)) return answer(401, "E_NOT_PERMITTED");
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    sizeBytes += bytes.length;
    if (sizeBytes > limits.bodyBytesMax) return answer(413, "E_JSON_SIZE");
    chunks.push(bytes);
  }
  const alert = parseAlert(Buffer.concat(chunks));
  if (!alert.ok) return answer(400, alert.error[0]?.code ?? "E_ALERT_INVALID");
  answer(202, "accepted");
  take(alert.value);
}

function isBearer(header: string | undefined, token: string): boolean {
  const shown = Buffer.from(header ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return shown.length === wanted.length && timingSafeEqual(shown, wanted);
}

function readToken(path: string): Result<string, Problem> {
  try {
    if ((statSync(path).mode & 0o077) !== 0)
      return fail(
        problem("E_USAGE", "", `the token's file \`${path}\` can be read by others`, `run \`chmod 600 ${path}\``),
      );
    return ok(readFileSync(path, "utf8").trim());
  } catch {
    return fail(problem("E_INPUT_MISSING", "", `the token's file \`${path}\` cannot be read`));
  }
}
