import { Agent, type IncomingMessage, type ServerResponse, request as sendRequest } from "node:http";
import type { Counter, Registry } from "prom-client";
import { PROXY } from "../contract/constants.ts";
import { createRandom } from "../contract/random.ts";
import { type BreakerKeeper, createBreakerKeeper } from "./breaker-keeper.ts";
import { type ChildService, counterOf, createRegistry, gaugeOf, integralOf, runChild } from "./child.ts";
import type { ProcessConfigs } from "./messages.ts";
import { drawLossDelayMs } from "./packet-loss.ts";
import { createRateLimiter, takeToken } from "./rate-limiter.ts";

runChild<"lb">(startProxy);

interface Upstream {
  readonly id: string;
  readonly port: number;
  inFlightCount: number;
}

/** The answer given to a client; the breaker judges those that an upstream was asked for. */
interface Answer {
  readonly status: number;
  readonly reason: string;
}

const UNREACHABLE: Answer = { status: 502, reason: "unreachable" };

/** The workers that take requests; the one with the fewest in flight is next. */
function createBalancer(): {
  readonly pick: () => Upstream | undefined;
  readonly replace: (workers: readonly { readonly id: string; readonly port: number }[]) => void;
} {
  let upstreams: readonly Upstream[] = [];
  return {
    pick: () => {
      let best: Upstream | undefined;
      for (const upstream of upstreams)
        if (best === undefined || upstream.inFlightCount < best.inFlightCount) best = upstream;
      // Equals take turns: the one picked goes to the back.
      if (best !== undefined) upstreams = [...upstreams.filter((upstream) => upstream !== best), best];
      return best;
    },
    replace: (workers) => {
      // A worker that stays keeps its count: its requests are still in flight.
      const known = new Map(upstreams.map((upstream) => [`${upstream.id}:${upstream.port}`, upstream]));
      upstreams = workers.map((worker) => known.get(`${worker.id}:${worker.port}`) ?? { ...worker, inFlightCount: 0 });
    },
  };
}

interface Meters {
  readonly registry: Registry;
  readonly answers: Counter;
  readonly upstreamAnswers: Counter;
  readonly upstreamSeconds: Counter;
  readonly keeper: BreakerKeeper;
}

function createMeters(): Meters {
  const registry = createRegistry("lb");
  const opened = counterOf(registry, "breakerOpened");
  const keeper = createBreakerKeeper(() => opened.inc());
  integralOf(registry, "breakerOpenSeconds", keeper.readOpenSeconds);
  gaugeOf(registry, "breakerState", (gauge) => gauge.set({ closed: 0, half_open: 1, open: 2 }[keeper.readKind()]));
  return {
    registry,
    keeper,
    answers: counterOf(registry, "proxyAnswers"),
    upstreamAnswers: counterOf(registry, "upstreamAnswers"),
    upstreamSeconds: counterOf(registry, "upstreamSeconds"),
  };
}

/** Which requests the proxy lets in: rate limit first, then the breaker. */
function createAdmission(keeper: BreakerKeeper): {
  readonly refusalOf: () => Answer | undefined;
  readonly limitTo: (perSecond: number) => void;
} {
  let limiter = createRateLimiter(0, performance.now());
  return {
    refusalOf: () => {
      const asked = takeToken(limiter, performance.now());
      limiter = asked.limiter;
      if (!asked.isTaken) return { status: 429, reason: "limited" };
      return keeper.isAdmitted() ? undefined : { status: 503, reason: "breaker" };
    },
    limitTo: (perSecond) => {
      limiter = createRateLimiter(perSecond, performance.now());
    },
  };
}

/** The reverse proxy: rate limit, breaker, least in flight, timeout. */
function startProxy(config: ProcessConfigs["lb"]): ChildService<"lb"> {
  const random = createRandom(config.seed, "packet-loss");
  const { keeper, ...meters } = createMeters();
  const balancer = createBalancer();
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 64 });
  const admission = createAdmission(keeper);
  let lossyWorkerId: string | null = null;

  function answer(response: ServerResponse, { status, reason }: Answer): void {
    if (response.headersSent || response.destroyed) return;
    meters.answers.inc({ reason });
    response.writeHead(status, { "x-reason": reason, "content-length": 0 }).end();
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const refusal = admission.refusalOf();
    if (refusal !== undefined) return answer(response, refusal);
    const upstream = balancer.pick();
    if (upstream === undefined) {
      keeper.record({ ...UNREACHABLE, latencyMs: 0 });
      return answer(response, UNREACHABLE);
    }
    const startedAtMs = performance.now();
    upstream.inFlightCount++;
    const settle = (result: Answer | "abandoned"): void => {
      upstream.inFlightCount--;
      if (result === "abandoned") return keeper.withdraw();
      const latencyMs = performance.now() - startedAtMs;
      meters.upstreamAnswers.inc({ worker: upstream.id });
      meters.upstreamSeconds.inc({ worker: upstream.id }, latencyMs / 1_000);
      keeper.record({ ...result, latencyMs });
      answer(response, result);
    };
    forward({
      request,
      response,
      agent,
      port: upstream.port,
      delayMs: upstream.id === lossyWorkerId ? drawLossDelayMs(random) : 0,
      settle,
    });
  }

  return {
    registry: meters.registry,
    onRequest,
    onOrder: (order) => {
      switch (order.kind) {
        case "workers":
          balancer.replace(order.workers);
          return;
        case "breaker":
          keeper.set(order.settings);
          return;
        case "throttle":
          admission.limitTo(order.perSecond);
          return;
        case "packet_loss":
          lossyWorkerId = order.workerId;
          return;
        default:
          order satisfies never;
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
    upstream = sendRequest(
      {
        host: "127.0.0.1",
        port: options.port,
        method: options.request.method,
        path: options.request.url,
        agent: options.agent,
      },
      (reply) => {
        reply.resume();
        const reason = reply.headers["x-reason"];
        reply.once("end", () =>
          finish({ status: reply.statusCode ?? 502, reason: typeof reason === "string" ? reason : "error" }),
        );
        reply.on("error", () => finish(UNREACHABLE));
      },
    );
    upstream.on("error", () => finish(UNREACHABLE));
    upstream.end();
  };
  if (options.delayMs > 0)
    setTimeout(() => {
      if (!isSettled) send();
    }, options.delayMs);
  else send();
  options.response.once("close", () => {
    if (!options.response.writableFinished) finish("abandoned");
  });
}
