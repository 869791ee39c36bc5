import { expect, it } from "vitest";
import type { LabStatus } from "../client.ts";
import { BREAKER_AT_REST } from "../contract/constants.ts";
import { makeWindows } from "../contract/window-fixture.ts";
import { renderSparkline, renderStatus } from "./render-status.ts";

function statusAt(clockMs: number, change: Partial<LabStatus> = {}): LabStatus {
  return {
    instance: "lab-1",
    clockMs,
    epochMs: 0,
    alert: { kind: "inactive" },
    probes: {},
    actions: [],
    configuration: {
      workerCountTarget: 3,
      workerCountReady: 3,
      isRolling: false,
      version: "v1",
      deployedAtMs: -5,
      isFlagOn: true,
      etag: "",
      breakerSettings: BREAKER_AT_REST,
      breakerChangedAtMs: -5,
      throttlePerSecond: 0,
      isNightlyPaused: false,
    },
    ...change,
  };
}

it("a sparkline's lowest block means nothing at all", () => {
  expect(renderSparkline([0, 0.001, 50, 100, 900], 100)).toBe("▁▂▅██");
  expect(renderSparkline([], 1)).toBe("");
});

it("the picture shows rates, latencies, queue, locks, breaker, corrupted rows, billing", () => {
  const picture = renderStatus(
    statusAt(20_000),
    makeWindows(20, () => ({ duplicateRowCount: 7 })),
    { isColoured: false },
  );

  for (const part of [
    "30/s",
    "p95",
    "waiting",
    "lock waits",
    "breaker",
    "7 rows applied more than once",
    "0 of 5 failed",
    "no alert",
  ])
    expect(picture).toContain(part);
});

it("without colour there is no escape sequence, with colour there is", () => {
  const render = (isColoured: boolean): string => renderStatus(statusAt(20_000), makeWindows(20), { isColoured });

  expect(render(false)).not.toContain("\u001b");
  expect(render(true)).toContain("\u001b[32m");
});

it("a recorder that has stopped is said", () => {
  expect(renderStatus(statusAt(40_000), makeWindows(20), { isColoured: false })).toContain(
    "stale: the recorder last wrote 20 s ago",
  );
});

it("before the first window there is a picture too", () => {
  expect(renderStatus(statusAt(300), [], { isColoured: false })).toContain("nothing recorded yet");
});
