import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Reply } from "../../core/run/words/input.ts";
import type { JsonObject, JsonValue } from "../../core/value/json-value.ts";
import type { ConnectorRequest } from "../../ports.ts";
import { httpConnector } from "./http-connector.ts";

const open: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];

afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  open.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A service that notes every request and answers each alike. */
async function serve(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<{ readonly base: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const base = await listen(
    createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
        answer(response, request);
      });
    }),
  );
  return { base, seen };
}

/** A service below HTTP: says what it likes once the request has come. */
function serveRaw(answer: (socket: Socket) => void): Promise<string> {
  return listen(
    createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => answer(socket));
    }),
  );
}

function call(
  base: string,
  request: Partial<Omit<ConnectorRequest, "settings">> & { readonly settings?: JsonObject } = {},
): Promise<Reply> {
  return httpConnector.perform({
    operation: "put",
    access: "write",
    with: { path: ["things", "one"], body: { size: 1 } },
    timeoutMs: 5_000,
    outputBytesMax: 10_000,
    signal: new AbortController().signal,
    ...request,
    settings: { base, ...request.settings },
  });
}

const json = (
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
};

/** What a reply comes to, in short. */
function verdict(reply: Reply): string {
  if (reply.kind === "applied") return "applied";
  return `${reply.kind} ${reply.problem.code}${reply.kind === "rejected" && reply.retryable ? " for now" : ""}`;
}

describe("what is sent", () => {
  it("encodes each segment and each query value by itself, below the base", async () => {
    const { base, seen } = await serve((response) => json(response, 200, "{}"));

    await call(`${base}/api/`, {
      operation: "get",
      access: "read",
      with: { path: ["a b", 7, "ü?#&%2e"], query: { q: ["x&y=1", true], n: 2 } },
    });

    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "GET /api/a%20b/7/%C3%BC%3F%23%26%252e?n=2&q=x%26y%3D1&q=true",
    ]);
  });

  it("sends body, fence, key and credential, each in its header", async () => {
    const { base, seen } = await serve((response) => json(response, 200, "{}"));

    await call(base, {
      with: { path: ["t"], body: { a: [1] }, ifMatch: '"v1"', key: "k-1", headers: { "x-note": "n" } },
      settings: { auth: { kind: "bearer", token: "s3cret" }, headers: { "x-site": "lab" } },
    });

    expect(seen[0]?.body).toBe('{"a":[1]}');
    expect(seen[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "if-match": '"v1"',
      "idempotency-key": "k-1",
      "x-note": "n",
      "x-site": "lab",
      authorization: "Bearer s3cret",
    });
  });

  it("reads with the read-only credential where there is one (I13)", async () => {
    const { base, seen } = await serve((response) => json(response, 200, "{}"));
    const settings = {
      auth: { kind: "bearer", token: "full" },
      readAuth: { kind: "basic", user: "viewer", password: "look" },
    };

    await call(base, { operation: "get", access: "read", with: { path: ["t"] }, settings });
    await call(base, { settings });

    expect(seen.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${Buffer.from("viewer:look").toString("base64")}`,
      "Bearer full",
    ]);
  });

  it("sends a text as it is under a content type of its own, and as JSON otherwise", async () => {
    const { base, seen } = await serve((response) => json(response, 200, "{}"));

    await call(base, { with: { path: [], body: "on", headers: { "content-type": "text/plain" } } });
    await call(base, { with: { path: [], body: "on" } });

    expect(seen.map(({ body }) => body)).toEqual(["on", '"on"']);
  });

  it("never sends a read as another method than GET", async () => {
    const { base, seen } = await serve((response) => json(response, 200, "{}"));

    expect(verdict(await call(base, { access: "read" }))).toBe("not_sent E_CALL_INVALID");
    expect(seen).toEqual([]);
  });

  it.each([
    ["a climb", [".."]],
    ["a dot", ["."]],
    ["a separator", ["a/b"]],
    ["a climb behind a separator", ["..\\x"]],
    ["an empty segment", [""]],
    ["a line feed", ["a\nb"]],
    ["a NUL", ["a\u0000"]],
    ["a lone surrogate", ["\ud800"]],
    ["an object", [{ a: 1 }]],
  ] as const)("sends nothing for %s in the path", async (_, path) => {
    const { base, seen } = await serve((response) => json(response, 200, "{}"));

    expect(verdict(await call(base, { with: { path } }))).toBe("not_sent E_CALL_INVALID");
    expect(seen).toEqual([]);
  });

  it.each([
    ["a header that ends its line", { headers: { "x-a": "1\r\nx-b: 2" } }],
    ["a method override", { headers: { "x-http-method-override": "DELETE" } }],
    ["another host", { headers: { host: "elsewhere" } }],
    ["a credential in a header", { headers: { authorization: "Bearer x" } }],
    ["a fence that is unknown", { ifMatch: null }],
    ["a fence that was never bound", { ifMatch: { $fence: true } }],
    ["a field nobody knows", { url: "http://elsewhere" }],
  ] as const)("sends nothing with %s", async (_, extra) => {
    const { base, seen } = await serve((response) => json(response, 200, "{}"));

    expect(verdict(await call(base, { with: { path: ["t"], ...extra } }))).toBe("not_sent E_CALL_INVALID");
    expect(seen).toEqual([]);
  });
});

describe("a credential that no header can carry", () => {
  it("is not sent, and not quoted", async () => {
    const { base, seen } = await serve((response) => json(response, 200, "{}"));

    const reply = await call(base, { settings: { auth: { kind: "bearer", token: "canary\r\nx-admin: 1" } } });

    expect(verdict(reply)).toBe("not_sent E_CALL_INVALID");
    expect(JSON.stringify(reply)).not.toContain("canary");
    expect(JSON.stringify(reply)).toContain("correct `authorization` under `headers`, or the secret");
    expect(seen).toEqual([]);
  });
});

describe("what is known afterwards", () => {
  it("gives status, telling headers and the parsed body of a 2xx", async () => {
    const { base } = await serve((response) =>
      json(response, 201, '{"id":"one"}', { etag: '"v2"', "set-cookie": "s=1", date: "now" }),
    );

    expect(await call(base)).toEqual({
      kind: "applied",
      outcome: null,
      outputBytes: 12,
      output: { status: 201, headers: { "content-type": "application/json", etag: '"v2"' }, body: { id: "one" } },
    });
  });

  it("takes 204 for applied, and text for text", async () => {
    const empty = await serve((response) => response.writeHead(204).end());
    const text = await serve((response) => response.writeHead(200, { "content-type": "text/plain" }).end("up\n"));

    expect(await call(empty.base)).toMatchObject({ kind: "applied", output: { status: 204, body: null } });
    expect(await call(text.base)).toMatchObject({ kind: "applied", output: { body: "up\n" } });
  });

  it.each([
    [400, "rejected E_TARGET_REFUSED"],
    [401, "rejected E_TARGET_REFUSED"],
    [403, "rejected E_TARGET_REFUSED"],
    [404, "rejected E_TARGET_REFUSED"],
    [405, "rejected E_TARGET_REFUSED"],
    [408, "unknown E_TARGET_LOST"],
    [409, "rejected E_TARGET_REFUSED"],
    [410, "rejected E_TARGET_REFUSED"],
    [412, "rejected E_FENCE_MOVED"],
    [413, "rejected E_TARGET_REFUSED"],
    [415, "rejected E_TARGET_REFUSED"],
    [422, "rejected E_TARGET_REFUSED"],
    [423, "rejected E_TARGET_REFUSED for now"],
    [428, "rejected E_TARGET_REFUSED"],
    [429, "rejected E_TARGET_REFUSED for now"],
    [499, "unknown E_TARGET_LOST"],
    [500, "unknown E_TARGET_LOST"],
    [502, "unknown E_TARGET_LOST"],
    [503, "unknown E_TARGET_LOST"],
    [504, "unknown E_TARGET_LOST"],
  ] as const)("a write answered %i is %s", async (status, expected) => {
    const { base } = await serve((response) => json(response, status, '{"code":"why"}'));

    const reply = await call(base);

    expect(verdict(reply)).toBe(expected);
    expect(reply.kind === "applied" ? "" : reply.problem.message).toContain('"why"');
  });

  it("takes 409 under a key for a first request still under way, so that it may be asked again", async () => {
    const { base } = await serve((response) => json(response, 409, "{}"));

    expect(verdict(await call(base, { with: { path: ["t"], key: "k" } }))).toBe("rejected E_TARGET_REFUSED for now");
  });

  it("takes 404 for an answer where the template says so", async () => {
    const { base } = await serve((response) => json(response, 404, '{"code":"gone"}'));

    const reply = await call(base, { operation: "get", access: "read", with: { path: ["t"], accept: [404] } });

    expect(reply).toMatchObject({ kind: "applied", output: { status: 404, body: { code: "gone" } } });
  });

  it("follows no redirect: a write may have been done, a read has failed", async () => {
    const elsewhere = await serve((response) => json(response, 200, "{}"));
    const { base } = await serve((response) => response.writeHead(307, { location: `${elsewhere.base}/x` }).end());

    expect(verdict(await call(base))).toBe("unknown E_TARGET_LOST");
    expect(verdict(await call(base, { operation: "get", access: "read", with: { path: [] } }))).toBe(
      "rejected E_TARGET_REFUSED",
    );
    expect(elsewhere.seen).toEqual([]);
  });

  it("knows that nothing was sent when nobody listens", async () => {
    const { base } = await serve(() => undefined);
    await Promise.all(open.splice(0).map(({ server }) => new Promise((resolve) => server.close(resolve))));

    const reply = await call(base);

    expect(verdict(reply)).toBe("not_sent E_TARGET_UNREACHABLE");
    expect(reply.kind === "applied" ? "" : reply.problem.message).toContain("ECONNREFUSED");
  });

  it("knows that nothing was sent when the name leads nowhere", async () => {
    expect(verdict(await call("http://nowhere.invalid"))).toBe("not_sent E_TARGET_UNREACHABLE");
  });

  it("knows that nothing was sent when no secure connection comes about", async () => {
    const base = await serveRaw((socket) => socket.end("this is no TLS"));

    expect(verdict(await call(base.replace("http:", "https:")))).toBe("not_sent E_TARGET_UNREACHABLE");
  });

  it("does not know after a reset that follows the request", async () => {
    const base = await serveRaw((socket) => socket.resetAndDestroy());

    expect(verdict(await call(base))).toBe("unknown E_TARGET_LOST");
  });

  it("does not know when the time is over before the answer", async () => {
    const { base, seen } = await serve(() => undefined);

    const reply = await call(base, { timeoutMs: 150 });

    expect(verdict(reply)).toBe("unknown E_TIMEOUT");
    expect(seen).toHaveLength(1);
  });

  it("does not know when the call is broken off, and sends nothing when it was before", async () => {
    const { base } = await serve(() => stop.abort());
    const stop = new AbortController();

    expect(verdict(await call(base, { signal: stop.signal }))).toBe("unknown E_TARGET_LOST");
    expect(verdict(await call(base, { signal: stop.signal }))).toBe("not_sent E_TARGET_UNREACHABLE");
  });

  it.each([
    ["bytes that are no HTTP", "garbage\r\n\r\n"],
    ["a body cut short", "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"],
    ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"],
    ["headers without end", `HTTP/1.1 200 OK\r\nx: ${"a".repeat(40_000)}`],
  ])("does not know after %s", async (_, bytes) => {
    const base = await serveRaw((socket) => socket.end(bytes));

    expect(verdict(await call(base))).toBe("unknown E_TARGET_LOST");
  });

  it.each([
    ["broken JSON", "{", {}, "document line 1, column 2: expected a key in double quotes, the document ends"],
    ["another encoding", "{}", { "content-encoding": "gzip" }, "document it is encoded as `gzip`, as nobody asked for"],
    ["bytes that are no UTF-8", Buffer.from([0xff, 0x61]), { "content-type": "text/plain" }, "text \ufffda"],
  ] as const)("takes a 2xx for an acknowledgement though its body is %s, and marks the body", async (...row) => {
    const [, body, headers, marker] = row;
    const { base } = await serve((response) =>
      response.writeHead(200, { "content-type": "application/json", ...headers }).end(body),
    );

    expect(await call(base)).toMatchObject({ kind: "applied", output: { body: { $unreadable: marker } } });
  });

  it.each([
    ["a number beyond 2^53", '{"id":7615917337495251231}', { id: { $unreadable: "number 7615917337495251231" } }],
    ["a key twice", '{"a":1,"b":2,"a":3}', { a: { $unreadable: "twice a" }, b: 2 }],
    ["a byte order mark", '\ufeff{"a":1}', { a: 1 }],
    ["a byte that is no UTF-8", Buffer.from('{"name":"caf\xe9","a":1}', "latin1"), { name: {}, a: 1 }],
  ] as const)("keeps everything of a body but %s", async (_, body, kept) => {
    const { base } = await serve((response) =>
      response.writeHead(200, { "content-type": "application/json" }).end(body),
    );

    expect(await call(base)).toMatchObject({ kind: "applied", output: { body: kept } });
  });

  it("stops reading what is larger than declared, and names the digest of what it saw", async () => {
    let sentBytes = 0;
    const { base } = await serve((response) => {
      const pump = (): void => {
        if (response.destroyed) return;
        sentBytes += 65_536;
        response.write(Buffer.alloc(65_536, 97), () => setImmediate(pump));
      };
      response.writeHead(200, { "content-type": "text/plain" });
      pump();
    });

    const reply = await call(base, { outputBytesMax: 10 });

    expect(verdict(reply)).toBe("unknown E_OUTPUT_SIZE");
    // sha256 of ten times the letter a, from `printf aaaaaaaaaa | sha256sum`.
    expect(reply.kind === "applied" ? "" : reply.problem.message).toContain(
      "bf2cb58a68f684d95a3b78ef8f661c9a4e5b09e82cc8f9cc88cce90528caeb27",
    );
    expect(sentBytes).toBeLessThan(100_000_000);
  });

  it("keeps a refusal whose body cannot be read", async () => {
    const base = await serveRaw((socket) => socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 50\r\n\r\nno"));

    expect(verdict(await call(base))).toBe("rejected E_TARGET_REFUSED");
  });

  it("sends one request and no more, whatever becomes of it", async () => {
    const { base, seen } = await serve((response) => response.destroy());

    expect(verdict(await call(base, { operation: "get", access: "read", with: { path: [] } }))).toBe(
      "unknown E_TARGET_LOST",
    );
    expect(seen).toHaveLength(1);
  });
});

describe("what is refused before any run", () => {
  const settingsProblems = (settings: JsonValue): readonly string[] =>
    httpConnector.checkSettings(settings, "/c").map(({ code, pointer }) => `${code} ${pointer}`);
  const templateProblems = (name: string, template: JsonValue): readonly string[] => {
    const operation = httpConnector.operations.find((candidate) => candidate.name === name);
    if (operation === undefined) return ["no operation"];
    const problems = operation.checkTemplate(template, name === "get" ? "read" : "write", "/with");
    return problems.map(({ code, pointer }) => `${code} ${pointer}`);
  };
  const token = { $secret: "token" };

  it("accepts settings with secrets by reference", () => {
    expect(
      settingsProblems({
        base: "https://a.example/api",
        auth: { kind: "bearer", token },
        readAuth: { kind: "header", name: "x-key", value: token },
      }),
    ).toEqual([]);
    expect(settingsProblems({ base: "http://127.0.0.1:8080", auth: { kind: "bearer", token } })).toEqual([]);
  });

  it.each([
    [
      "a secret written out",
      { base: "https://a.example", auth: { kind: "bearer", token: "abc" } },
      ["E_CONNECTION_SETTINGS /c/auth/token"],
    ],
    ["a password in the address", { base: "https://u:p@a.example" }, ["E_CONNECTION_SETTINGS /c/base"]],
    ["another scheme", { base: "file:///etc" }, ["E_CONNECTION_SETTINGS /c/base"]],
    ["a query in the address", { base: "https://a.example?x=1" }, ["E_CONNECTION_SETTINGS /c/base"]],
    ["no address", {}, ["E_SCHEMA_MISSING_FIELD /c"]],
    [
      "a credential in clear to another machine",
      { base: "http://a.example", auth: { kind: "bearer", token } },
      ["E_CONNECTION_SETTINGS /c"],
    ],
    [
      "a credential in a header of the site",
      { base: "https://a.example", headers: { authorization: "x" } },
      ["E_SCHEMA /c/headers/authorization"],
    ],
  ] as const)("refuses %s", (_, settings, expected) => {
    expect(settingsProblems(settings as unknown as JsonValue)).toEqual(expected);
  });

  it("accepts a credential in clear where the site says so", () => {
    expect(settingsProblems({ base: "http://a.example", auth: { kind: "bearer", token }, cleartext: true })).toEqual(
      [],
    );
  });

  it("accepts bindings where values go, and nowhere else", () => {
    expect(
      templateProblems("put", {
        path: ["x", { $arg: "id" }],
        query: { q: { $arg: "q" } },
        body: { a: { $arg: "a" } },
        ifMatch: { $fence: true },
        key: { $key: true },
      }),
    ).toEqual([]);
    expect(templateProblems("put", { path: { $arg: "path" } })).toEqual(["E_SCHEMA /with/path"]);
    expect(templateProblems("put", { path: ["..", "x"] })).toEqual(["E_CALL_INVALID /with/path/0"]);
  });

  it("lets a read carry neither body nor key", () => {
    expect(templateProblems("get", { path: ["x"], body: {}, key: { $key: true } })).toEqual([
      "E_SCHEMA_UNKNOWN_FIELD /with/body",
      "E_SCHEMA_UNKNOWN_FIELD /with/key",
    ]);
  });

  it("calls `get` alone a read that cannot write", () => {
    expect(httpConnector.operations.filter(({ enforcesRead }) => enforcesRead).map(({ name }) => name)).toEqual([
      "get",
    ]);
  });
});
