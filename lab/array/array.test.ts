import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, expect, it } from "vitest";

import { type ArrayRequest, type RunningArray, type StartOptions, startArray } from "./client.ts";

const started: RunningArray[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((array) => array.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function start(options: StartOptions = {}): Promise<RunningArray> {
  const array = await startArray({ upgradeMs: 100, ...options });
  started.push(array);
  return array;
}

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "array-test-"));
  folders.push(folder);
  return folder;
}

const put = (array: RunningArray, path: string, controller: string, more: ArrayRequest = {}) =>
  array.request("PUT", path, { body: { controller }, ...more });
const upgrade = (array: RunningArray, id: string, version: string, more: ArrayRequest = {}) =>
  array.request("POST", `/controllers/${id}/firmware`, { body: { version }, ...more });

async function useEverywhere(array: RunningArray, controller: string): Promise<void> {
  for (const host of (await array.snapshot()).hosts) await put(array, `/hosts/${host.id}/path`, controller);
  await put(array, "/owner", controller);
}

it("the right order upgrades both controllers and no host ever misses a read", async () => {
  const array = await start();

  await upgrade(array, "b", "4.2.0");
  await array.settled();
  await useEverywhere(array, "b");
  await upgrade(array, "a", "4.2.0");
  const after = await array.settled();

  const { unavailableMs, intervalCount, reads } = await array.availability();
  expect(after.controllers.map(({ state, firmware }) => `${state} ${firmware}`)).toEqual([
    "online 4.2.0",
    "online 4.2.0",
  ]);
  expect({ unavailableMs, intervalCount, unavailable: reads.unavailable }).toEqual({
    unavailableMs: 0,
    intervalCount: 0,
    unavailable: 0,
  });
  expect(reads.ok).toBeGreaterThan(0);
});

it("upgrading the active controller makes data unavailable to every host until it is back", async () => {
  const array = await start();

  await upgrade(array, "a", "4.2.0");
  await array.settled();

  const { hosts } = await array.availability();
  expect(hosts.map(({ intervals }) => intervals.map(({ reason }) => reason))).toEqual(
    Array(4).fill(["controller_down"]),
  );
  for (const host of hosts) {
    expect(host.unavailableMs).toBeGreaterThanOrEqual(99);
    expect(host.reads.unavailable).toBeGreaterThan(0);
    expect(host.available).toBe(true);
  }
});

it("hosts moved away from the upgraded controller still lose their data while it owns the volumes", async () => {
  const array = await start({ hostCount: 1 });
  await put(array, "/hosts/h1/path", "b");

  await upgrade(array, "a", "4.2.0");
  await array.settled();

  const [host] = (await array.availability()).hosts;
  expect(host?.intervals.map(({ reason }) => reason)).toEqual(["owner_down"]);
});

it("one host left on the upgraded path loses its data and the others keep theirs", async () => {
  const array = await start();
  await array.request("POST", "/hosts/h3/disconnect", { body: { controller: "b" } });
  await useEverywhere(array, "b");

  await upgrade(array, "a", "4.2.0");
  await array.settled();

  const { hosts } = await array.availability();
  expect(hosts.filter(({ intervals }) => intervals.length > 0).map(({ host }) => host)).toEqual(["h3"]);
});

it("an outage is one interval whatever happens elsewhere, and ends with the very write that ends it", async () => {
  const array = await start({ hostCount: 2, upgradeMs: 60_000 });

  await upgrade(array, "a", "4.2.0");
  await put(array, "/owner", "b");
  await put(array, "/hosts/h1/path", "b");

  const [begun, , rescued] = await array.journal();
  const { hosts } = await array.availability();
  expect(hosts.map(({ available, intervals }) => ({ available, intervals }))).toEqual([
    { available: true, intervals: [{ fromMs: begun?.atMs, toMs: rescued?.atMs, reason: "controller_down" }] },
    { available: false, intervals: [{ fromMs: begun?.atMs, toMs: null, reason: "controller_down" }] },
  ]);
});

it("a second upgrade, of the same or the other controller, is refused while one is under way", async () => {
  const array = await start({ upgradeMs: 60_000 });
  await upgrade(array, "b", "4.2.0");

  const same = await upgrade(array, "b", "5.0.0");
  const other = await upgrade(array, "a", "5.0.0");
  const owner = await put(array, "/owner", "b");

  expect([same, other, owner].map(({ status, body }) => [status, (body as { readonly code: string }).code])).toEqual([
    [409, "upgrade_in_progress"],
    [409, "peer_upgrading"],
    [409, "controller_not_online"],
  ]);
  expect(await array.effects()).toHaveLength(1);
});

it("a write whose `If-Match` is stale is refused with 412 and changes nothing", async () => {
  const array = await start();
  const before = await array.request("GET", "/hosts/h1");
  const moved = await put(array, "/hosts/h1/path", "b", { ifMatch: before.etag ?? "" });

  const stale = await put(array, "/hosts/h1/path", "a", { ifMatch: before.etag ?? "" });
  const weak = await put(array, "/hosts/h1/path", "a", { ifMatch: `W/${moved.etag}` });
  expect([before, moved].map(({ body }) => (body as { readonly etag: string }).etag)).toEqual([
    before.etag,
    moved.etag,
  ]);
  const fresh = await put(array, "/hosts/h1/path", "a", { ifMatch: `"another", ${moved.etag}` });
  const any = await put(array, "/hosts/h1/path", "a", { ifMatch: "*" });

  expect([moved.status, stale.status, weak.status, fresh.status, any.status]).toEqual([200, 412, 412, 200, 200]);
  expect(fresh.etag).toBe(before.etag);
  expect((await array.effects()).map(({ changed }) => changed)).toEqual([true, true, false]);
});

it("a write to one object leaves the ETag of every other object as it was", async () => {
  const array = await start();
  const paths = ["/owner", "/controllers/a", "/controllers/b", "/hosts/h1", "/hosts/h2"];
  const read = () => Promise.all(paths.map(async (path) => (await array.request("GET", path)).etag));
  const before = await read();

  await put(array, "/owner", "b");

  const after = await read();
  expect(paths.filter((_, index) => before[index] !== after[index])).toEqual(["/owner"]);
});

it("an upgrade and the downgrade after it give the array the ETag it had before", async () => {
  const array = await start();
  const before = await array.request("GET", "/array");

  await upgrade(array, "b", "4.2.0");
  const during = await array.settled();
  await upgrade(array, "b", "4.1.0");
  await array.settled();

  expect(during.controllers[1]?.firmware).toBe("4.2.0");
  expect((await array.request("GET", "/array")).etag).toBe(before.etag);
});

it("twenty requests at once under one key have one effect and one reply, stale fence or not", async () => {
  const array = await start();
  const { etag } = await array.request("GET", "/controllers/b");

  const replies = await Promise.all(
    Array.from({ length: 20 }, () => upgrade(array, "b", "4.2.0", { key: "once", ifMatch: etag ?? "" })),
  );

  expect(new Set(replies.map(({ status, text, etag: tag }) => `${status} ${tag} ${text}`)).size).toBe(1);
  expect(replies.filter(({ replayed }) => !replayed)).toHaveLength(1);
  expect(await array.effects()).toHaveLength(1);
  const byKey = await array.request("GET", "/journal?key=once");
  expect(byKey.body).toMatchObject({ matching: 1 });
});

it("a key used again for another request is refused with 422", async () => {
  const array = await start();
  await put(array, "/hosts/h1/path", "b", { key: "k" });

  const other = await put(array, "/hosts/h1/path", "a", { key: "k" });

  expect([other.status, (other.body as { readonly code: string }).code]).toEqual([422, "idempotency_key_reused"]);
});

it("a refused key is free: the same request may be applied once its reason is gone", async () => {
  const array = await start();
  await array.request("POST", "/hosts/h1/disconnect", { body: { controller: "b" } });
  const refused = await put(array, "/hosts/h1/path", "b", { key: "k" });
  await array.request("POST", "/hosts/h1/connect", { body: { controller: "b" } });

  const applied = await put(array, "/hosts/h1/path", "b", { key: "k" });

  expect([refused.status, applied.status, applied.replayed]).toEqual([409, 200, false]);
});

it("without the token nothing is answered, and the read token opens reads alone", async () => {
  const array = await start({ withToken: true });

  const none = await array.request("GET", "/array", { token: "" });
  const wrong = await array.request("GET", "/array", { token: "x".repeat(64) });
  const read = await array.request("GET", "/array", { token: array.readToken ?? "" });
  const write = await put(array, "/owner", "b", { token: array.readToken ?? "" });

  expect([none.status, wrong.status, read.status, write.status]).toEqual([401, 401, 200, 403]);
  expect(await array.journal()).toEqual([]);
});

it("an array killed during an upgrade goes on after its restart, with its keys, journal and versions", async () => {
  const stateFolder = createFolder();
  const first = await start({ stateFolder, upgradeMs: 300 });
  await put(first, "/hosts/h1/path", "b", { key: "moved" });
  await upgrade(first, "a", "4.2.0", { key: "flashed" });
  await first.kill();
  appendFileSync(join(stateFolder, "journal.jsonl"), '{"entry":{"seq":3,"torn');

  const second = await start({ stateFolder, upgradeMs: 300 });
  const repeat = await upgrade(second, "a", "4.2.0", { key: "flashed" });
  const after = await second.settled();

  expect(repeat).toMatchObject({ status: 202, replayed: true });
  expect(after.controllers[0]).toMatchObject({ state: "online", firmware: "4.2.0" });
  expect((await second.journal()).map(({ seq, what }) => [seq, what])).toEqual([
    [1, "use_path"],
    [2, "upgrade_firmware"],
    [3, "firmware_upgraded"],
  ]);
  await second.kill();
  const third = await start({ stateFolder });
  expect(await third.journal()).toHaveLength(3);
  const { hosts } = await third.availability();
  expect(hosts.map(({ intervals }) => intervals.map(({ reason }) => reason))).toEqual([
    ["owner_down"],
    ["controller_down"],
    ["controller_down"],
    ["controller_down"],
  ]);
});

it("the journal is read from any entry on", async () => {
  const array = await start();
  await useEverywhere(array, "b");

  const later = await array.request("GET", "/journal?after=3");

  expect(later.body).toMatchObject({
    total: 5,
    matching: 2,
    entries: [
      { seq: 4, target: "hosts/h4" },
      { seq: 5, target: "owner" },
    ],
  });
});

it("the array listens on 127.0.0.1 and on no other address", async () => {
  const array = await start();

  await expect(fetch(`http://127.0.0.2:${array.port}/healthz`)).rejects.toThrow();
  await expect(fetch(array.adminUrl.replace("127.0.0.1", "127.0.0.2"))).rejects.toThrow();
});

it("the metrics count reads, time lost and effects as the other resources do", async () => {
  const array = await start({ hostCount: 1 });
  await upgrade(array, "a", "4.2.0");
  await array.settled();
  const { hosts } = await array.availability();

  const { text } = await array.request("GET", "/metrics");

  expect(text).toContain(`array_unavailable_seconds_total{host="h1"} ${(hosts[0]?.unavailableMs ?? 0) / 1000}\n`);
  expect(text).toContain('array_requests_applied_total{what="upgrade_firmware"} 1\n');
  expect(text).toContain('array_controller_online{controller="a",firmware="4.2.0"} 1\n');
});

it("a body that is not JSON, too long or of another type is refused, and so is an unknown resource", async () => {
  const array = await start();
  const send = async (method: string, path: string, type: string, body: string): Promise<number> =>
    (await fetch(`${array.url}${path}`, { method, headers: { "content-type": type }, body })).status;

  const statuses = [
    await send("PUT", "/owner", "application/json", "{"),
    await send("PUT", "/owner", "text/plain", '{"controller":"b"}'),
    await send("PUT", "/owner", "application/json", `{"controller":"${"b".repeat(70_000)}"}`),
    await send("PUT", "/nowhere", "application/json", "{}"),
    await send("DELETE", "/owner", "application/json", "{}"),
  ];

  expect(statuses).toEqual([400, 415, 413, 404, 405]);
  expect(await array.journal()).toEqual([]);
});

it("wrong options are named and the process does not start", async () => {
  const file = join(createFolder(), "file");
  writeFileSync(file, "");

  await expect(startArray({ hostCount: 0 })).rejects.toThrow("`--hosts 0` is not a whole number from 1 to 64");
  await expect(startArray({ stateFolder: join(file, "below") })).rejects.toThrow("ENOTDIR");
});
