import { expect, it } from "vitest";

import { createSlots } from "./slots.ts";

interface Bench {
  clockMs: number;
  readonly slots: ReturnType<typeof createSlots>;
  readonly started: readonly string[];
  readonly releases: ReadonlyMap<string, () => void>;
  readonly submit: (name: string) => boolean;
}

function setUp(): Bench {
  const started: string[] = [];
  const releases = new Map<string, () => void>();
  const clock = { nowMs: 0 };
  const slots = createSlots({ slotCount: 2, queueCountMax: 2, readNowMs: () => clock.nowMs });
  const submit = (name: string): boolean =>
    slots.submit((release) => {
      started.push(name);
      releases.set(name, release);
    });
  return {
    get clockMs() {
      return clock.nowMs;
    },
    set clockMs(nowMs) {
      clock.nowMs = nowMs;
    },
    slots,
    started,
    releases,
    submit,
  };
}

it("work runs at once while slots are free, then waits, then is refused", () => {
  const bench = setUp();

  const taken = ["a", "b", "c", "d", "e"].map(bench.submit);

  expect(taken).toEqual([true, true, true, true, false]);
  expect(bench.started).toEqual(["a", "b"]);
  expect(bench.slots.readCounts()).toEqual({ queueCount: 2, busyCount: 2 });
});

it("the queue is first in, first out", () => {
  const bench = setUp();
  for (const name of ["a", "b", "c", "d"]) bench.submit(name);

  bench.releases.get("b")?.();
  bench.releases.get("a")?.();

  expect(bench.started).toEqual(["a", "b", "c", "d"]);
});

it("releasing twice frees one slot", () => {
  const bench = setUp();
  for (const name of ["a", "b", "c", "d"]) bench.submit(name);

  bench.releases.get("a")?.();
  bench.releases.get("a")?.();

  expect(bench.started).toEqual(["a", "b", "c"]);
});

it("the integrals are queue length and busy slots over time", () => {
  const bench = setUp();
  for (const name of ["a", "b", "c"]) bench.submit(name);
  bench.clockMs = 2_000;
  bench.releases.get("a")?.();
  bench.clockMs = 3_000;
  bench.releases.get("b")?.();
  bench.releases.get("c")?.();
  bench.clockMs = 9_000;

  expect(bench.slots.readSeconds()).toEqual({ queueSeconds: 2, busySeconds: 6 });
});
