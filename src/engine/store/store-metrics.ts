import { statSync } from "node:fs";
import type { StoreCounters } from "./sqlite/sqlite-store.ts";
import { storePaths } from "./sqlite/open.ts";

/** What a store says of itself. */
export interface MeasuredStore {
  readonly epoch: number;
  length(): number;
  counters(): StoreCounters;
  failure(): { readonly code: string } | null;
}

interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly (readonly [labels: string, value: number])[];
}

/** A store's own health in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export function storeMetrics(store: MeasuredStore, folder: string): string {
  const counters = store.counters();
  const { database } = storePaths(folder);
  const metrics: readonly Metric[] = [
    { name: "interlock_store_commits_total", type: "counter", help: "Commits, by whether they waited for the disk.", samples: [['{durability="synced"}', counters.syncedCommits], ['{durability="ordered"}', counters.orderedCommits]] },
    { name: "interlock_store_batches_total", type: "counter", help: "Batches committed; more than commits where runs share them.", samples: [["", counters.batches]] },
    { name: "interlock_store_records_total", type: "counter", help: "Records appended since this owner opened the store.", samples: [["", counters.records]] },
    { name: "interlock_store_refused_batches_total", type: "counter", help: "Batches refused after a failure.", samples: [["", counters.refusals]] },
    { name: "interlock_store_failed", type: "gauge", help: "1 once the store refuses to write; the code is a label.", samples: [[`{code="${store.failure()?.code ?? ""}"}`, store.failure() === null ? 0 : 1]] },
    { name: "interlock_store_last_sync_seconds", type: "gauge", help: "Wall time of the last synced commit.", samples: [["", counters.lastSyncMs / 1_000]] },
    { name: "interlock_store_epoch", type: "gauge", help: "How often the store was opened by an owner.", samples: [["", store.epoch]] },
    { name: "interlock_store_log_length", type: "gauge", help: "Records in the log.", samples: [["", store.length()]] },
    { name: "interlock_store_file_bytes", type: "gauge", help: "Size of the store's files.", samples: [['{file="database"}', sizeBytes(database)], ['{file="write_ahead_log"}', sizeBytes(`${database}-wal`)]] },
  ];
  return metrics.map(formatMetric).join("");
}

function formatMetric({ name, type, help, samples }: Metric): string {
  const lines = samples.map(([labels, value]) => `${name}${labels} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function sizeBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
