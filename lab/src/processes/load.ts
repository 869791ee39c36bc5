import { Agent, request as sendRequest } from "node:http";

import { Histogram } from "prom-client";

import { LOAD, SLO_LATENCY_MS } from "../contract/constants.ts";
import { createArrivalSource } from "../contract/load-schedule.ts";
import { METRICS } from "../contract/metrics.ts";
import { ANSWER_REASONS, LATENCY_BOUNDS_MS } from "../contract/window.ts";
import { counterOf, createRegistry, gaugeOf, runChild } from "./child.ts";

import type { Arrival } from "../contract/load-schedule.ts";
import type { AnswerReason } from "../contract/window.ts";
import type { ChildService } from "./child.ts";
import type { ProcessConfigs } from "./messages.ts";

/** A patient client waits longer than the proxy ever takes. */
const PATIENT_TIMEOUT_MS = 5_000;

runChild<"load">(startLoad);

function reasonOf(status: number, header: unknown): AnswerReason {
  if (status === 200) return "ok";
  return ANSWER_REASONS.find((reason) => reason === header) ?? "error";
}

/** Open-loop load: requests leave when they are due, whatever became of those before. */
function startLoad(config: ProcessConfigs["load"]): ChildService<"load"> {
  const registry = createRegistry("load");
  const offered = counterOf(registry, "offered");
  const attempts = counterOf(registry, "attempts");
  const answers = counterOf(registry, "answers");
  const good = counterOf(registry, "good");
  // `le` is inclusive in Prometheus and our bounds are exclusive: no latency measured in floating ms hits a bound.
  const latency = new Histogram({
    name: METRICS.latency.name, help: METRICS.latency.help, buckets: LATENCY_BOUNDS_MS.map((bound) => bound / 1_000), registers: [registry],
  });
  let lagMsMax = 0;
  gaugeOf(registry, "generatorLag", (gauge) => { gauge.set(lagMsMax / 1_000); lagMsMax = 0; });
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 128 });
  let isImpatient = false;
  let seed = config.seed;
  let sentCount = 0;
  let originMs = performance.now();
  let source = createArrivalSource(seed, config.perSecond);
  let due = source.next();
  let timer = setTimeout(tick, 0);

  function settle(startedAtMs: number, reason: AnswerReason): void {
    const latencyMs = performance.now() - startedAtMs;
    answers.inc({ reason });
    if (reason !== "ok") return;
    latency.observe(latencyMs / 1_000);
    if (latencyMs < SLO_LATENCY_MS) good.inc();
  }

  function attempt(path: string, startedAtMs: number, retryCount: number): void {
    attempts.inc();
    let isOver = false;
    const finish = (reason: AnswerReason): void => {
      if (isOver) return;
      isOver = true;
      const isRetried = isImpatient && reason !== "ok" && retryCount < LOAD.retryCountMax;
      if (isRetried) setTimeout(() => attempt(path, startedAtMs, retryCount + 1), LOAD.retryAfterMs);
      else settle(startedAtMs, reason);
    };
    const method = path.startsWith("/write") ? "POST" : "GET";
    const sent = sendRequest({ host: "127.0.0.1", port: config.port, method, path, agent }, (reply) => {
      reply.resume();
      reply.once("end", () => finish(reasonOf(reply.statusCode ?? 0, reply.headers["x-reason"])));
      reply.on("error", () => finish("unreachable"));
    });
    sent.setTimeout(isImpatient ? LOAD.retryClientTimeoutMs : PATIENT_TIMEOUT_MS, () => { finish("timeout"); sent.destroy(); });
    sent.on("error", () => finish("unreachable"));
    sent.end();
  }

  function send(arrival: Arrival, lagMs: number): void {
    lagMsMax = Math.max(lagMsMax, lagMs);
    offered.inc();
    // The same operation keeps its id over retries: a correct service applies it once.
    const path = arrival.operation === "read" ? "/read" : `/write?op=${seed}-${sentCount}`;
    sentCount++;
    attempt(path, performance.now(), 0);
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

  return {
    registry,
    onOrder: (order) => {
      switch (order.kind) {
        case "rate": return change(() => source.setRate(order.perSecond, performance.now() - originMs));
        case "reseed": return change(() => {
          seed = order.seed;
          originMs = performance.now();
          source = createArrivalSource(seed, order.perSecond);
        });
        case "impatient": isImpatient = true; return;
        default: order satisfies never;
      }
    },
  };
}
