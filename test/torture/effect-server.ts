// The other side: it counts every effect, and treats its callers as networks do. It does not know who calls it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that asked for an effect. */
export interface Effect {
  readonly key: string;
  readonly path: string;
  readonly atMs: number;
  /** Whether it changed something now, or repeats a key that did so earlier. */
  readonly kind: "applied" | "repeated";
}

/** A running server, and what it saw. */
export interface EffectServer {
  readonly url: string;
  readonly effects: readonly Effect[];
  readonly levels: ReadonlyMap<string, number>;
  readonly counts: ReadonlyMap<string, number>;
  /** The number of requests so far: a clock that runs as fast as its callers do. */
  requestCount(): number;
  close(): Promise<void>;
}

type Fate = "answer" | "drop_before" | "drop_after" | "late" | "unavailable";

interface World {
  readonly effects: Effect[];
  readonly levels: Map<string, number>;
  readonly versions: Map<string, number>;
  readonly counts: Map<string, number>;
  readonly answers: Map<string, { readonly status: number; readonly body: object }>;
  readonly random: () => number;
  requestCount: number;
}

/** How long after its caller was cut off a late effect lands. The domain declares a longer bound. */
const lateMs = 150;

/** Starts the server on a port of its own. `random` decides what happens to each request. */
export async function startEffectServer(random: () => number): Promise<EffectServer> {
  const world: World = {
    effects: [],
    levels: new Map(),
    versions: new Map(),
    counts: new Map(),
    answers: new Map(),
    random,
    requestCount: 0,
  };
  const server = createServer((request, response) => void serve(world, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    effects: world.effects,
    levels: world.levels,
    counts: world.counts,
    requestCount: () => world.requestCount,
    close: () => closeServer(server),
  };
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function serve(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  world.requestCount += 1;
  request.on("error", () => undefined);
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const [, collection = "", id = ""] = (request.url ?? "").split("/");
  if (request.method === "GET" && collection === "effects")
    return answer(response, 200, { landed: world.effects.some(({ key }) => key === id) });
  if (request.method === "GET") return answerRead(world, { collection, id }, response);
  const fate = drawFate(world.random());
  await sleep(world.random() * 12);
  if (fate === "drop_before") return void response.destroy();
  if (fate === "unavailable") return answer(response, 503, { message: "try again later" });
  if (fate === "late") {
    response.destroy();
    await sleep(world.random() * lateMs);
  }
  const { status, body: said } =
    collection === "cells" ? setCell(world, id, request, body) : bumpTally(world, id, request);
  if (fate === "drop_after") return void response.destroy();
  if (fate === "answer") answer(response, status, said);
}

function drawFate(chance: number): Fate {
  if (chance < 0.04) return "drop_before";
  if (chance < 0.08) return "drop_after";
  if (chance < 0.11) return "late";
  return chance < 0.13 ? "unavailable" : "answer";
}

function answerRead(
  { levels, versions, counts }: World,
  { collection, id }: { readonly collection: string; readonly id: string },
  response: ServerResponse,
): void {
  if (collection === "tallies") return answer(response, 200, { id, count: counts.get(id) ?? 0 });
  response.setHeader("etag", `"${versions.get(id) ?? 0}"`);
  answer(response, 200, { id, level: levels.get(id) ?? 0 });
}

/** Drops repeats of a key and compares versions, as a careful service does. */
function setCell(
  world: World,
  id: string,
  request: IncomingMessage,
  body: string,
): { readonly status: number; readonly body: object } {
  const key = String(request.headers["idempotency-key"]);
  const before = world.answers.get(key);
  if (before !== undefined) {
    if (before.status === 200) world.effects.push({ key, path: `cells/${id}`, atMs: Date.now(), kind: "repeated" });
    return before;
  }
  const { level } = JSON.parse(body) as { readonly level: number };
  const version = world.versions.get(id) ?? 0;
  if (request.headers["if-match"] !== `"${version}"`) return { status: 412, body: { message: "changed meanwhile" } };
  if (level === 9) return { status: 422, body: { message: "no cell goes to 9" } };
  world.levels.set(id, level);
  world.versions.set(id, version + 1);
  world.effects.push({ key, path: `cells/${id}`, atMs: Date.now(), kind: "applied" });
  const said = { status: 200, body: { id, level } };
  world.answers.set(key, said);
  return said;
}

/** Bumps as often as it is asked, as most services do. */
function bumpTally(
  world: World,
  id: string,
  request: IncomingMessage,
): { readonly status: number; readonly body: object } {
  world.counts.set(id, (world.counts.get(id) ?? 0) + 1);
  world.effects.push({
    key: String(request.headers["x-effect"]),
    path: `tallies/${id}`,
    atMs: Date.now(),
    kind: "applied",
  });
  return { status: 200, body: { id, count: world.counts.get(id) } };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
