import { expect, test } from "vitest";
import { appendAll, batchOf, openOwned, runOf, scratchFolder } from "./sqlite/store.fixture.ts";
import { storeMetrics } from "./store-metrics.ts";

function samplesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

test("metrics count what the store did, each with its help and type", async () => {
  const folder = scratchFolder();
  const store = openOwned(folder);
  await appendAll(store, runOf("run_a", 3, "succeeded"));

  const text = storeMetrics(store, folder);
  const samples = samplesOf(text);

  expect(samples.get('interlock_store_commits_total{durability="synced"}')).toBe(2);
  expect(samples.get('interlock_store_commits_total{durability="ordered"}')).toBe(3);
  expect(samples.get("interlock_store_records_total")).toBe(5);
  expect(samples.get("interlock_store_log_length")).toBe(5);
  expect(samples.get("interlock_store_epoch")).toBe(1);
  expect(samples.get('interlock_store_failed{code=""}')).toBe(0);
  expect(samples.get('interlock_store_file_bytes{file="write_ahead_log"}')).toBeGreaterThan(0);
  expect(samples.get("interlock_store_last_sync_seconds")).toBeGreaterThan(0);
  for (const name of samples.keys()) expect(text).toMatch(new RegExp(`# HELP ${name.replace(/\{.*/, "")} .+\\n# TYPE `));
});

test("a store that refuses says so, with the code", async () => {
  const folder = scratchFolder();
  const store = openOwned(folder);
  store.limitPages(1);
  await store.append(batchOf("synced", "run_a", "x".repeat(20_000)));

  const samples = samplesOf(storeMetrics(store, folder));

  expect(samples.get('interlock_store_failed{code="E_STORE_FULL"}')).toBe(1);
  expect(samples.get("interlock_store_refused_batches_total")).toBe(1);
});
