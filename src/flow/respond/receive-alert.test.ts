import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AlertReceiver, receiveAlerts } from "./receive-alert.ts";

const firing = JSON.stringify({ status: "firing", labels: { alertname: "HighLatency" } });
const resolved = JSON.stringify({ status: "resolved", labels: { alertname: "HighLatency" } });

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

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-webhook-"));
});

afterEach(() => {
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the webhook", () => {
  it("takes the first firing alert, and keeps listening for its resolution", async () => {
    await listen();
    const heard: string[] = [];
    receiver.onResolved((alert) => void heard.push(alert.key));

    const answers = [await send(firing), await send(resolved)];

    expect(answers).toEqual([
      { status: 202, code: "accepted" },
      { status: 202, code: "accepted" },
    ]);
    expect(heard).toEqual([(await receiver.firing).key]);
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
    const accepted = await send(firing, { headers: { authorization: "Bearer s3cret" } });

    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(accepted.status).toBe(202);
  });

  it("does not start with a token that others can read, or without its file", async () => {
    await listen();
    const file = join(folder, "token");
    writeFileSync(file, "s3cret");
    chmodSync(file, 0o644);

    expect(await receiveAlerts(0, file)).toMatchObject({ ok: false, error: { code: "E_USAGE" } });
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
