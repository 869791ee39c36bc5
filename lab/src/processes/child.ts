import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { METRICS } from "../contract/metrics.ts";
import type { ProcessConfigs, ProcessKind, ProcessOrders, ProcessReport } from "./messages.ts";

/** What a process provides: its order handler, and what it serves apart from `/metrics`. */
export interface ChildService<K extends ProcessKind> {
  readonly registry: Registry;
  readonly onOrder: (order: ProcessOrders[K]) => void;
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Reports to the supervisor; silently nothing once it is gone. */
export function report(message: ProcessReport): void {
  // With a callback a channel that has just closed is no uncaught error; `disconnect` ends us.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/**
 * Runs a child of the supervisor: waits for its configuration, serves on a free loopback port, obeys orders, and exits
 * when the supervisor is gone for whatever reason (the IPC channel closes even when it was killed with SIGKILL).
 */
export function runChild<K extends ProcessKind>(
  start: (config: ProcessConfigs[K]) => ChildService<K> | Promise<ChildService<K>>,
): void {
  process.on("disconnect", () => process.exit(0));
  // The supervisor may have died while our modules loaded, before anyone listened.
  if (!process.connected) process.exit(0);
  // A Ctrl-C reaches the whole terminal group: the supervisor decides the order of the end.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => process.exit(0));
  process.once("message", (config) => {
    void begin(config as ProcessConfigs[K]); // the supervisor's first message is this kind's configuration
  });

  async function begin(config: ProcessConfigs[K]): Promise<void> {
    const service = await start(config);
    // Every later message is an order of this kind: the supervisor's `order` is typed so.
    process.on("message", (order) => service.onOrder(order as ProcessOrders[K]));
    const port = await listen(
      createServer((request, response) => {
        if (request.url === "/metrics") void writeMetrics(service.registry, response);
        else if (service.onRequest !== undefined) service.onRequest(request, response);
        else response.writeHead(404).end();
      }),
    );
    report({ kind: "ready", port });
  }
}

/** Answers with the registry in Prometheus text. */
async function writeMetrics(registry: Registry, response: ServerResponse): Promise<void> {
  const text = await registry.metrics();
  response.writeHead(200, { "content-type": registry.contentType }).end(text);
}

/** Listens on a free port of 127.0.0.1. */
export function listen(server: Server, port = 0): Promise<number> {
  server.keepAliveTimeout = 60_000;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      if (typeof address !== "object" || address === null) reject(new Error("no address"));
      else resolve(address.port);
    });
  });
}

/** A registry with Node's own metrics, labelled with the process. */
export function createRegistry(kind: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "lab_node_", eventLoopMonitoringPrecision: 20 });
  registry.setDefaultLabels({ process: kind });
  return registry;
}

type MetricKey = keyof typeof METRICS;

/** A counter declared in the contract's table. */
export function counterOf(registry: Registry, key: MetricKey): Counter {
  const { name, help, labels } = METRICS[key];
  return new Counter({ name, help, labelNames: [...labels], registers: [registry] });
}

/** A gauge declared in the contract's table; `collect` sets it at each scrape. */
export function gaugeOf(registry: Registry, key: MetricKey, collect?: (gauge: Gauge) => void): Gauge {
  const { name, help, labels } = METRICS[key];
  return new Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    ...(collect === undefined
      ? {}
      : {
          collect(this: Gauge) {
            collect(this);
          },
        }),
  });
}

/** A counter whose value is read at each scrape from an integral kept elsewhere. */
export function integralOf(registry: Registry, key: MetricKey, read: () => number): Counter {
  const { name, help, labels } = METRICS[key];
  let exported = 0;
  return new Counter({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect(this: Counter) {
      const value = read();
      this.inc(Math.max(0, value - exported));
      exported = value;
    },
  });
}
