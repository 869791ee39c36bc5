// The lab's HTTP API without a lab. The test sets what every probe says and what every action does.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The readings of the probes that the pack uses. */
export interface FakeReadings {
  traffic: { offeredPerSecond: number; usualPerSecond: number; attemptsPerRequest: number };
  latency: { goodShare: number };
  locks: { waiterCountMean: number };
  deploy: { ageSeconds: number };
  breaker: { openShare: number; settings: object; usualSettings: object };
  nightly: { sessionCount: number };
  integrity: { duplicateRowsPerSecond: number };
  workers: { slowestRatio: number };
}

export interface FakeConfiguration {
  workerCountTarget: number;
  version: "v1" | "v2";
  isRolling: boolean;
  isNightlyPaused: boolean;
  breakerSettings: object;
  isFlagOn: boolean;
  throttlePerSecond: number;
}

/** A lab whose windows the test controls. */
export interface FakeLab {
  readonly url: string;
  readonly readings: FakeReadings;
  readonly configuration: FakeConfiguration;
  /** Every action that was carried out, in order. A key is carried out once. */
  readonly actions: { readonly kind: string; readonly key: string; readonly body: unknown }[];
  /** `silent`: connections are dropped, as by a lab that was stopped. `stale`: the recorder has stopped. */
  mode: "answering" | "silent" | "stale";
  /** Probes that answer with an error of the server, by name. */
  readonly failing: Set<string>;
  /** Probes whose recorder alone has stopped, by name. */
  readonly stopped: Set<string>;
  /** What the alert rule says: what the readings say, or something else. */
  alarm: "by readings" | "firing" | "inactive";
  /** Every answer waits for this promise. */
  gate: Promise<unknown>;
  /** What an action does to the world beyond its configuration. */
  onAction: (kind: string) => void;
  /** Called with every path that is asked for. */
  onRequest: (path: string) => void;
  close(): Promise<void>;
}

const rest = { slowMs: 1000, failureRatio: 0.5 };
const tripped = { slowMs: 160, failureRatio: 0.08 };

/** Starts a lab at rest that is slow, and nothing yet says why. */
export async function startFakeLab(): Promise<FakeLab> {
  const server = createServer((request, response) => void answer(lab, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const lab: FakeLab = {
    // A server that listens on TCP has an address with a port.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    readings: {
      traffic: { offeredPerSecond: 30, usualPerSecond: 30, attemptsPerRequest: 1 },
      latency: { goodShare: 0.2 },
      locks: { waiterCountMean: 0 },
      deploy: { ageSeconds: 9_000 },
      breaker: { openShare: 0, settings: rest, usualSettings: rest },
      nightly: { sessionCount: 0 },
      integrity: { duplicateRowsPerSecond: 0 },
      workers: { slowestRatio: 1 },
    },
    configuration: {
      workerCountTarget: 3,
      version: "v1",
      isRolling: false,
      isNightlyPaused: false,
      breakerSettings: rest,
      isFlagOn: true,
      throttlePerSecond: 0,
    },
    actions: [],
    mode: "answering",
    alarm: "by readings",
    failing: new Set(),
    stopped: new Set(),
    gate: Promise.resolve(),
    onAction: () => undefined,
    onRequest: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return lab;
}

/** Breaks the lab as the named fault does. The right action repairs it. */
export function breakLab(lab: FakeLab, fault: "LOAD" | "DB" | "BUG" | "CIRCUIT"): void {
  const { readings, configuration } = lab;
  const right = { LOAD: "scale", DB: "terminate_sessions", BUG: "roll_back", CIRCUIT: "restore_breaker" }[fault];
  if (fault === "LOAD") readings.traffic.offeredPerSecond = 85;
  if (fault === "DB")
    Object.assign(readings, {
      locks: { waiterCountMean: 6 },
      nightly: { sessionCount: 8 },
      breaker: { ...readings.breaker, openShare: 0.2 },
    });
  if (fault === "BUG") {
    configuration.version = "v2";
    Object.assign(readings, { deploy: { ageSeconds: 60 }, integrity: { duplicateRowsPerSecond: 2 } });
  }
  if (fault === "CIRCUIT") {
    configuration.breakerSettings = tripped;
    readings.breaker = { openShare: 0.5, settings: tripped, usualSettings: rest };
  }
  lab.onAction = (kind) => {
    if (kind !== right) return;
    readings.latency.goodShare = 1;
    readings.integrity.duplicateRowsPerSecond = 0;
  };
}

/** Resolves with the kind of the next action, once the lab has carried it out. */
export function actionDone(lab: FakeLab): Promise<string> {
  const before = lab.onAction;
  return new Promise((resolve) => {
    lab.onAction = (kind) => {
      before(kind);
      resolve(kind);
    };
  });
}

function etagOf(configuration: FakeConfiguration): string {
  return `"${createHash("sha256").update(JSON.stringify(configuration)).digest("hex").slice(0, 16)}"`;
}

function alarmOf({ alarm, readings }: FakeLab): string {
  if (alarm !== "by readings") return alarm;
  const isBad = readings.latency.goodShare < 0.9 || readings.integrity.duplicateRowsPerSecond > 0;
  return isBad ? "firing" : "inactive";
}

async function answer(lab: FakeLab, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "";
  lab.onRequest(path);
  await lab.gate;
  if (lab.mode === "silent") return void request.socket.destroy();
  const send = (status: number, body: object, headers: Record<string, string> = {}): void =>
    void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  if (path === "/v1/configuration") return send(200, lab.configuration, { etag: etagOf(lab.configuration) });
  const probe = /^\/v1\/probes\/(\w+)$/.exec(path)?.[1];
  if (probe !== undefined && lab.failing.has(probe)) return send(500, { code: "E_LAB_BROKEN" });
  if (probe !== undefined && probe in lab.readings)
    return send(200, {
      probe,
      isStale: lab.mode === "stale" || lab.stopped.has(probe),
      output: lab.readings[probe as keyof FakeReadings],
    });
  if (path === "/v1/alerts") return send(200, { state: { kind: alarmOf(lab) }, sent: [] });
  const kind = /^\/v1\/actions\/(\w+)$/.exec(path)?.[1];
  if (kind === undefined || request.method !== "POST") return send(404, { code: "E_LAB_NOT_FOUND" });
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}");
  const key = String(request.headers["idempotency-key"]);
  if (request.headers.authorization !== "Bearer lab-token") return send(401, { code: "E_LAB_TOKEN" });
  if (lab.actions.some((done) => done.key === key)) return send(200, { kind }, { "idempotent-replay": "true" });
  if (request.headers["if-match"] !== etagOf(lab.configuration)) return send(412, { code: "E_LAB_CONFLICT" });
  lab.actions.push({ kind, key, body });
  perform(lab, kind, body as { workerCount?: number });
  return send(200, { kind });
}

function perform(lab: FakeLab, kind: string, body: { readonly workerCount?: number }): void {
  const { configuration } = lab;
  if (kind === "scale") configuration.workerCountTarget = body.workerCount ?? configuration.workerCountTarget;
  if (kind === "roll_back") configuration.version = "v1";
  if (kind === "roll_forward") configuration.version = "v2";
  if (kind === "restore_breaker") configuration.breakerSettings = rest;
  lab.onAction(kind);
}
