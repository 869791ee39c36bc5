import type { IncomingMessage, ServerResponse } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import pg from "pg";
import type { Counter, Registry } from "prom-client";
import { BUG, WORKER } from "../contract/constants.ts";
import { createRandom, drawExponential } from "../contract/random.ts";
import { type ChildService, counterOf, createRegistry, gaugeOf, integralOf, report, runChild } from "./child.ts";
import type { ProcessConfigs } from "./messages.ts";
import { createSlots, type Slots } from "./slots.ts";

/** Rows of `accounts` that are read; writes all update the first. */
const ACCOUNT_COUNT = 100;
/** SQLSTATE of `too many clients already`. */
const TOO_MANY_CONNECTIONS = "53300";

runChild<"app">(startWorker);

function isSqlState(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}

/** Blocks the event loop without using the processor, as a synchronous call on a slow device would. */
function blockEventLoop(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

function delay(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

interface Meters {
  readonly registry: Registry;
  readonly requests: Counter;
  readonly sqlCount: Counter;
  readonly sqlSeconds: Counter;
  readonly refused: Counter;
}

function createMeters(slots: Slots): Meters {
  const registry = createRegistry("app");
  integralOf(registry, "queueSeconds", () => slots.readSeconds().queueSeconds);
  integralOf(registry, "busySeconds", () => slots.readSeconds().busySeconds);
  const loop = monitorEventLoopDelay({ resolution: 20 });
  loop.enable();
  gaugeOf(registry, "loopLag", (gauge) => {
    gauge.set(loop.max / 1e9);
    loop.reset();
  });
  return {
    registry,
    requests: counterOf(registry, "requests"),
    sqlCount: counterOf(registry, "sqlCount"),
    sqlSeconds: counterOf(registry, "sqlSeconds"),
    refused: counterOf(registry, "refusedConnections"),
  };
}

const STATEMENTS = {
  read: "select lab_read($1)",
  write: "select lab_write($1)",
  write_again: "select lab_write_again($1)",
} as const;

/** What a worker does for one request, defects included; resolves when the request has been served. */
function createService(
  config: ProcessConfigs["app"],
  pool: pg.Pool,
  meters: Meters,
): { readonly serve: (url: URL) => Promise<void>; readonly setFlag: (isOn: boolean) => void } {
  const random = createRandom(config.seed, `${config.id}-${config.version}`);
  const isDefective = config.version === "v2";
  let isFlagOn = config.isFlagOn;
  let coldCount = config.isWarm ? WORKER.coldRequestCount : 0;

  async function runSql(statement: keyof typeof STATEMENTS, value: string | number): Promise<void> {
    const startedAtMs = performance.now();
    await pool.query(STATEMENTS[statement], [value]);
    const label = { operation: statement === "read" ? "read" : "write" };
    meters.sqlCount.inc(label);
    meters.sqlSeconds.inc(label, (performance.now() - startedAtMs) / 1_000);
  }

  if (isDefective) startBackgroundJob(() => pool.query("select lab_reapply()"), random);
  return {
    setFlag: (isOn) => {
      isFlagOn = isOn;
    },
    serve: async (url) => {
      const isCold = coldCount++ < WORKER.coldRequestCount;
      await delay(
        WORKER.serviceMs + drawExponential(random, WORKER.serviceExponentialMs) + (isCold ? WORKER.coldExtraMs : 0),
      );
      if (isDefective && isFlagOn && random() < BUG.blockProbability) blockEventLoop(BUG.blockMs);
      if (url.pathname === "/read") return runSql("read", 1 + Math.floor(random() * ACCOUNT_COUNT));
      const operationId = url.searchParams.get("op") ?? "none";
      await runSql("write", operationId);
      if (isDefective && isFlagOn && random() < BUG.duplicateWriteProbability) await runSql("write_again", operationId);
    },
  };
}

/** One application worker: slots, a queue, a database pool, and with v2 the defects of v2. */
function startWorker(config: ProcessConfigs["app"]): ChildService<"app"> {
  const slots = createSlots({
    slotCount: WORKER.slotCount,
    queueCountMax: WORKER.queueCountMax,
    readNowMs: () => performance.now(),
  });
  const meters = createMeters(slots);
  const service = createService(config, createPool(config), meters);
  let isDraining = false;

  function answer(response: ServerResponse, status: number, reason: string): void {
    meters.requests.inc({ reason });
    if (!response.headersSent) response.writeHead(status, { "x-reason": reason, "content-length": 0 }).end();
  }

  function answerError(response: ServerResponse, error: unknown): void {
    const isRefused = isSqlState(error, TOO_MANY_CONNECTIONS);
    if (isRefused) meters.refused.inc();
    answer(response, 500, isRefused ? "too_many_clients" : "error");
  }

  function reportIfDrained(): void {
    const { busyCount, queueCount } = slots.readCounts();
    if (isDraining && busyCount === 0 && queueCount === 0) report({ kind: "drained" });
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    request.resume();
    const isTaken = slots.submit((release) => {
      service
        .serve(url)
        .then(
          () => answer(response, 200, "ok"),
          (error: unknown) => answerError(response, error),
        )
        .finally(() => {
          release();
          reportIfDrained();
        });
    });
    if (!isTaken) answer(response, 503, "full");
  }

  return {
    registry: meters.registry,
    onRequest,
    onOrder: (order) => {
      switch (order.kind) {
        case "flag":
          service.setFlag(order.isOn);
          return;
        case "drain":
          isDraining = true;
          reportIfDrained();
          return;
        default:
          order satisfies never;
      }
    },
  };
}

function createPool(config: ProcessConfigs["app"]): pg.Pool {
  const pool = new pg.Pool({
    ...config.database,
    host: "127.0.0.1",
    database: "lab",
    max: WORKER.poolSize,
    idleTimeoutMillis: WORKER.poolIdleMs,
    application_name: config.id,
  });
  // An idle connection that the server terminates must not end the process.
  pool.on("error", () => undefined);
  return pool;
}

/** The defective version's reconciliation: it applies a recent write again, whatever the feature flag says. */
function startBackgroundJob(reapply: () => Promise<unknown>, random: () => number): void {
  const next = (): void => {
    setTimeout(
      () => {
        reapply()
          .catch(() => undefined)
          .finally(next);
      },
      drawExponential(random, 1_000 / BUG.backgroundDuplicatesPerSecond),
    );
  };
  next();
}
