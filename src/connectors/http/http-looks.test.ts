import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Reply } from "../../core/run/words/input.ts";
import type { ConnectorRequest } from "../../ports.ts";
import { httpConnector } from "./http-connector.ts";

// Reads that are made at the same moment may share connections. A server may do what it likes with those: each read has
// the answer to its own question.

interface Served {
  readonly base: string;
  /** The connections that were made, each with the requests that came over it. */
  readonly connections: ReadonlyMap<Socket, string[]>;
}

/** A service that answers every request with its path, unless `meddle` does something else with it. */
async function serve(meddle: (socket: Socket, requestCount: number) => boolean = () => false): Promise<Served> {
  const connections = new Map<Socket, string[]>();
  const server = createServer((request, response) => {
    const paths = connections.get(request.socket) ?? [];
    connections.set(request.socket, [...paths, `${request.method} ${request.url}`]);
    if (!meddle(request.socket, paths.length + 1))
      response.setHeader("content-type", "application/json").end(JSON.stringify({ path: request.url }));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on TCP has an address with a port.
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections };
}

function read({ base }: Served, path: string, look?: AbortSignal): Promise<Reply> {
  return call(base, {
    operation: "get",
    access: "read",
    with: { path: [path] },
    ...(look === undefined ? {} : { look }),
  });
}

function call(base: string, request: Pick<ConnectorRequest, "operation" | "access" | "with">): Promise<Reply> {
  const { signal } = new AbortController();
  return httpConnector.perform({ timeoutMs: 5_000, outputBytesMax: 10_000, signal, settings: { base }, ...request });
}

/** The path in the body of an answer, or what went wrong. */
function pathIn(reply: Reply): string {
  if (reply.kind !== "applied") return `${reply.kind} ${reply.problem.code}`;
  return (reply.output as { readonly body: { readonly path: string } }).body.path;
}

describe("the reads of one look", () => {
  it("share a connection, which ends with the look", async () => {
    const served = await serve();
    const look = new AbortController();

    const found = [];
    for (const path of ["a", "b", "c"]) found.push(pathIn(await read(served, path, look.signal)));
    const [[socket] = []] = served.connections;
    const ended = new Promise((resolve) => socket?.on("close", resolve));
    look.abort();
    await ended;

    expect([found, [...served.connections.values()]]).toEqual([["/a", "/b", "/c"], [["GET /a", "GET /b", "GET /c"]]]);
  });

  it("share none with a write, nor with another look, nor with a read that is part of none", async () => {
    const served = await serve();
    const looks = [new AbortController(), new AbortController()];

    for (const look of [looks[0]?.signal, looks[1]?.signal, undefined]) await read(served, "x", look);
    const write = { operation: "put", access: "write", with: { path: ["x"], body: {} } } as const;
    await call(served.base, { ...write, ...{ look: looks[0]?.signal } });
    for (const look of looks) look.abort();

    expect(served.connections.size).toBe(4);
  });

  it("go on with connections of their own once the look is over", async () => {
    const served = await serve();
    const look = AbortSignal.abort();

    await read(served, "x", look);
    await read(served, "y", look);

    expect(served.connections.size).toBe(2);
  });

  it("are made once more where a kept connection breaks without an answer", async () => {
    const served = await serve((socket, requestCount) => {
      if (requestCount > 1) socket.destroy();
      return requestCount > 1;
    });
    const look = new AbortController();

    const found = [];
    for (const path of ["a", "b"]) found.push(pathIn(await read(served, path, look.signal)));
    look.abort();

    expect([found, [...served.connections.values()]]).toEqual([
      ["/a", "/b"],
      [["GET /a", "GET /b"], ["GET /b"]],
    ]);
  });

  it("never take what a server sent unasked for their answer", async () => {
    const stray = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{"path":"stray"}';
    const served = await serve((socket) => {
      setTimeout(() => socket.write(stray), 5);
      return false;
    });
    const look = new AbortController();

    const first = await read(served, "a", look.signal);
    await sleep(50);
    const second = await read(served, "b", look.signal);
    look.abort();

    expect([pathIn(first), pathIn(second)]).toEqual(["/a", "/b"]);
  });

  it("leave no connection to the next where an answer was not read to its end", async () => {
    const tooLarge = `HTTP/1.1 200 OK\r\ncontent-length: 20000\r\n\r\n${"x".repeat(20_000)}`;
    let isFirst = true;
    const served = await serve((socket) => {
      if (isFirst) socket.write(tooLarge);
      const isMeddling = isFirst;
      isFirst = false;
      return isMeddling;
    });
    const look = new AbortController();

    const first = await read(served, "a", look.signal);
    const second = await read(served, "b", look.signal);
    look.abort();

    expect([pathIn(first), pathIn(second), served.connections.size]).toEqual(["unknown E_OUTPUT_SIZE", "/b", 2]);
  });
});
