import { describe, expect, it } from "vitest";
import { emptySite } from "../core/run/apply/site.ts";
import { systemClock } from "../engine/clock.ts";
import { Engine } from "../engine/engine.ts";
import { HeadMemory } from "../log/head-memory.ts";
import type { LogStore } from "../log/log-store.ts";
import { openReader } from "../log/sqlite/reader.ts";
import { appendAll, batchOf, openOwned, runOf, scratchFolder, valueOf } from "../log/sqlite/store.fixture.ts";
import { storePaths } from "../log/sqlite/store-paths.ts";
import { maintainStore, type OwnerMeasure, readMeasure } from "./maintain-store.ts";
import { collectMetrics, formatMetrics, type Metric } from "./metrics.ts";
import { type Family, parseExposition } from "./parse-exposition.fixture.ts";

async function measure(store: LogStore): Promise<OwnerMeasure> {
  const engine = new Engine(
    {
      store,
      connections: new Map(),
      clock: systemClock,
      resolveSecret: () => Promise.resolve({ ok: true, value: "" }),
      standing: () => Promise.resolve({ kind: "permitted" }),
    },
    { site: emptySite(), runs: new Map() },
  );
  const by = { kind: "person", id: "ada", keyId: null } as const;
  return valueOf(
    readMeasure(
      valueOf(await maintainStore({ engine, store, memory: new HeadMemory(null, store) }, { kind: "measure", by })),
    ),
  );
}

function metricsOf(folder: string, owner: OwnerMeasure | null): ReadonlyMap<string, Family> {
  const reader = valueOf(openReader(folder));
  try {
    return parseExposition(formatMetrics(collectMetrics(reader, storePaths(folder), owner)));
  } finally {
    reader.close();
  }
}

describe("metrics", () => {
  it("count what the store did and which runs have not ended, each with its help and type", async () => {
    const folder = scratchFolder();
    const store = openOwned(folder);
    await appendAll(store, [
      ...runOf("run_a", 3, "succeeded"),
      ...runOf("run_b", 1, null),
      ...runOf("run_c", 0, null),
      batchOf("synced", "run_c", ""),
    ]);
    await appendAll(store, [
      {
        durability: "synced",
        documents: [],
        records: [
          { stream: "run_c", atMs: 1_790_000_000_000, kind: "run_dirty", body: { kind: "run_dirty", runId: "run_c" } },
        ],
      },
    ]);

    const metrics = metricsOf(folder, await measure(store));
    const samples = Object.fromEntries(
      [...metrics].map(([name, family]) => [name, Object.fromEntries(family.samples)]),
    );

    expect(samples).toMatchObject({
      interlock_store_commits_total: { '{durability="synced"}': 6, '{durability="ordered"}': 4 },
      interlock_store_records_total: { "": 10 },
      interlock_store_log_length: { "": 10 },
      interlock_store_epoch: { "": 1 },
      interlock_store_failed: { '{code=""}': 0 },
      interlock_engine_halted: { '{code=""}': 0 },
      interlock_owner_up: { "": 1 },
      interlock_engine_commands: { "": 0 },
      interlock_runs_unfinished: {
        '{state="running"}': 1,
        '{state="dirty"}': 1,
        '{state="in_doubt"}': 0,
        '{state="killed"}': 0,
      },
    });
    expect(samples["interlock_store_file_bytes"]?.['{file="write_ahead_log"}']).toBeGreaterThan(0);
    expect(samples["interlock_store_last_sync_seconds"]?.[""]).toBeGreaterThan(0);
  });

  it("of a store that nobody owns say so, and what its files show", () => {
    const folder = scratchFolder();
    openOwned(folder);

    const metrics = metricsOf(folder, null);

    expect(metrics.get("interlock_owner_up")?.samples.get("")).toBe(0);
    expect(metrics.get("interlock_store_log_length")?.samples.get("")).toBe(0);
    expect(metrics.has("interlock_store_commits_total")).toBe(false);
  });

  it("of a store that refuses say so, with the code", async () => {
    const folder = scratchFolder();
    const store = openOwned(folder, { pagesMax: 1 });
    await store.append(batchOf("synced", "run_a", "x".repeat(20_000)));

    const metrics = metricsOf(folder, await measure(store));

    expect(metrics.get("interlock_store_failed")?.samples.get('{code="E_STORE_FULL"}')).toBe(1);
    expect(metrics.get("interlock_store_refused_batches_total")?.samples.get("")).toBe(1);
  });

  it("escape what a label or a help text may not hold as it is", () => {
    const metric: Metric = {
      name: "m",
      type: "gauge",
      help: "two\nlines \\ and a backslash",
      samples: [{ labels: { path: 'C:\\"x"\n' }, value: 1e-7 }],
    };

    expect([...(parseExposition(formatMetrics([metric])).get("m")?.samples ?? [])]).toEqual([
      ['{path="C:\\\\\\"x\\"\\n"}', 1e-7],
    ]);
  });
});

describe("the oracle", () => {
  it.each([
    ["a sample without a type", "# HELP a b\na 1\n"],
    ["a sample of another family", "# HELP a b\n# TYPE a gauge\nb 1\n"],
    ["the same sample twice", "# HELP a b\n# TYPE a gauge\na 1\na 2\n"],
    ["no line feed at the end", "# HELP a b\n# TYPE a gauge\na 1"],
    ["an empty line", "# HELP a b\n# TYPE a gauge\na 1\n\n"],
    ["a word for a value", "# HELP a b\n# TYPE a gauge\na null\n"],
    ["a quote that is not escaped", '# HELP a b\n# TYPE a gauge\na{x="""} 1\n'],
    ["a counter that is named like a gauge", "# HELP a b\n# TYPE a counter\na 1\n"],
    [
      "a family in two places",
      "# HELP a b\n# TYPE a gauge\na 1\n# HELP c d\n# TYPE c gauge\nc 1\n# HELP a b\n# TYPE a gauge\na 2\n",
    ],
  ])("refuses %s", (_, text) => {
    expect(() => parseExposition(text)).toThrow();
  });
});
