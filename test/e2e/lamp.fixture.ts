import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createE2eSite, type E2eSite, wireArgs, wireStep } from "./e2e-site.fixture.ts";

/** How the lamps answer the next request that asks for an effect. */
export type Manner =
  | { readonly kind: "well" }
  /** Does it, but answers only after the caller has given up. */
  | { readonly kind: "late" }
  /** Does it, and never answers while the lamps are running. */
  | { readonly kind: "hold" }
  /** Does it, and answers with far more than anyone asked for. */
  | { readonly kind: "flood"; readonly sizeBytes: number }
  /** Does nothing, and answers with this text. */
  | { readonly kind: "refuse"; readonly text: string }
  /** Does something else, and says that it did what was asked. */
  | { readonly kind: "otherwise" }
  /** Says that it did it, and does it when `land` is called, or never. `meanwhile`: what somebody else sets first. */
  | { readonly kind: "queue"; readonly meanwhile?: number }
  /** Does nothing, and closes the connection. */
  | { readonly kind: "hang_up" };

/** Two lamps behind HTTP that count every effect. They do no more than the tests need. */
export interface Lamps {
  readonly url: string;
  readonly effects: readonly string[];
  levels: { readonly [lamp: string]: number };
  /** How to answer the next requests, in this order. Later ones are answered normally. */
  next(...manners: readonly Manner[]): void;
  /** Does everything that was only queued. */
  land(): void;
  close(): Promise<void>;
}

/** Starts the lamps on a port of their own. */
export async function startLamps(): Promise<Lamps> {
  const effects: string[] = [];
  const manners: Manner[] = [];
  const queue: (() => void)[] = [];
  const lamps: { levels: Record<string, number> } = { levels: { l1: 0, l2: 0 } };
  const server = createServer((request, response) => {
    const lamp = (request.url ?? "").split("/")[2] ?? "";
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      if (request.method === "GET") return send(response, 200, { id: lamp, level: lamps.levels[lamp] ?? null });
      const { level } = JSON.parse(body) as { readonly level: number };
      const manner = manners.shift() ?? { kind: "well" };
      const set = (to: number): void => {
        effects.push(`${lamp}=${to}`);
        lamps.levels = { ...lamps.levels, [lamp]: to };
      };
      if (manner.kind === "queue") {
        queue.push(() => set(level));
        lamps.levels = { ...lamps.levels, [lamp]: manner.meanwhile ?? lamps.levels[lamp] ?? 0 };
      }
      answer(response, manner, () => set(manner.kind === "otherwise" ? 9 : level));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    effects,
    next: (...wanted) => void manners.push(...wanted),
    land: () => {
      for (const act of queue.splice(0)) act();
    },
    close: () => closeServer(server),
    get levels() {
      return lamps.levels;
    },
    set levels(levels) {
      lamps.levels = { ...levels };
    },
  };
}

function answer(response: ServerResponse, manner: Manner, act: () => void): void {
  switch (manner.kind) {
    case "well":
    case "otherwise":
      act();
      return send(response, 200, { done: true });
    case "late":
      act();
      return void setTimeout(() => send(response, 200, { done: true }), 2_000).unref();
    case "hold":
      return act();
    case "flood":
      act();
      return flood(response, manner.sizeBytes);
    case "queue":
      return send(response, 200, { done: true });
    case "refuse":
      response.writeHead(409, { "content-type": "text/plain" });
      return void response.end(manner.text);
    case "hang_up":
      response.destroy();
  }
}

function flood(response: ServerResponse, sizeBytes: number): void {
  const chunk = Buffer.alloc(1_000_000, "x");
  let sentBytes = 0;
  response.writeHead(200, { "content-type": "text/plain" });
  response.on("error", () => undefined);
  const more = (): void => {
    while (sentBytes < sizeBytes) {
      sentBytes += chunk.length;
      if (!response.write(chunk)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

const domain = `
format: interlock.domain/1
name: lamps
version: "1"
summary: Two lamps.
environment: lab
connections:
  lamps: { connector: http }
types:
  lamp:
    facts: { level: { integer: [0, 9] } }
    observe:
      uses: lamps/get
      with: { path: [lamps, { $target: id }] }
      facts: { level: /body/level }
      fingerprint: [/body/id, /body/level]
inventory:
  lamp: { l1: {}, l2: {} }
actions:
  lamp.set:
    summary: Sets a lamp.
    class: reversible
    idempotency: none
    uses: lamps/put
    with: { path: [lamps, { $arg: lamp }], body: { level: { $arg: level } } }
    target: lamp
    input: { lamp: { object: lamp }, level: { integer: [0, 9] } }
    effect: [self.level = arg.level]
    post: { expect: self.level == arg.level, within: 300ms, every: 30ms }
    compensate: { action: lamp.set, args: { level: { before: level } } }
    timeout: 400ms
    onFailure: rollback
    costUsd: 0.25
`;

/** A site with a pack for the lamps. `timeout` is how long a call may take. `onFailure` may have more lines with it. */
export function createLampSite(
  lamps: Lamps,
  { timeout = "400ms", onFailure = "rollback" }: { readonly timeout?: string; readonly onFailure?: string } = {},
): Promise<E2eSite> {
  return createE2eSite({
    domain: domain
      .replace("timeout: 400ms", `timeout: ${timeout}`)
      .replace("onFailure: rollback", `onFailure: ${onFailure}`),
    connections: { lamps: { settings: { base: lamps.url } } },
  });
}

/** Sets a lamp. */
export function setLamp(
  id: string,
  lamp: string,
  level: number,
  change: Readonly<Record<string, unknown>> = {},
): object {
  return wireStep(id, { action: "lamp.set", args: wireArgs({ lamp, level }), ...change });
}
