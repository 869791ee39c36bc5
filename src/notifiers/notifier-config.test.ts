import { describe, expect, it } from "vitest";
import { problem } from "../core/value/codes.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { fail, ok } from "../core/value/result.ts";
import { parseWith } from "../core/value/shape.ts";
import { notifierConfig, openNotifier } from "./notifier-config.ts";

const read = (value: JsonValue) => parseWith(notifierConfig, value);
const at = { folder: "/site", resolveSecret: async (reference: string) => ok(`resolved ${reference}`) };

describe("a notifier's configuration", () => {
  it("names a webhook with its secret by reference, or a file of lines", () => {
    const webhook = { kind: "webhook", url: "https://hooks.example/x", secret: "env:PAGER_SECRET", timeout: "2s" };

    expect(read(webhook)).toEqual({ ok: true, value: { ...webhook, timeout: 2_000 } });
    expect(read({ kind: "webhook", url: "http://127.0.0.1:9/x" })).toMatchObject({
      ok: true,
      value: { timeout: 5_000 },
    });
    expect(read({ kind: "lines", file: "notifications.jsonl" }).ok).toBe(true);
  });

  it("holds no secret in clear, no address that goes over the network in clear, and no other kind", () => {
    for (const wrong of [
      { kind: "webhook", url: "https://hooks.example/x", secret: "hunter2" },
      { kind: "webhook", url: "http://hooks.example/x" },
      { kind: "webhook" },
      { kind: "lines" },
      { kind: "mail", to: "olivia" },
      "pager",
    ])
      expect([wrong, read(wrong).ok]).toEqual([wrong, false]);
  });
});

describe("opening a notifier", () => {
  it("looks for the file of a secret from the folder of the configuration", async () => {
    const config = { kind: "webhook", url: "https://hooks.example/x", secret: "file:key", timeout: 1 } as const;
    const asked: string[] = [];

    await openNotifier("pager", config, { ...at, resolveSecret: async (one) => ok(String(asked.push(one))) });

    expect(asked).toEqual(["file:/site/key"]);
  });

  it("resolves its secret, and fails with that secret's problem", async () => {
    const config = { kind: "webhook", url: "https://hooks.example/x", secret: "env:NONE", timeout: 1 } as const;
    const missing = problem("E_SECRET_UNAVAILABLE", "", "`NONE` is not set");

    expect(await openNotifier("pager", config, at)).toMatchObject({ ok: true, value: { name: "pager" } });
    expect(await openNotifier("pager", config, { ...at, resolveSecret: async () => fail(missing) })).toEqual({
      ok: false,
      error: missing,
    });
    expect(await openNotifier("log", { kind: "lines", file: "x.jsonl" }, at)).toMatchObject({
      ok: true,
      value: { name: "log" },
    });
  });
});
