import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

import { type ArrayRequest, type ArrayResponse, type RunningArray, startArray } from "./client.ts";
import { parseFault } from "./faults.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
let array: RunningArray;
let sequence = 0;

beforeAll(async () => {
  array = await startArray({ upgradeMs: 30 });
});

afterEach(async () => {
  await array.clearFaults();
});

afterAll(async () => {
  await array.stop();
});

/** Moves `h1` under a new key. Returns how the client saw it and how often it was applied. */
async function move(
  request: ArrayRequest = {},
): Promise<{ readonly key: string; readonly seen: ArrayResponse | "no reply" }> {
  sequence += 1;
  const key = `move-${sequence}`;
  const seen = await array
    .request("PUT", "/hosts/h1/path", { body: { controller: "a" }, key, ...request })
    .catch(() => "no reply" as const);
  return { key, seen };
}

async function countEffects(key: string): Promise<number> {
  return (await array.effects()).filter((entry) => entry.key === key).length;
}

it("a dropped reply leaves the effect, and the same key finds it instead of repeating it", async () => {
  await array.fault({ kind: "drop_reply" });

  const { key, seen } = await move();
  const again = await move({ key });

  expect([seen, again.seen]).toMatchObject(["no reply", { status: 200, replayed: true }]);
  expect(await countEffects(key)).toBe(1);
});

it("a closed connection leaves no effect", async () => {
  await array.fault({ kind: "close_connection" });

  const { key, seen } = await move();

  expect(seen).toBe("no reply");
  expect(await countEffects(key)).toBe(0);
});

it("the next n writes are refused without an effect and the one after is applied", async () => {
  await array.fault({ kind: "refuse", count: 2, status: 503 });

  const moves = [await move(), await move(), await move()];

  expect(moves.map(({ seen }) => (seen === "no reply" ? seen : seen.status))).toEqual([503, 503, 200]);
  expect(await Promise.all(moves.map(({ key }) => countEffects(key)))).toEqual([0, 0, 1]);
});

it("a delayed request lands after a later one, though its client has long gone", async () => {
  await array.fault({ kind: "delay_request", ms: 60_000 });
  const gone = new AbortController();
  const sent = fetch(`${array.url}/hosts/h1/path`, {
    method: "PUT",
    headers: { "content-type": "application/json", "idempotency-key": "late" },
    body: '{"controller":"a"}',
    signal: gone.signal,
  }).then(
    () => "answered",
    () => "gave up",
  );
  await array.held(1);
  gone.abort();
  const overtaking = await move();

  await array.clearFaults();

  await expect
    .poll(async () => (await array.effects()).map(({ key }) => key).slice(-2))
    .toEqual([overtaking.key, "late"]);
  expect(await sent).toBe("gave up");
});

it("a delayed reply comes after its effect, and a duplicate meanwhile gets the same reply", async () => {
  await array.fault({ kind: "delay_reply", ms: 60_000 });
  const first = move({ key: "slow" });
  await array.held(1);

  const duplicate = await move({ key: "slow" });
  await array.clearFaults();

  expect([(await first).seen, duplicate.seen]).toMatchObject([
    { status: 200, replayed: false },
    { status: 200, replayed: true },
  ]);
  expect(await countEffects("slow")).toBe(1);
});

it("garbage and an oversized answer come after the effect", async () => {
  await array.fault({ kind: "garbage" });
  const garbage = await move();
  await array.fault({ kind: "oversize", sizeMb: 8 });
  const oversize = await move();

  expect(garbage.seen).toMatchObject({ status: 200, body: null });
  expect(oversize.seen === "no reply" ? 0 : oversize.seen.text.length).toBe(8 * 1_048_576 + '{"padding":""}'.length);
  expect([await countEffects(garbage.key), await countEffects(oversize.key)]).toEqual([1, 1]);
});

it("an upgrade made to fail comes back on the old version, or stays failed until it is flashed again", async () => {
  await array.fault({ kind: "fail_upgrade", controller: "b", outcome: "reverted" });
  await array.request("POST", "/controllers/b/firmware", { body: { version: "4.2.0" } });
  const reverted = await array.settled();
  await array.fault({ kind: "fail_upgrade", controller: "b", outcome: "failed" });
  await array.request("POST", "/controllers/b/firmware", { body: { version: "4.2.0" } });
  const failed = await array.settled();
  await array.request("POST", "/controllers/b/firmware", { body: { version: "4.1.0" } });
  const repaired = await array.settled();

  expect(
    [reverted, failed, repaired].map(({ controllers }) => `${controllers[1]?.state} ${controllers[1]?.firmware}`),
  ).toEqual(["online 4.1.0", "failed 4.1.0", "online 4.1.0"]);
});

it("a path that flaps changes the host's ETag, is journalled, and makes a path in use unavailable", async () => {
  const before = await array.request("GET", "/hosts/h2");
  await array.fault({ kind: "flap_path", host: "h2", controller: "a", downMs: 30, everyMs: 60, times: 2 });

  const flaps = async () =>
    (await array.journal()).filter(({ kind, target }) => kind === "event" && target === "hosts/h2");
  await expect
    .poll(async () => (await flaps()).map(({ what }) => what))
    .toEqual(["path_lost", "path_returned", "path_lost", "path_returned"]);

  const host = (await array.availability()).hosts.find((candidate) => candidate.host === "h2");
  expect(host?.intervals.map(({ reason }) => reason)).toEqual(["path_disconnected", "path_disconnected"]);
  expect((await array.request("GET", "/hosts/h2")).etag).toBe(before.etag);
});

it("a flap of a path that is out already only brings it back", async () => {
  await array.request("POST", "/hosts/h3/disconnect", { body: { controller: "b" } });
  await array.fault({ kind: "flap_path", host: "h3", controller: "b", downMs: 1 });

  const events = async () =>
    (await array.journal())
      .filter(({ kind, target }) => kind === "event" && target === "hosts/h3")
      .map(({ what }) => what);

  await expect.poll(events).toEqual(["path_returned"]);
});

it("a client that goes away in the middle of 100 MB does no harm", async () => {
  await array.fault({ kind: "oversize", methods: ["GET"] });

  const response = await fetch(`${array.url}/array`);
  await response.body?.cancel();

  expect((await array.snapshot()).array).toBe("ds-1");
});

it("without the admin token no fault is injected", async () => {
  const response = await fetch(array.adminUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"kind":"refuse"}',
  });

  expect([response.status, (await move()).seen]).toMatchObject([401, { status: 200 }]);
});

it("a fault aimed at one path leaves the others alone and waits", async () => {
  await array.fault({ kind: "refuse", pathPrefix: "/hosts/h9" });

  const { seen } = await move();

  expect(seen).toMatchObject({ status: 200 });
});

it.each([
  [{ kind: "no_such" }, "`kind` is one of"],
  [{ kind: "delay_reply" }, "`ms`"],
  [{ kind: "drop_reply", count: 0 }, "`count`"],
  [{ kind: "drop_reply", often: 1 }, "no field `often`"],
  [{ kind: "fail_upgrade", controller: "c" }, "`controller`"],
  [[], "a fault is a JSON object"],
])("the fault %j is refused and named", (document, part) => {
  const parsed = parseFault(document);

  expect(parsed.kind === "refused" ? parsed.refusal.message : "parsed").toContain(part);
});

it("the array ends after its time, having written its ready line to the file asked for", async () => {
  const readyFile = join(mkdtempSync(join(tmpdir(), "array-test-")), "ready.json");
  const child = spawn(
    process.execPath,
    [main, "--quiet", "--ready-file", readyFile, "--max-seconds", "1", "--parent-pid", `${process.pid}`],
    { stdio: "ignore" },
  );

  expect(await once(child, "exit")).toEqual([0, null]);
  expect(JSON.parse(readFileSync(readyFile, "utf8"))).toMatchObject({ pid: child.pid, adminPort: null });
  rmSync(dirname(readyFile), { recursive: true });
});

it("the array ends when the stdin of its launcher closes", async () => {
  const child = spawn(process.execPath, [main, "--stop-with-stdin"], { stdio: ["pipe", "pipe", "ignore"] });
  await once(child.stdout, "data");

  child.stdin.end();

  expect(await once(child, "exit")).toEqual([0, null]);
});

it("the array ends when the process named by --parent-pid is gone", async () => {
  const parent = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
  const child = spawn(process.execPath, [main, "--parent-pid", `${parent.pid}`], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");

  parent.stdin.end();

  expect(await once(child, "exit")).toEqual([0, null]);
});
