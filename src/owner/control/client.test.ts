import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SiteEvent } from "../../core/run/words/event.ts";
import { digest } from "../../core/value/digest.ts";
import { hasOwner, sendControl } from "./client.ts";
import type { ControlInput } from "./protocol.ts";

const by = { kind: "person", id: "alice", keyId: null } as const;
const trusted: SiteEvent = {
  kind: "pack_trusted",
  runId: null,
  pack: "boxes",
  digest: digest("interlock.test/1", "pack"),
  by,
};
const granted: SiteEvent = {
  kind: "grant_recorded",
  runId: null,
  grantId: "gr_1",
  envelope: digest("interlock.test/1", "grant"),
  writeCountMax: 1,
  costUsdMax: 0,
  expiresAtMs: 1,
  by,
};
const stop: ControlInput = { kind: "stop", runId: "run_1", by, reason: "" };

function record(...events: readonly SiteEvent[]): ControlInput {
  return { kind: "record", events, documents: [] };
}

let folder: string;
let server: Server | null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "control-"));
  server = null;
});

afterEach(() => {
  server?.close();
  rmSync(folder, { recursive: true });
});

/** An owner that hears a request and answers this, or leaves without a word. */
async function owner(reply: string | null): Promise<string> {
  const path = join(folder, "engine.sock");
  server = createServer(
    (socket) => void socket.once("data", () => (reply === null ? socket.destroy() : socket.end(reply))),
  );
  await new Promise<void>((resolve) => server?.listen(path, resolve));
  return path;
}

describe("an input for the owner of a store", () => {
  it("finds no owner if there is no socket", async () => {
    expect(await sendControl(join(folder, "engine.sock"), stop)).toEqual({ kind: "no_owner" });
  });

  it("is answered with its effects, or with why it was refused", async () => {
    const path = await owner(
      `${JSON.stringify({ format: "interlock.control/1", ok: true, events: ["run_draining"], value: null })}\n`,
    );

    expect(await sendControl(path, stop)).toEqual({
      ok: true,
      value: { events: ["run_draining"], value: null },
    });
  });

  it("that only records may be sent again if the owner left without an answer", async () => {
    const path = await owner(null);

    expect(await sendControl(path, record(trusted))).toEqual({ kind: "no_owner" });
  });

  it("that only measures takes no owner for gone that closes the connection and still listens", async () => {
    const path = await owner(null);
    const crowded = await sendControl(path, { kind: "measure", by });
    server?.close();
    server = null;

    expect(crowded).toMatchObject({
      ok: false,
      error: { code: "E_OWNER_SILENT", message: "the owner closed the connection; too many ask at once" },
    });
    await expect.poll(() => sendControl(path, { kind: "measure", by })).toEqual({ kind: "no_owner" });
  });

  it.runIf(process.platform === "linux")("has an owner where the system lets nobody else wait for it", async () => {
    const path = join(folder, "engine.sock");
    server = createServer((socket) => void socket.on("error", () => undefined));
    await new Promise<void>((resolve) => server?.listen({ path, backlog: 1 }, resolve));
    // Nobody is accepted before this turn ends.
    const waiting = [1, 2, 3, 4].map(() => createConnection(path).on("error", () => undefined));

    expect(await hasOwner(path)).toBe(true);
    for (const socket of waiting) socket.destroy();
  });

  it.each([
    ["a grant, which would give back what was used of it", record(trusted, granted)],
    ["an operator's word", stop],
  ])("that is %s is never sent again by itself", async (_, input) => {
    const path = await owner(null);

    expect(await sendControl(path, input)).toMatchObject({ ok: false, error: { code: "E_OWNER_SILENT" } });
  });

  it("is done as an owner of a later release says, with what this one knows of the answer", async () => {
    const path = await owner(
      `${JSON.stringify({ format: "interlock.control/1", ok: true, events: ["run_draining"], value: 7, later: 1 })}\n`,
    );

    expect(await sendControl(path, stop)).toEqual({ ok: true, value: { events: ["run_draining"], value: 7 } });
  });

  it("is refused as an owner of a later release says, without a step that nobody here knows", async () => {
    const refusal = { code: "E_LATER", pointer: "", message: "m", hint: "h" };
    const told = { ...refusal, next: { do: "witness" }, later: 1 };
    const path = await owner(`${JSON.stringify({ format: "interlock.control/1", ok: false, problem: told })}\n`);

    expect(await sendControl(path, stop)).toEqual({ ok: false, error: refusal });
  });

  it.each([
    ["of another version", { format: "interlock.control/2", ok: true, events: [], value: null }],
    ["of another shape", { format: "interlock.control/1", ok: true, events: "all", value: null }],
    ["that is neither done nor refused", { format: "interlock.control/1" }],
  ])("with an answer %s is not taken for done", async (_, answer) => {
    const path = await owner(`${JSON.stringify(answer)}\n`);

    expect(await sendControl(path, stop)).toMatchObject({ ok: false, error: { code: "E_OWNER_SILENT" } });
  });

  it("that gets half a line as its answer does not count as done", async () => {
    const path = await owner('{"format":"interlock.control/1","ok":tr');

    expect(await sendControl(path, record(trusted))).toMatchObject({ ok: false, error: { code: "E_OWNER_SILENT" } });
  });
});
