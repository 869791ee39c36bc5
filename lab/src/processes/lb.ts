import { Agent, request as sendRequest } from "node:http";

import { BREAKER_AT_REST, PROXY } from "../contract/constants.ts";
import { createRandom } from "../contract/random.ts";
import { admit, CLOSED_BREAKER, isFailure, recordAnswer, withdrawTrial } from "./breaker.ts";
import { counterOf, createRegistry, gaugeOf, integralOf, runChild } from "./child.ts";
import { drawLossDelayMs } from "./packet-loss.ts";
import { createRateLimiter, takeToken } from "./rate-limiter.ts";

import type { IncomingMessage, ServerResponse } from "node:http";
import type { BreakerSettings } from "../contract/constants.ts";
import type { Breaker } from "./breaker.ts";
import type { ChildService } from "./child.ts";
import type { ProcessConfigs } from "./messages.ts";

runChild<"lb">(startProxy);

interface Upstream { readonly id: string; readonly port: number; inFlightCount: number }

/** The answer given to a client; the breaker judges those that an upstream was asked for. */
interface Answer { readonly status: number; readonly reason: string }

/** A breaker that keeps its own clock and integrates the time it was not closed. */
function createBreakerKeeper(): {
  readonly isAdmitted: () => boolean;
  readonly record: (answer: Answer & { readonly latencyMs: number }) => void;
  readonly withdraw: () => void;
  readonly set: (next: BreakerSettings) => void;
  readonly readKind: () => Breaker["kind"];
  readonly readOpenSeconds: () => number;
  readonly onOpened: (listener: () => void) => void;
} {
  let breaker: Breaker = CLOSED_BREAKER;
  let settings: BreakerSettings = BREAKER_AT_REST;
  let openMs = 0;
  let integratedAtMs = performance.now();
  let onOpened = (): void => undefined;

  function become(next: Breaker): void {
    const nowMs = performance.now();
    if (breaker.kind !== "closed") openMs += nowMs - integratedAtMs;
    integratedAtMs = nowMs;
    if (breaker.kind !== "open" && next.kind === "open") onOpened();
    breaker = next;
  }

  return {
    isAdmitted: () => {
      const asked = admit(breaker, performance.now());
      become(asked.breaker);
      return asked.isAdmitted;
    },
    record: (answer) => become(recordAnswer(breaker, { atMs: performance.now(), isFailure: isFailure(answer, settings) }, settings)),
    withdraw: () => become(withdrawTrial(breaker)),
    set: (next) => {
      settings = next;
      // New settings judge new answers only: what the old ones saw is forgotten.
      become(CLOSED_BREAKER);
    },
    readKind: () => breaker.kind,
    readOpenSeconds: () => {
      become(breaker);
      return openMs / 1_000;
    },
    onOpened: (listener) => { onOpened = listener; },
  };
}

/** The reverse proxy: rate limit, breaker, least in flight, timeout. */
function startProxy(config: ProcessConfigs["lb"]): ChildService<"lb"> {
  const random = createRandom(config.seed, "packet-loss");
  const registry = createRegistry("lb");
  const answers = counterOf(registry, "proxyAnswers");
  const upstreamAnswers = counterOf(registry, "upstreamAnswers");
  const upstreamSeconds = counterOf(registry, "upstreamSeconds");
  const opened = counterOf(registry, "breakerOpened");
  const keeper = createBreakerKeeper();
  keeper.onOpened(() => opened.inc());
  integralOf(registry, "breakerOpenSeconds", keeper.readOpenSeconds);
  gaugeOf(registry, "breakerState", (gauge) => gauge.set({ closed: 0, half_open: 1, open: 2 }[keeper.readKind()]));
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 64 });
  let upstreams: Upstream[] = [];
  let limiter = createRateLimiter(0, performance.now());
  let lossyWorkerId: string | null = null;

  function answer(response: ServerResponse, { status, reason }: Answer): void {
    if (response.headersSent || response.destroyed) return;
    answers.inc({ reason });
    response.writeHead(status, { "x-reason": reason, "content-length": 0 }).end();
  }

  function refusalOf(): Answer | undefined {
    const asked = takeToken(limiter, performance.now());
    limiter = asked.limiter;
    if (!asked.isTaken) return { status: 429, reason: "limited" };
    return keeper.isAdmitted() ? undefined : { status: 503, reason: "breaker" };
  }

  function pickUpstream(): Upstream | undefined {
    let best: Upstream | undefined;
    for (const upstream of upstreams) if (best === undefined || upstream.inFlightCount < best.inFlightCount) best = upstream;
    // Equals take turns: the one picked goes to the back.
    if (best !== undefined) upstreams = [...upstreams.filter((upstream) => upstream !== best), best];
    return best;
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const refusal = refusalOf();
    if (refusal !== undefined) return answer(response, refusal);
    const upstream = pickUpstream();
    if (upstream === undefined) {
      keeper.record({ status: 502, reason: "unreachable", latencyMs: 0 });
      return answer(response, { status: 502, reason: "unreachable" });
    }
    const startedAtMs = performance.now();
    upstream.inFlightCount++;
    const settle = (result: Answer | "abandoned"): void => {
      upstream.inFlightCount--;
      if (result === "abandoned") return keeper.withdraw();
      const latencyMs = performance.now() - startedAtMs;
      upstreamAnswers.inc({ worker: upstream.id });
      upstreamSeconds.inc({ worker: upstream.id }, latencyMs / 1_000);
      keeper.record({ ...result, latencyMs });
      answer(response, result);
    };
    forward({ request, response, agent, port: upstream.port, delayMs: upstream.id === lossyWorkerId ? drawLossDelayMs(random) : 0, settle });
  }

  return {
    registry,
    onRequest,
    onOrder: (order) => {
      switch (order.kind) {
        case "workers": {
          // A worker that stays keeps its count: its requests are still in flight.
          const known = new Map(upstreams.map((upstream) => [`${upstream.id}:${upstream.port}`, upstream]));
          upstreams = order.workers.map((worker) => known.get(`${worker.id}:${worker.port}`) ?? { ...worker, inFlightCount: 0 });
          return;
        }
        case "breaker": keeper.set(order.settings); return;
        case "throttle": limiter = createRateLimiter(order.perSecond, performance.now()); return;
        case "packet_loss": lossyWorkerId = order.workerId; return;
        default: order satisfies never;
      }
    },
  };
}

/** Sends one request upstream; `settle` is called exactly once. */
function forward(options: {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly agent: Agent;
  readonly port: number;
  readonly delayMs: number;
  readonly settle: (result: Answer | "abandoned") => void;
}): void {
  let isSettled = false;
  let upstream: ReturnType<typeof sendRequest> | undefined;
  const finish = (result: Answer | "abandoned"): void => {
    if (isSettled) return;
    isSettled = true;
    clearTimeout(timeout);
    options.settle(result);
    if (result === "abandoned" || result.status === 504) upstream?.destroy();
  };
  const timeout = setTimeout(() => finish({ status: 504, reason: "timeout" }), PROXY.timeoutMs);
  const send = (): void => {
    upstream = sendRequest({ host: "127.0.0.1", port: options.port, method: options.request.method, path: options.request.url, agent: options.agent }, (reply) => {
      reply.resume();
      const reason = reply.headers["x-reason"];
      reply.once("end", () => finish({ status: reply.statusCode ?? 502, reason: typeof reason === "string" ? reason : "error" }));
      reply.on("error", () => finish({ status: 502, reason: "unreachable" }));
    });
    upstream.on("error", () => finish({ status: 502, reason: "unreachable" }));
    upstream.end();
  };
  if (options.delayMs > 0) setTimeout(() => { if (!isSettled) send(); }, options.delayMs);
  else send();
  options.response.once("close", () => { if (!options.response.writableFinished) finish("abandoned"); });
}
