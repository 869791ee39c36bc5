import { Agent, request as sendRequest } from "node:http";
import { Histogram, type Registry } from "prom-client";
import { LOAD, SLO_LATENCY_MS } from "../contract/constants.ts";
import { type Arrival, createArrivalSource } from "../contract/load-schedule.ts";
import { METRICS } from "../contract/metrics.ts";
import { ANSWER_REASONS, type AnswerReason, LATENCY_BOUNDS_MS } from "../contract/window.ts";
import { type ChildService, counterOf, createRegistry, gaugeOf, runChild } from "./child.ts";
import type { ProcessConfigs } from "./messages.ts";

/** A patient client waits longer than the proxy ever takes. */
const PATIENT_TIMEOUT_MS = 5_000;

runChild<"load">(startLoad);

function reasonOf(status: number, header: unknown): AnswerReason {
  if (status === 200) return "ok";
  return ANSWER_REASONS.find((reason) => reason === header) ?? "error";
}

interface Meters {
  readonly registry: Registry;
  readonly noteOffered: (lagMs: number) => void;
  readonly noteAttempt: () => void;
  readonly noteSettled: (reason: AnswerReason, latencyMs: number) => void;
}

function createMeters(): Meters {
  const registry = createRegistry("load");
  const [offered, attempts, answers, good] = (["offered", "attempts", "answers", "good"] as const).map((key) =>
    counterOf(registry, key),
  );
  // `le` is inclusive in Prometheus and our bounds are exclusive: no latency measured in floating ms hits a bound.
  const latency = new Histogram({
    name: METRICS.latency.name,
    help: METRICS.latency.help,
    buckets: LATENCY_BOUNDS_MS.map((bound) => bound / 1_000),
    registers: [registry],
  });
  let lagMsMax = 0;
  gaugeOf(registry, "generatorLag", (gauge) => {
    gauge.set(lagMsMax / 1_000);
    lagMsMax = 0;
  });
  return {
    registry,
    noteOffered: (lagMs) => {
      lagMsMax = Math.max(lagMsMax, lagMs);
      offered?.inc();
    },
    noteAttempt: () => attempts?.inc(),
    noteSettled: (reason, latencyMs) => {
      answers?.inc({ reason });
      if (reason !== "ok") return;
      latency.observe(latencyMs / 1_000);
      if (latencyMs < SLO_LATENCY_MS) good?.inc();
    },
  };
}

/**
 * A client: sends a request and, when impatient, sends it again until it is answered 200 or it has tried often enough.
 */
function createSender(
  port: number,
  meters: Meters,
): { readonly send: (path: string) => void; readonly becomeImpatient: () => void } {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 128 });
  let isImpatient = false;

  function attempt(path: string, startedAtMs: number, retryCount: number): void {
    meters.noteAttempt();
    let isOver = false;
    const finish = (reason: AnswerReason): void => {
      if (isOver) return;
      isOver = true;
      const isRetried = isImpatient && reason !== "ok" && retryCount < LOAD.retryCountMax;
      if (isRetried) setTimeout(() => attempt(path, startedAtMs, retryCount + 1), LOAD.retryAfterMs);
      else meters.noteSettled(reason, performance.now() - startedAtMs);
    };
    const method = path.startsWith("/write") ? "POST" : "GET";
    const sent = sendRequest({ host: "127.0.0.1", port, method, path, agent }, (reply) => {
      reply.resume();
      reply.once("end", () => finish(reasonOf(reply.statusCode ?? 0, reply.headers["x-reason"])));
      reply.on("error", () => finish("unreachable"));
    });
    sent.setTimeout(isImpatient ? LOAD.retryClientTimeoutMs : PATIENT_TIMEOUT_MS, () => {
      finish("timeout");
      sent.destroy();
    });
    sent.on("error", () => finish("unreachable"));
    sent.end();
  }

  return {
    send: (path) => attempt(path, performance.now(), 0),
    becomeImpatient: () => {
      isImpatient = true;
    },
  };
}

/** Open-loop load: requests leave when they are due, whatever became of those before. */
function startLoad(config: ProcessConfigs["load"]): ChildService<"load"> {
  const meters = createMeters();
  const sender = createSender(config.port, meters);
  let seed = config.seed;
  let sentCount = 0;
  let originMs = performance.now();
  let source = createArrivalSource(seed, config.perSecond);
  let due = source.next();
  let timer = setTimeout(tick, 0);

  function send(arrival: Arrival, lagMs: number): void {
    meters.noteOffered(lagMs);
    // The same operation keeps its id over retries: a correct service applies it once.
    sender.send(arrival.operation === "read" ? "/read" : `/write?op=${seed}-${sentCount}`);
    sentCount++;
  }

  function tick(): void {
    for (;;) {
      const nowMs = performance.now() - originMs;
      if (due.atMs > nowMs) break;
      send(due, nowMs - due.atMs);
      due = source.next();
    }
    timer = setTimeout(tick, Math.max(0, due.atMs - (performance.now() - originMs)));
  }

  function change(apply: () => void): void {
    clearTimeout(timer);
    apply();
    due = source.next();
    tick();
  }

  function reseed(next: { readonly seed: number; readonly perSecond: number }): void {
    seed = next.seed;
    originMs = performance.now();
    source = createArrivalSource(seed, next.perSecond);
  }

  return {
    registry: meters.registry,
    onOrder: (order) => {
      switch (order.kind) {
        case "rate":
          return change(() => source.setRate(order.perSecond, performance.now() - originMs));
        case "reseed":
          return change(() => reseed(order));
        case "impatient":
          sender.becomeImpatient();
          return;
        default:
          order satisfies never;
      }
    },
  };
}
