import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { alice } from "../../core/run/fixtures/driver.fixture.ts";
import { testDigest } from "../../core/run/fixtures/plan.fixture.ts";
import { problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { startOn, type TestSite, testSite } from "../../engine/engine.fixture.ts";
import { sendControl } from "./client.ts";
import { parseControl } from "./parse-control.ts";
import { type ControlServer, listenControl } from "./server.ts";

let folder: string;
let path: string;
let site: TestSite;
let server: ControlServer;
let maskBefore: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "control-"));
  path = join(folder, "control.sock");
  site = testSite();
  maskBefore = process.umask();
  server = await listen(path);
});

async function listen(at: string): Promise<ControlServer> {
  const listening = await listenControl(at, site.engine, {
    clock: site.clock,
    permit: () => ({ kind: "permit", policies: null, reason: "" }),
    prepare: () => Promise.resolve({ ok: false, error: problem("E_STORE_LOCKED", "", "busy") }),
    maintain: (input) => Promise.resolve({ ok: true, value: { did: input.kind } }),
  });
  if (!listening.ok) throw new Error(listening.error.message);
  return listening.value;
}

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const rejection = {
  kind: "approval_rejected",
  runId: null,
  planHash: testDigest("p"),
  by: alice,
  reason: "no",
} as const;

const parseRecord = (...events: readonly JsonValue[]) =>
  parseControl(JSON.stringify({ format: "interlock.control/1", input: { kind: "record", events, documents: [] } }));

describe("the owner's socket", () => {
  it("can be opened by its user alone, and leaves the process's mask as it was", () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(process.umask()).toBe(maskBefore);
  });

  it("takes an operator's input to the run, and answers with what it led to", async () => {
    await site.engine.submit(startOn(site, "run_1", [{ id: "w", kind: "wait", forMs: 1_000 }]));

    expect(await sendControl(path, { kind: "stop", runId: "run_1", by: alice, reason: "enough" })).toEqual({
      ok: true,
      value: { events: ["run_draining", "run_ended"], value: null },
    });
  });

  it("lies where it belongs, however long its path", async () => {
    const deep = join(folder, "d".repeat(100), "e".repeat(100));
    mkdirSync(deep, { recursive: true });
    const far = await listen(join(deep, "control.sock"));

    expect(readdirSync(deep)).toEqual(["control.sock"]);
    expect(
      await sendControl(join(deep, "control.sock"), { kind: "stop", runId: "run_none", by: alice, reason: "" }),
    ).toMatchObject({ ok: false, error: { code: "E_RUN_UNKNOWN" } });
    await far.close();
    expect(readdirSync(deep)).toEqual([]);
    expect(await sendControl(join(deep, "control.sock"), { kind: "record", events: [], documents: [] })).toEqual({
      kind: "no_owner",
    });
    expect(
      await sendControl(join(deep, "none", "control.sock"), { kind: "record", events: [], documents: [] }),
    ).toEqual({ kind: "no_owner" });
  });

  it("answers a refusal with its code", async () => {
    expect(await sendControl(path, { kind: "stop", runId: "run_none", by: alice, reason: "" })).toMatchObject({
      ok: false,
      error: { code: "E_RUN_UNKNOWN" },
    });
  });

  it("closes although a client is connected that says nothing", async () => {
    const silent = createConnection(path);
    await new Promise((resolve) => silent.once("connect", resolve));
    silent.on("error", () => undefined);
    silent.write("{");
    const closed = new Promise((resolve) => silent.once("close", resolve));

    await server.close();
    await closed;

    expect(await sendControl(path, { kind: "record", events: [], documents: [] })).toEqual({ kind: "no_owner" });
  });

  it("answers what was asked before it closes", async () => {
    site.store.mode = "held";
    const answer = sendControl(path, { kind: "record", events: [rejection], documents: [] });
    while (site.engine.site.rejectedPlans.size === 0) await new Promise((resolve) => setImmediate(resolve));

    const closed = server.close();
    site.store.release();

    expect(await answer).toEqual({ ok: true, value: { events: [], value: null } });
    await closed;
  });
});

describe("parseControl", () => {
  it("takes a whole event of the site", () => {
    expect(parseRecord(rejection).ok).toBe(true);
  });

  it.each<[string, JsonValue]>([
    ["in a run's stream", { ...rejection, runId: "run_1" } as unknown as JsonValue],
    ["without a field", { kind: "approval_recorded", runId: null, by: alice } as unknown as JsonValue],
    ["that begins an engine", { kind: "engine_opened", runId: null, epoch: 99, release: "x" }],
    [
      "that freezes without being decided",
      { kind: "frozen", runId: null, scope: "*", by: alice, reason: "" } as unknown as JsonValue,
    ],
    ["of a kind that every object has", { kind: "constructor", runId: null }],
    [
      "of a grant without end",
      {
        kind: "grant_recorded",
        runId: null,
        grantId: "g",
        envelope: testDigest("e"),
        writeCountMax: "many",
        costUsdMax: 0,
        expiresAtMs: 1,
        by: alice,
      } as unknown as JsonValue,
    ],
  ])("refuses to record an event %s", (_, event) => {
    expect(parseRecord(event)).toMatchObject({ ok: false, error: { code: "E_SCHEMA" } });
  });

  it("answers any line without throwing", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc
            .record({ format: fc.constant("interlock.control/1"), input: fc.jsonValue() })
            .map((value) => JSON.stringify(value)),
        ),
        (line) => {
          expect([true, false]).toContain(parseControl(line).ok);
        },
      ),
      { numRuns: 300 },
    );
  });
});
