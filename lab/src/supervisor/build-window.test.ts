import { describe, expect, it } from "vitest";

import { BREAKER_AT_REST } from "../contract/constants.ts";
import { LATENCY_BOUNDS_MS, type Window } from "../contract/window.ts";
import { buildWindow, type ScrapePair } from "./build-window.ts";
import { parsePrometheusText } from "./prometheus-text.ts";

function pairOf(before: string, after: string): ScrapePair {
  return { before: parsePrometheusText(before), after: parsePrometheusText(after) };
}

function build(pairs: readonly ScrapePair[]): Window {
  return buildWindow({
    index: 3,
    startMs: 3_000,
    endMs: 5_000,
    pairs,
    loadAverage: 1.5,
    configuration: {
      workerCountTarget: 3,
      workerCountReady: 3,
      isRolling: false,
      version: "v1",
      deployedAtMs: -5,
      isFlagOn: true,
      breakerSettings: BREAKER_AT_REST,
      breakerChangedAtMs: -5,
      throttlePerSecond: 0,
      isNightlyPaused: false,
    },
  });
}

describe("buildWindow", () => {
  it("counters become increases, and integrals means over the window's length", () => {
    const window = build([
      pairOf(
        'lab_load_offered_total 100\nlab_load_answers_total{reason="ok"} 90\nlab_load_answers_total{reason="full"} 5',
        'lab_load_offered_total 160\nlab_load_answers_total{reason="ok"} 140\nlab_load_answers_total{reason="full"} 12',
      ),
      pairOf("lab_app_queue_seconds_total 10", "lab_app_queue_seconds_total 16"),
      pairOf("lab_app_queue_seconds_total 1", "lab_app_queue_seconds_total 3"),
    ]);

    expect(window.client.offeredCount).toBe(60);
    expect(window.client.reasonCounts).toMatchObject({ ok: 50, full: 7, breaker: 0 });
    expect(window.client.answeredCount).toBe(57);
    expect(window.fleet.queueCountMean).toBe(4);
  });

  it("a process that started within the window counts from nothing", () => {
    expect(build([pairOf("", "lab_app_busy_seconds_total 4")]).fleet.busySlotCountMean).toBe(2);
  });

  it("cumulative histogram buckets become one count a bucket", () => {
    const text = (counts: readonly number[]): string =>
      [...LATENCY_BOUNDS_MS.map((bound) => bound / 1_000), "+Inf"]
        .map((le, index) => `lab_load_latency_seconds_bucket{le="${le}"} ${counts[index] ?? counts.at(-1) ?? 0}`)
        .join("\n");

    const window = build([pairOf(text([0]), text([0, 0, 0, 4, 9, 10]))]);

    expect(window.client.latencyCounts.slice(0, 7)).toEqual([0, 0, 0, 4, 5, 1, 0]);
    expect(window.client.latencyCounts).toHaveLength(LATENCY_BOUNDS_MS.length + 1);
  });

  it("the time a breaker was open is a share, and workers that answered nothing are left out", () => {
    const window = build([
      pairOf(
        "",
        [
          "lab_lb_breaker_open_seconds_total 1.5",
          'lab_lb_upstream_answers_total{worker="app-1"} 4',
          'lab_lb_upstream_seconds_total{worker="app-1"} 0.6',
          'lab_lb_upstream_answers_total{worker="app-2"} 0',
        ].join("\n"),
      ),
    ]);

    expect(window.breaker.openShare).toBe(0.75);
    expect(window.fleet.workers).toEqual([{ id: "app-1", answerCount: 4, latencyMsSum: 600 }]);
  });
});
