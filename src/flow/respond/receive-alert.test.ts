import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AlertReceiver, receiveAlerts } from "./receive-alert.ts";

const alertOf = (status: string, name: string): string => JSON.stringify({ status, labels: { alertname: name } });
const firing = alertOf("firing", "HighLatency");
const resolved = alertOf("resolved", "HighLatency");

let folder: string;
let receiver: AlertReceiver;

async function listen(tokenFile: string | null = null): Promise<void> {
  const started = await receiveAlerts(0, tokenFile);
  if (!started.ok) throw new Error(started.error.message);
  receiver = started.value;
}

async function send(body: string, init: RequestInit = {}): Promise<{ readonly status: number; readonly code: string }> {
  const response = await fetch(`http://127.0.0.1:${receiver.port}/`, { method: "POST", body, ...init });
  return { status: response.status, code: ((await response.json()) as { readonly code: string }).code };
}

/** Begins a request and leaves it there. */
async function begin(text: string): Promise<Socket> {
  const socket = connect(receiver.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => socket.write(text, () => resolve()));
  return socket;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-webhook-"));
});

afterEach(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the webhook", () => {
  it("takes the first firing alert once somebody answers it, and keeps listening for its resolution", async () => {
    await listen();
    let heard = 0;
    receiver.onResolved(() => (heard += 1));

    const taken = send(firing);
    const { name } = await receiver.firing;
    receiver.accept();
    const answers = [await taken, await send(firing), await send(resolved)];

    expect(answers).toEqual(Array(3).fill({ status: 202, code: "accepted" }));
    expect([name, heard]).toEqual(["HighLatency", 1]);
  });

  it("goes on after a connection that could not be accepted", async () => {
    const listening = vi.spyOn(Server.prototype, "listen");
    await listen();
    const servers = listening.mock.contexts.filter((context) => context instanceof Server);
    listening.mockRestore();

    for (const server of [...servers, ...servers]) server.emit("error", new Error("accept EMFILE"));
    expect(servers).toHaveLength(1);
    const taken = send(firing);
    await receiver.firing;
    receiver.accept();

    expect(await taken).toEqual({ status: 202, code: "accepted" });
  });

  it("has the sender keep an alert that nobody answers in the end", async () => {
    await listen();

    const [taken, repeated] = [send(firing), send(firing)];
    await receiver.firing;
    await receiver.close();

    expect([await taken, await repeated]).toEqual(Array(2).fill({ status: 503, code: "E_INCIDENT_OPEN" }));
  });

  it("has the sender keep every alert but the one that is answered", async () => {
    await listen();
    const before = await send(alertOf("resolved", "DiskFull"));
    const taken = send(firing);
    await receiver.firing;

    const during = await send(alertOf("firing", "DiskFull"));
    receiver.accept();
    const answers = [
      await taken,
      await send(alertOf("firing", "DiskFull")),
      await send(alertOf("resolved", "DiskFull")),
    ];

    expect([before, during, ...answers].map(({ status }) => status)).toEqual([202, 503, 202, 503, 202]);
  });

  it("takes nothing more once its alert is resolved: if it fires again, it is another incident", async () => {
    await listen();
    const taken = send(firing);
    await receiver.firing;
    receiver.accept();

    const answers = [await taken, await send(resolved), await send(firing)];

    expect(answers.map(({ status }) => status)).toEqual([202, 202, 503]);
  });

  it.each([
    [
      "a reset in the middle of the body",
      "content-length: 1000",
      '{"status":',
      (socket: Socket) => socket.resetAndDestroy(),
    ],
    ["an end in the middle of the body", "content-length: 1000", "{", (socket: Socket) => socket.destroy()],
    [
      "a reset in the middle of a chunk",
      "transfer-encoding: chunked",
      "40\r\n{",
      (socket: Socket) => socket.resetAndDestroy(),
    ],
    ["a chunk that is none", "transfer-encoding: chunked", "xyz\r\n", () => undefined],
    ["silence", "content-length: 1000", "{", () => undefined],
  ])("is not disturbed by %s", async (_, header, begun, breakOff) => {
    await listen();

    const socket = await begin(`POST / HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n${begun}`);
    breakOff(socket);
    const taken = send(firing);
    await receiver.firing;
    receiver.accept();

    expect((await taken).status).toBe(202);
  });

  it("is not kept from closing by forty senders that stop in the middle", async () => {
    await listen();
    const half = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 900000\r\n\r\n{";
    const sockets = await Promise.all(Array.from({ length: 40 }, () => begin(half)));

    await receiver.close();

    await Promise.all(
      sockets.map((socket) => (socket.destroyed ? undefined : new Promise((resolve) => socket.once("close", resolve)))),
    );
  });

  it("refuses what is not an alert, not a POST, sent by a browser's page, or too large for a document", async () => {
    await listen();

    expect(await send("{}")).toEqual({ status: 400, code: "E_ALERT_INVALID" });
    expect(await send("{")).toEqual({ status: 400, code: "E_JSON_INVALID" });
    expect((await fetch(`http://127.0.0.1:${receiver.port}/`)).status).toBe(405);
    expect(await send(firing, { headers: { origin: "https://evil.example" } })).toEqual({
      status: 403,
      code: "E_NOT_PERMITTED",
    });
    expect(await send(" ".repeat(2_000_000))).toEqual({ status: 413, code: "E_JSON_SIZE" });
  });

  it("takes nothing from a sender without the token", async () => {
    const file = join(folder, "token");
    writeFileSync(file, "s3cret\n", { mode: 0o600 });
    await listen(file);

    const refused = [
      await send(firing),
      await send(firing, { headers: { authorization: "Bearer s3creT" } }),
      await send(firing, { headers: { authorization: "Bearer s3cret2" } }),
      await send(firing, { headers: { authorization: "Basic s3cret" } }),
    ];
    const accepted = send(firing, { headers: { authorization: "Bearer s3cret" } });
    await receiver.firing;
    receiver.accept();

    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect((await accepted).status).toBe(202);
  });

  it("does not start with a token that others can read, or without its file", async () => {
    await listen();
    const file = join(folder, "token");
    writeFileSync(file, "s3cret");
    chmodSync(file, 0o644);

    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);

    expect(await receiveAlerts(0, file)).toMatchObject({ ok: false, error: { code: "E_USAGE" } });
    expect(await receiveAlerts(0, pipe)).toMatchObject({ ok: false, error: { code: "E_INPUT_MISSING" } });
    expect(await receiveAlerts(0, join(folder, "none"))).toMatchObject({
      ok: false,
      error: { code: "E_INPUT_MISSING" },
    });
  });

  it("says so when its port is taken", async () => {
    await listen();

    expect(await receiveAlerts(receiver.port, null)).toMatchObject({ ok: false, error: { code: "E_USAGE" } });
  });
});
