import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createConnection, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { damagesOf, type Full } from "../../../test/support/damage-document.ts";
import { alice } from "../../core/run/fixtures/driver.fixture.ts";
import { testDigest } from "../../core/run/fixtures/plan.fixture.ts";
import { problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { startOn, type TestSite, testSite } from "../../engine/engine.fixture.ts";
import { sendControl } from "./client.ts";
import { parseControl } from "./parse-control.ts";
import type { ControlInput } from "./protocol.ts";
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
    hear: (input) => Promise.resolve({ ok: true, value: input }),
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

const requestOf = (input: ControlInput): string => JSON.stringify({ format: "interlock.control/1", input });

/** One input of every kind, each with every field that it may have. */
const signed = {
  payloadType: "application/vnd.in-toto+json",
  payload: "e30=",
  signatures: [{ keyid: "k", sig: "s" }],
} as const;

const samples: { readonly [Kind in ControlInput["kind"]]: Full<ControlInput> } = {
  stop: { kind: "stop", runId: "run_1", by: alice, reason: "enough", cause: "SIGTERM" },
  kill: { kind: "kill", runId: "run_1", by: alice, reason: "enough" },
  rollback: { kind: "rollback", runId: "run_1", by: alice, reason: "enough" },
  close: { kind: "close", runId: "run_1", by: alice, reason: "enough" },
  resolve: { kind: "resolve", runId: "run_1", stepId: "a", as: "applied", by: alice, reason: "seen" },
  answer: { kind: "answer", runId: "run_1", stepId: "a", answer: "approved", by: alice, reason: "go on", signed },
  freeze: { kind: "freeze", runId: null, scope: "*", by: alice, reason: "audit" },
  unfreeze: { kind: "unfreeze", runId: null, scope: "*", by: alice, reason: "over" },
  accept_log: { kind: "accept_log", by: alice, reason: "the disk was restored" },
  anchor: { kind: "anchor", runId: null, by: alice, reason: "the clock was wrong" },
  apply: { kind: "apply", planHash: testDigest("p"), by: alice },
  record: {
    kind: "record",
    events: [rejection],
    documents: [{ digest: testDigest("d"), value: { any: ["json"] } }],
  },
  archive_bodies: { kind: "archive_bodies", runIds: ["run_1"], archiveFolder: "/a", by: alice, reason: "old" },
  destroy_bodies: { kind: "destroy_bodies", runIds: ["run_1"], by: alice, reason: "old" },
  restore_bodies: { kind: "restore_bodies", archivePath: "/a/b.jsonl", by: alice, reason: "asked" },
  measure: { kind: "measure", by: alice },
};
const fullInputs: readonly ControlInput[] = Object.values(samples);

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

  it("is in its own folder, however long its path", async () => {
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

  it("closes even if a connected client says nothing", async () => {
    const silent = createConnection(path);
    await new Promise((resolve) => silent.once("connect", resolve));
    silent.on("error", () => undefined);
    let told = "";
    silent.on("data", (chunk) => (told += String(chunk)));
    silent.write("{");
    const closed = new Promise((resolve) => silent.once("close", resolve));

    await server.close();
    await closed;

    // What it was about to ask has not been taken, and it may ask again.
    expect(told).toContain("E_STORE_LOCKED");
    expect(await sendControl(path, { kind: "record", events: [], documents: [] })).toEqual({ kind: "no_owner" });
  });

  it("goes on after a connection that could not be accepted", async () => {
    const listening = vi.spyOn(Server.prototype, "listen");
    const other = join(folder, "other.sock");
    const second = await listen(other);
    const servers = listening.mock.contexts.filter((context) => context instanceof Server);
    listening.mockRestore();

    for (const one of [...servers, ...servers]) one.emit("error", new Error("accept EMFILE"));

    expect(servers).toHaveLength(1);
    expect(await sendControl(other, { kind: "measure", by: alice })).toMatchObject({ ok: true });
    await second.close();
  });

  it("goes on beside forty senders that stop in the middle of a long line", async () => {
    const half = Buffer.alloc(8_000_000, "x");
    const sockets = Array.from({ length: 40 }, () => createConnection(path));
    for (const socket of sockets) socket.on("error", () => socket.destroy()).write(half);
    // Eight of them fit.
    await vi.waitFor(() => expect(sockets.filter(({ destroyed }) => destroyed).length).toBeGreaterThan(31), 5_000);

    expect(await sendControl(path, { kind: "measure", by: alice })).toMatchObject({ ok: true });
    for (const socket of sockets) socket.destroy();
  });

  it("answers every question before it closes", async () => {
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
  it("takes a reason as long as the door takes one, and no longer", () => {
    const long = "x".repeat(4_001);
    const words: readonly ControlInput[] = [
      { kind: "stop", runId: "run_1", by: alice, reason: long },
      { kind: "freeze", runId: null, scope: "*", by: alice, reason: long },
      { kind: "record", events: [{ ...rejection, reason: long }], documents: [] },
    ];

    for (const input of words) {
      expect(parseControl(requestOf(input))).toMatchObject({ ok: false, error: { code: "E_SCHEMA" } });
      expect(parseControl(requestOf(JSON.parse(JSON.stringify(input).replace(long, long.slice(1)))))).toMatchObject({
        ok: true,
      });
    }
  });

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
    expect(parseRecord(event)).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^E_SCHEMA/) } });
  });

  it("reads every kind of input in full", () => {
    for (const input of fullInputs) expect(parseControl(requestOf(input))).toEqual({ ok: true, value: input });
  });

  it("refuses every single field more or less and every other type, and says where", () => {
    const optional: string[] = [];
    const wrong: string[] = [];
    for (const input of fullInputs) {
      const request = JSON.parse(requestOf(input)) as JsonValue;
      for (const { name, kind, pointer, document } of damagesOf(request, (at) => /\/documents\/0\/value$/.test(at))) {
        const read = parseControl(JSON.stringify(document));
        if (read.ok && kind === "missing field") optional.push(`${input.kind}: ${name}`);
        else if (read.ok || read.error.pointer !== pointer) wrong.push(`${input.kind}: ${name}`);
      }
    }

    expect(wrong).toEqual([]);
    expect(optional).toEqual([
      "stop: missing field /input/cause",
      "answer: missing field /input/reason",
      "answer: missing field /input/signed",
    ]);
  });

  it("refuses another version of the protocol, and tells nothing else of it", () => {
    expect(parseControl(JSON.stringify({ format: "interlock.control/2", input: 7 }))).toMatchObject({
      ok: false,
      error: { code: "E_SCHEMA_VERSION", pointer: "/format" },
    });
  });

  it("takes no key from a socket over which nothing is signed", () => {
    const named = { ...alice, keyId: testDigest("key") };

    expect(parseControl(requestOf({ kind: "measure", by: named }))).toEqual({
      ok: true,
      value: { kind: "measure", by: { ...alice, keyId: null } },
    });
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
