import { createHmac } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { Notification, Notifier } from "../ports.ts";
import { webhookNotifier } from "./webhook.ts";
import { startWebhookServer, type WebhookServer } from "./webhook-server.fixture.ts";

const notification: Notification = {
  format: "interlock.notification/1",
  id: "ntf_1",
  deliveryId: "ntf_1.1.1",
  kind: "run_ended",
  subject: "run_1",
  owner: null,
  summary: "the run run_1 has succeeded – „done“",
  text: [],
  next: [],
  escalation: { step: 1, round: 1 },
  atMs: 1,
};
const { signal } = new AbortController();
const servers: WebhookServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(answer: Parameters<typeof startWebhookServer>[0]): Promise<WebhookServer> {
  const server = await startWebhookServer(answer);
  servers.push(server);
  return server;
}

function notifierAt(url: string, given: { readonly secret?: string; readonly timeoutMs?: number } = {}): Notifier {
  const { secret = null, timeoutMs = 10_000 } = given;
  const made = webhookNotifier({ name: "pager", url, secret, timeoutMs });
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

describe("a webhook", () => {
  it("gets one JSON document by POST, unsigned where there is no secret", async () => {
    const server = await serve((response) => response.end());

    expect(await notifierAt(`${server.url}/hook?team=7`).notify(notification, signal)).toEqual({ ok: true });

    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]).toMatchObject({
      method: "POST",
      path: "/hook?team=7",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(notification),
    });
    expect(server.asked[0]?.headers).not.toHaveProperty("x-interlock-signature");
  });

  it("can tell by its secret that the notification is ours", async () => {
    const server = await serve((response) => response.end());

    await notifierAt(server.url, { secret: "hunter2" }).notify(notification, signal);

    const { body = "", headers } = server.asked[0] ?? {};
    const expected = createHmac("sha256", Buffer.from("hunter2")).update(Buffer.from(body)).digest("hex");
    expect(headers?.["x-interlock-signature"]).toBe(`sha256=${expected}`);
    expect(JSON.stringify(server.asked)).not.toContain("hunter2");
  });

  it("that redirects is not followed, wherever it leads", async () => {
    const other = await serve((response) => response.end());
    const server = await serve((response) => response.writeHead(307, { location: other.url }).end());

    const told = await notifierAt(server.url).notify(notification, signal);

    expect(told).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("got HTTP 307") },
    });
    expect(other.asked).toEqual([]);
  });

  it("that is slow has failed when its time is over", async () => {
    const server = await serve(() => undefined);

    const told = await notifierAt(server.url, { timeoutMs: 50 }).notify(notification, signal);

    expect(told).toMatchObject({
      ok: false,
      error: { code: "E_NOTIFICATION_FAILED", message: "the notifier `pager` did not answer within 50 ms" },
    });
  });

  it("that is not there is told by its host alone", async () => {
    const server = await serve(() => undefined);
    const { host } = new URL(server.url);
    await server.close();

    const told = await notifierAt(`${server.url}/hooks/hunter2`).notify(notification, signal);

    expect(told).toMatchObject({
      ok: false,
      error: { message: `the notifier \`pager\` cannot reach \`${host}\` (ECONNREFUSED)` },
    });
  });

  it("is on this machine, or reached over https", () => {
    const isTaken = (url: string): boolean => webhookNotifier({ name: "pager", url, secret: null, timeoutMs: 1 }).ok;

    for (const url of [
      "https://hooks.example/a?b=c",
      "http://127.0.0.1:8080/x",
      "http://localhost/x",
      "http://[::1]:1/",
    ])
      expect([url, isTaken(url)]).toEqual([url, true]);
    for (const url of [
      "http://hooks.example/a",
      "http://10.0.0.1/",
      "http://169.254.169.254/latest",
      "http://localhost.example/",
      "http://[fc00::1]/",
      "ftp://127.0.0.1/",
      "file:///etc/passwd",
      "https://user:password@hooks.example/",
      "https://hooks.example/#a",
      "hooks.example/a",
      "",
    ])
      expect([url, isTaken(url)]).toEqual([url, false]);
  });
});
