import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Reply } from "../../core/run/words/input.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import type { ConnectorRequest } from "../../ports.ts";
import { httpConnector } from "./http-connector.ts";

// Answers at the edge of what HTTP allows: bodies that do not end, the time that a target names for the next try, tags
// that never match, and addresses that a slash makes another.

/** A service below HTTP that notes the first line of each request and answers with these bytes. */
async function serve(answer: (socket: Socket) => void): Promise<{ readonly base: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", (bytes) => {
      asked.push(bytes.toString().split("\r\n")[0] ?? "");
      answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  // A server that listens on TCP has an address with a port.
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** The head of an answer whose body has no declared end. */
function head(status: number, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ "content-type": "application/json", ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `HTTP/1.1 ${status} X\r\n${lines.join("")}\r\n`;
}

function call(base: string, request: Partial<ConnectorRequest> = {}): Promise<Reply> {
  return httpConnector.perform({
    operation: "put",
    access: "write",
    with: { path: ["one"], body: {} },
    timeoutMs: 5_000,
    outputBytesMax: 10_000,
    signal: new AbortController().signal,
    settings: { base },
    ...request,
  });
}

/** What a reply comes to, in short. */
function verdict(reply: Reply): string {
  if (reply.kind === "applied") return "applied";
  return `${reply.kind} ${reply.problem.code}${reply.kind === "rejected" && reply.retryable ? " for now" : ""}`;
}

const messageOf = (reply: Reply): string => (reply.kind === "applied" ? "" : reply.problem.message);

/** Sends a byte every few milliseconds, for as long as anybody reads. */
function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write("x"), 5);
  socket.on("close", () => clearInterval(timer));
}

/** Sends as much as anybody reads. */
function flood(socket: Socket): void {
  const pump = (): void => {
    if (!socket.destroyed) socket.write(Buffer.alloc(65_536, 97), () => setImmediate(pump));
  };
  pump();
}

describe("a body that does not end", () => {
  it("leaves a status what it is, long before the time is over", async () => {
    const expected = {
      400: "rejected E_TARGET_REFUSED",
      403: "rejected E_TARGET_REFUSED",
      404: "rejected E_TARGET_REFUSED",
      412: "rejected E_FENCE_MOVED",
      429: "rejected E_TARGET_REFUSED for now",
      503: "unknown E_TARGET_LOST",
    };
    const startMs = performance.now();
    const answered = Object.entries(expected).flatMap(([status, said]) =>
      [drip, flood, () => undefined].map(async (goOn) => {
        const { base } = await serve((socket) => {
          socket.write(`${head(Number(status))}no, because of this`);
          goOn(socket);
        });
        const reply = await call(base);
        expect(messageOf(reply)).toContain(`answered ${status}: \`no, because of this`);
        return [verdict(reply), said];
      }),
    );

    for (const [reply, said] of await Promise.all(answered)) expect(reply).toBe(said);
    expect(performance.now() - startMs).toBeLessThan(4_000);
  });

  it("leaves a refusal what it is if the time is over, the call broken off or the connection gone first", async () => {
    const stop = new AbortController();
    const silent = await serve((socket) => socket.write(`${head(403)}no`));
    const stopping = await serve((socket) => {
      socket.write(`${head(403)}no`);
      setTimeout(() => stop.abort(), 50);
    });
    const gone = await serve((socket) => {
      socket.write(`${head(403, { "content-length": "50" })}no`);
      setTimeout(() => socket.resetAndDestroy(), 50);
    });

    const replies = await Promise.all([
      call(silent.base, { timeoutMs: 100 }),
      call(stopping.base, { signal: stop.signal }),
      call(gone.base),
    ]);

    expect(replies.map(verdict)).toEqual(replies.map(() => "rejected E_TARGET_REFUSED"));
    expect(replies.map(messageOf)).toEqual(replies.map(() => "the target answered 403: `no`"));
  });

  it("says nothing of an output: without its end a 2xx, and a 404 that is an answer, are unknown", async () => {
    const two = await serve((socket) => socket.write(`${head(200)}{`));
    const four = await serve((socket) => socket.write(`${head(404)}{`));
    const look = { operation: "get", access: "read", with: { path: ["one"], accept: [404] } } as const;

    expect(verdict(await call(two.base, { timeoutMs: 100 }))).toBe("unknown E_TIMEOUT");
    expect(await call(two.base, { timeoutMs: 100 })).toMatchObject({
      problem: {
        message: expect.stringMatching(
          /^the answer of `.*` began, and had not ended after 100 ms \(status 200, \d+ bytes of its body came\)$/,
        ),
      },
    });
    expect(verdict(await call(four.base, { ...look, timeoutMs: 100 }))).toBe("unknown E_TIMEOUT");
  });
});

describe("the time for the next try", () => {
  const date = "Mon, 30 Nov 2026 12:00:00 GMT";

  it.each<[string, Readonly<Record<string, string>>, number | undefined]>([
    ["in seconds", { "retry-after": "3" }, 3_000],
    ["that is now", { "retry-after": "0" }, 0],
    ["that is longer than a year", { "retry-after": "9999999999" }, 365 * 86_400_000],
    ["as a date, held against the answer's own", { date, "retry-after": "Mon, 30 Nov 2026 12:01:30 GMT" }, 90_000],
    ["in RFC 850's form", { date, "retry-after": "Monday, 30-Nov-26 12:00:02 GMT" }, 2_000],
    ["in asctime's form", { date, "retry-after": "Mon Nov 30 12:00:04 2026 GMT" }, 4_000],
    ["that is over", { date, "retry-after": "Mon, 30 Nov 2026 11:00:00 GMT" }, 0],
    ["as a date without one to hold it against", { "retry-after": "Mon, 30 Nov 2026 12:01:30 GMT" }, undefined],
    ["below zero", { date, "retry-after": "-3" }, undefined],
    ["with a fraction", { date, "retry-after": "1.5" }, undefined],
    ["in words", { date, "retry-after": "soon" }, undefined],
    ["that is empty", { date, "retry-after": "" }, undefined],
    ["that nobody gave", { date }, undefined],
  ])("%s is read from the answer", async (_, headers, expected) => {
    const { base } = await serve((socket) => socket.end(head(429, headers)));

    const reply = await call(base);

    expect(verdict(reply)).toBe("rejected E_TARGET_REFUSED for now");
    expect("retryAfterMs" in reply ? reply.retryAfterMs : undefined).toBe(expected);
    expect(messageOf(reply).includes("it asks to be left alone")).toBe(expected !== undefined);
  });

  it.each([
    [503, {}, true],
    [423, {}, true],
    [409, { key: "k" }, true],
    [409, {}, false],
    [400, {}, false],
    [412, {}, false],
    [302, {}, false],
  ] as const)("counts with %i where another try makes sense", async (status, change, isRead) => {
    const { base } = await serve((socket) => socket.end(head(status, { "retry-after": "3" })));

    const reply = await call(base, { with: { path: ["one"], ...change } });

    expect("retryAfterMs" in reply).toBe(isRead);
  });
});

describe("a weak tag", () => {
  const problemsOf = (template: JsonValue): readonly string[] =>
    (httpConnector.operations.find(({ name }) => name === "put")?.checkTemplate(template, "write", "/with") ?? []).map(
      ({ code, pointer }) => `${code} ${pointer}`,
    );

  it("fits no write, unless the template says that the target compares weak tags", () => {
    expect(problemsOf({ path: [], ifMatch: 'W/"7"' })).toEqual(["E_FENCE_WEAK /with/ifMatch"]);
    expect(problemsOf({ path: [], ifMatch: 'w/"7"' })).toEqual(["E_FENCE_WEAK /with/ifMatch"]);
    for (const ifMatch of ['"7"', '"W/7"', "*", "7", { $fence: true }])
      expect(problemsOf({ path: [], ifMatch })).toEqual([]);
    expect(problemsOf({ path: [], ifMatch: 'W/"7"', weakTags: true })).toEqual([]);
  });

  it("that was compared is named as the cause of a 412, which is no change by others", async () => {
    const { base } = await serve((socket) => socket.end(head(412)));

    const weak = await call(base, { with: { path: ["one"], ifMatch: 'W/"7"' } });
    const strong = await call(base, { with: { path: ["one"], ifMatch: '"7"' } });

    expect([weak, strong].map(verdict)).toEqual(["rejected E_FENCE_WEAK", "rejected E_FENCE_MOVED"]);
    expect(messageOf(weak)).toContain("it never matches");
  });

  it("is sent as it is to a target that compares it", async () => {
    const { base } = await serve((socket) => socket.end(`${head(200)}{}`));

    expect(verdict(await call(base, { with: { path: ["one"], ifMatch: 'W/"7"', weakTags: true } }))).toBe("applied");
  });
});

describe("the address of a base", () => {
  it.each([
    ["/things", {}, "/things"],
    ["/things/", {}, "/things/"],
    ["", {}, "/"],
    ["/", {}, "/"],
    ["/things", { query: { a: 1 } }, "/things?a=1"],
    ["/things/", { query: { a: 1 } }, "/things/?a=1"],
    ["/things", { path: ["one"] }, "/things/one"],
    ["/things/", { path: ["one"] }, "/things/one"],
    ["", { path: ["one"] }, "/one"],
  ] as const)(
    "%s is asked for as it is written, and a segment stands behind one slash",
    async (below, change, path) => {
      const { base, asked } = await serve((socket) => socket.end(`${head(200)}{}`));
      const look = { operation: "get", access: "read", with: { path: [], ...change } } as const;

      await call(`${base}${below}`, look);

      expect(asked).toEqual([`GET ${path} HTTP/1.1`]);
    },
  );
});

describe("an answer that the parser does not take", () => {
  it.each([
    ["SSH-2.0-OpenSSH_9.6\r\n", "answered what is not HTTP (HPE_"],
    [head(200, { long: "x".repeat(70_000) }), "answered with more header than is read (HPE_HEADER_OVERFLOW)"],
    [
      head(200, { "content-length": "2" }).replace("content-length", "content-length: 3\r\ncontent-length"),
      "two lengths",
    ],
  ])("is told in words: %#", async (bytes, says) => {
    const { base } = await serve((socket) => socket.end(bytes));

    const reply = await call(base);

    expect([verdict(reply), messageOf(reply)]).toEqual(["unknown E_TARGET_LOST", expect.stringContaining(says)]);
    expect(JSON.stringify(reply)).toContain("check that `base` names an HTTP service");
  });
});
