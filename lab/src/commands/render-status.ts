import type { LabStatus } from "../client.ts";
import { DATABASE, LOAD, SLO_LATENCY_MS, WORKER } from "../contract/constants.ts";
import { latencyQuantileMs, type Window } from "../contract/window.ts";

const BARS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const SPARK_WIDTH = 40;
const LABEL_WIDTH = 12;

/** One block a value, scaled to `max`; a value that is not 0 is never shown as the lowest. */
export function renderSparkline(values: readonly number[], max: number): string {
  return values
    .slice(-SPARK_WIDTH)
    .map((value) => {
      const share = max <= 0 ? 0 : Math.min(1, Math.max(0, value / max));
      const index = value > 0 ? Math.max(1, Math.round(share * (BARS.length - 1))) : 0;
      return BARS[index] ?? BARS[0];
    })
    .join("");
}

type Tone = "good" | "bad" | "plain";

function paint(text: string, tone: Tone, isColoured: boolean): string {
  if (!isColoured || tone === "plain") return text;
  return `\u001b[${tone === "good" ? 32 : 31}m${text}\u001b[39m`;
}

interface Row {
  readonly label: string;
  readonly values: readonly number[];
  readonly max: number;
  readonly text: string;
  readonly tone: Tone;
}

function goodShareOf(window: Window): number {
  return window.client.answeredCount === 0 ? 0 : window.client.goodCount / window.client.answeredCount;
}

function describeReasons(window: Window): string {
  const reasons = Object.entries(window.client.reasonCounts).filter(([reason, count]) => reason !== "ok" && count > 0);
  return reasons.length === 0 ? "no errors" : reasons.map(([reason, count]) => `${reason} ${count}`).join(", ");
}

function serviceRows(windows: readonly Window[], last: Window): Row[] {
  const p95 = (window: Window): number => latencyQuantileMs(window.client.latencyCounts, 0.95);
  const good = goodShareOf(last);
  const slotCount = last.fleet.workerCountReady * WORKER.slotCount;
  const busySlots = `${last.fleet.busySlotCountMean.toFixed(1)} of ${slotCount}`;
  return [
    {
      label: "good",
      values: windows.map(goodShareOf),
      max: 1,
      text: `${(good * 100).toFixed(0)} %  (200 in < ${SLO_LATENCY_MS} ms)`,
      tone: good >= 0.98 ? "good" : "bad",
    },
    {
      label: "requests",
      values: windows.map((window) => window.client.offeredCount),
      max: LOAD.faultPerSecond * 1.3,
      text: `${last.client.offeredCount}/s  ${describeReasons(last)}`,
      tone: "plain",
    },
    {
      label: "latency",
      values: windows.map(p95),
      max: 1_000,
      text: `p50 ${latencyQuantileMs(last.client.latencyCounts, 0.5).toFixed(0)} ms  p95 ${p95(last).toFixed(0)} ms`,
      tone: p95(last) > 350 ? "bad" : "plain",
    },
    {
      label: "queue",
      values: windows.map((window) => window.fleet.queueCountMean),
      max: 3 * WORKER.queueCountMax,
      text: `${last.fleet.queueCountMean.toFixed(1)} waiting, ${busySlots} slots busy`,
      tone: last.fleet.queueCountMean > 5 ? "bad" : "plain",
    },
  ];
}

function stateRows(windows: readonly Window[], last: Window): Row[] {
  const { connectionCount } = last.database;
  const connections = Object.values(connectionCount).reduce((sum, count) => sum + count, 0);
  const { app, billing, "nightly-report": nightly } = connectionCount;
  const byUser = `app ${app}, nightly-report ${nightly}, billing ${billing}`;
  const { settings } = last.breaker;
  const opensAt = `${(settings.failureRatio * 100).toFixed(0)} %`;
  return [
    {
      label: "lock waits",
      values: windows.map((window) => window.database.lockWaiterCountMean),
      max: 10,
      text: `${last.database.lockWaiterCountMean.toFixed(1)} sessions waiting`,
      tone: last.database.lockWaiterCountMean > 1 ? "bad" : "plain",
    },
    {
      label: "connections",
      values: windows.map((window) =>
        Object.values(window.database.connectionCount).reduce((sum, count) => sum + count, 0),
      ),
      max: DATABASE.connectionCountMax,
      text: `${connections} of ${DATABASE.connectionCountMax}: ${byUser}`,
      tone: connections >= DATABASE.connectionCountMax ? "bad" : "plain",
    },
    {
      label: "breaker",
      values: windows.map((window) => window.breaker.openShare),
      max: 1,
      text: `open ${(last.breaker.openShare * 100).toFixed(0)} %  (slow > ${settings.slowMs} ms, opens at ${opensAt})`,
      tone: last.breaker.openShare > 0 ? "bad" : "plain",
    },
    {
      label: "corrupted",
      values: windows.map((window) => window.duplicateRowCount),
      max: Math.max(25, last.duplicateRowCount),
      text: `${last.duplicateRowCount} rows applied more than once`,
      tone: last.duplicateRowCount > 0 ? "bad" : "good",
    },
    {
      label: "billing",
      values: windows.map((window) => window.billing.errorCount),
      max: 5,
      text: `${last.billing.errorCount} of ${last.billing.requestCount} failed`,
      tone: last.billing.errorCount > 0 ? "bad" : "good",
    },
  ];
}

function describeAlert(status: LabStatus): string {
  if (status.alert.kind === "inactive") return "no alert";
  return `ALERT since ${((status.clockMs - status.alert.firedAtMs) / 1_000).toFixed(0)} s`;
}

function describeConfiguration(status: LabStatus): string {
  const { configuration } = status;
  const rolling = configuration.isRolling ? " (rolling)" : "";
  const parts = [
    `${configuration.workerCountReady} of ${configuration.workerCountTarget} workers`,
    `${configuration.version}${rolling}, flag ${configuration.isFlagOn ? "on" : "off"}`,
    configuration.throttlePerSecond === 0 ? "no rate limit" : `limit ${configuration.throttlePerSecond}/s`,
    `nightly report ${configuration.isNightlyPaused ? "paused" : "scheduled"}`,
  ];
  return parts.join(" · ");
}

/** The picture of `status`: one line a quantity, the last 40 s to the left, the last second in words. */
export function renderStatus(
  status: LabStatus,
  windows: readonly Window[],
  options: { readonly isColoured: boolean },
): string {
  const alert = paint(describeAlert(status), status.alert.kind === "inactive" ? "good" : "bad", options.isColoured);
  const head = [
    `${status.instance}  ${(status.clockMs / 1_000).toFixed(0)} s  ${alert}`,
    describeConfiguration(status),
    "",
  ];
  const last = windows.at(-1);
  if (last === undefined) return [...head, "nothing recorded yet"].join("\n");
  const staleMs = status.clockMs - last.endMs;
  const rows = [...serviceRows(windows, last), ...stateRows(windows, last)].map((row) => {
    const spark = renderSparkline(row.values, row.max).padStart(SPARK_WIDTH);
    return `${row.label.padEnd(LABEL_WIDTH)}${spark}  ${paint(row.text, row.tone, options.isColoured)}`;
  });
  const acts = status.actions.map(
    (record) => `${(record.startedAtMs / 1_000).toFixed(0).padStart(5)} s  ${record.action.kind}: ${record.detail}`,
  );
  const stale =
    staleMs > 4_000
      ? [paint(`stale: the recorder last wrote ${(staleMs / 1_000).toFixed(0)} s ago`, "bad", options.isColoured)]
      : [];
  return [...head, ...rows, ...stale, ...(acts.length === 0 ? [] : ["", ...acts])].join("\n");
}
