/**
 * The engine's own health in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
import { statSync } from "node:fs";
import { endIn } from "../log/run-end.ts";
import { endedStates, type RunListState, unfinishedStates } from "../log/run-index.ts";
import { brokenIn } from "../log/run-invariants.ts";
import type { StoreReader } from "../log/store.ts";
import type { StorePaths } from "../log/store-home.ts";
import type { OwnerMeasure } from "./maintain-store.ts";

/** One metric with its samples. Its labels are in the order in which they are shown. */
export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

/** One value. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * The metrics of a store: what its files show, and what only its owner knows. Without an owner, that part is left out.
 *
 * Cost: does not grow with the log.
 */
export function collectMetrics(
  reader: StoreReader,
  { database }: Pick<StorePaths, "database">,
  owner: OwnerMeasure | null,
): readonly Metric[] {
  return [
    ...storeMetrics(reader, database),
    gauge("interlock_owner_up", "1 while a process owns the store and answers.", owner === null ? 0 : 1),
    ...(owner === null ? [] : ownerMetrics(owner)),
  ];
}

/** The metrics in Prometheus' text format. */
export function formatMetrics(metrics: readonly Metric[]): string {
  return metrics
    .map(({ name, type, help, samples }) => {
      const lines = samples.map(({ labels, value }) => `${name}${formatLabels(labels)} ${value}\n`);
      return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${lines.join("")}`;
    })
    .join("");
}

function storeMetrics(reader: StoreReader, database: string): readonly Metric[] {
  const counts = reader.unfinishedCounts();
  return [
    gauge("interlock_store_log_length", "Records in the log.", reader.end().length),
    gauge("interlock_store_epoch", "How often the store was opened by an owner.", reader.epoch()),
    labelled("gauge", "interlock_store_file_bytes", "Size of the store's files.", "file", [
      ["database", sizeBytes(database)],
      ["write_ahead_log", sizeBytes(`${database}-wal`)],
    ]),
    labelled(
      "gauge",
      "interlock_runs_unfinished",
      "Runs that have not ended; dirty and in_doubt wait for a person.",
      "state",
      unfinishedStates.map((state) => [state, counts.get(state) ?? 0]),
    ),
    ...failureMetrics(reader),
    unacknowledgedMetric(reader),
    invariantMetric(reader),
  ];
}

/** In each state, the newest runs are looked through as far as this, so that the cost has a bound. */
const runsLookedAtMax = 200;

/** States in which a run may have left an invariant broken. */
const brokenStates: readonly RunListState[] = [
  "draining",
  "compensating",
  "in_doubt",
  "dirty",
  "killed",
  "compensated",
  "escalated",
  "stopped",
  "closed",
];

function invariantMetric(reader: StoreReader): Metric {
  const counts = brokenStates.map((state): readonly [string, number] => {
    const rows = reader.runs({ state, beforeSeq: Number.MAX_SAFE_INTEGER, limit: runsLookedAtMax });
    return [state, rows.filter((row) => brokenIn(reader, row).length > 0).length];
  });
  return labelled(
    "gauge",
    "interlock_runs_invariant_broken",
    `Runs among the last ${runsLookedAtMax} of each state that broke an invariant and did not see it hold again.`,
    "state",
    counts,
  );
}

/** Runs that ended in part are looked through as far as this, so that the cost has a bound. */
const runsInPartMax = 1_000;

function failureMetrics(reader: StoreReader): readonly Metric[] {
  const state = "succeeded_in_part";
  const rows = reader.runs({ state, beforeSeq: Number.MAX_SAFE_INTEGER, limit: runsInPartMax });
  const failed = rows.flatMap((row) => endIn(reader, row)?.failed ?? []);
  const touchedCount = failed.filter(({ touched }) => touched).length;
  return [
    gauge(
      "interlock_runs_succeeded_in_part",
      "Runs that reached their ending although steps failed, as the plan tolerates.",
      reader.countOf(state),
    ),
    labelled(
      "gauge",
      "interlock_steps_failed_in_part",
      `Failed steps of the last ${runsInPartMax} such runs, by whether they touched their target and left it so.`,
      "target",
      [
        ["touched", touchedCount],
        ["untouched", failed.length - touchedCount],
      ],
    ),
  ];
}

function unacknowledgedMetric(reader: StoreReader): Metric {
  const counts = endedStates.map((state): readonly [string, number] => {
    const rows = reader.runs({ state, beforeSeq: Number.MAX_SAFE_INTEGER, limit: runsLookedAtMax });
    return [state, rows.filter((row) => endIn(reader, row)?.unacknowledged !== undefined).length];
  });
  return labelled(
    "gauge",
    "interlock_runs_unacknowledged",
    `Runs among the last ${runsLookedAtMax} of each ended state with a call that did not report success.`,
    "state",
    counts,
  );
}

function ownerMetrics(owner: OwnerMeasure): readonly Metric[] {
  return [
    labelled(
      "counter",
      "interlock_store_commits_total",
      "Commits since the owner opened the store, by whether they waited for the disk.",
      "durability",
      [
        ["synced", owner.syncedCommits],
        ["ordered", owner.orderedCommits],
      ],
    ),
    counter(
      "interlock_store_batches_total",
      "Batches committed since then; more than commits where runs share them.",
      owner.batches,
    ),
    counter("interlock_store_records_total", "Records appended since then.", owner.records),
    counter("interlock_store_refused_batches_total", "Batches refused since then, after a failure.", owner.refusals),
    labelled("gauge", "interlock_store_failed", "1 once the store refuses to write; the code is a label.", "code", [
      [owner.failure ?? "", owner.failure === null ? 0 : 1],
    ]),
    gauge("interlock_store_last_sync_seconds", "Wall time of the last synced commit.", owner.lastSyncMs / 1_000),
    labelled(
      "gauge",
      "interlock_engine_halted",
      "1 once the engine has stopped working; the code is a label.",
      "code",
      [[owner.halted ?? "", owner.halted === null ? 0 : 1]],
    ),
    gauge("interlock_engine_runs", "Runs in the engine that have not ended.", owner.runs),
    gauge("interlock_engine_commands", "Calls, readings and timers under way.", owner.commands),
  ];
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, type: "gauge", help, samples: [{ labels: {}, value }] };
}

function counter(name: string, help: string, value: number): Metric {
  return { name, type: "counter", help, samples: [{ labels: {}, value }] };
}

function labelled(
  type: Metric["type"],
  name: string,
  help: string,
  label: string,
  values: readonly (readonly [string, number])[],
): Metric {
  return { name, type, help, samples: values.map(([of, value]) => ({ labels: { [label]: of }, value })) };
}

function formatLabels(labels: MetricSample["labels"]): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeHelp(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function sizeBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
