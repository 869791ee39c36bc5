import { describe, expect, it } from "vitest";
import { type ResponseName, RIGHT_RESPONSES } from "../contract/actions.ts";
import { backgroundOf, FAULT_NAMES, MAIN_FAULTS } from "../contract/faults.ts";
import { createArrivalSource } from "../contract/load-schedule.ts";
import { POLICIES } from "../policies/index.ts";
import { runTwinEpisode } from "./episode.ts";
import { runResponse, scoreResponses } from "./responses.ts";
import { buildTable, type Cell } from "./table.ts";

const SEEDS = Array.from({ length: 12 }, (_, index) => 101 + index);

describe("determinism", () => {
  it.each(FAULT_NAMES)("the same seed gives the same bytes under %s", (fault) => {
    const policy = POLICIES.find(({ name }) => name === "oracle");
    if (policy === undefined) throw new Error("there is an oracle");

    const first = JSON.stringify(runTwinEpisode({ fault, seed: 7, policy }));
    const second = JSON.stringify(runTwinEpisode({ fault, seed: 7, policy }));

    expect(second).toBe(first);
  });

  it("another seed gives another episode", () => {
    expect(JSON.stringify(runResponse("LOAD", 1, "wait"))).not.toBe(JSON.stringify(runResponse("LOAD", 2, "wait")));
  });

  it.each(["scale_out", "roll_back", "throttle"] as const)(
    "%s changes nothing about which requests arrive when",
    (response) => {
      const offered = (name: ResponseName): number[] =>
        runResponse("LOAD", 5, name).windows.map((window) => window.client.offeredCount);

      expect(offered(response)).toEqual(offered("wait"));
    },
  );

  it("requests after the fault are due exactly when the contract's source of arrivals says for the seed", () => {
    const { windows, faultAtMs } = runResponse("CIRCUIT", 9, "wait");
    const source = createArrivalSource(9, backgroundOf(9).basePerSecond);

    const after = windows.filter((window) => window.startMs >= faultAtMs);
    const expected = after.map(() => 0);
    for (let second = 0, arrival = source.next(); second < after.length; arrival = source.next()) {
      second = Math.floor(arrival.atMs / 1_000);
      expected[second] = (expected[second] ?? 0) + 1;
    }
    expect(after.map((window) => window.client.offeredCount)).toEqual(expected.slice(0, after.length));
  });
});

describe("what separates the responses", () => {
  const scores = MAIN_FAULTS.flatMap((fault) =>
    SEEDS.flatMap((seed) =>
      scoreResponses(fault, seed, ["wait", "scale_out", "terminate_report", "roll_back", "restore_breaker"]),
    ),
  );
  const table = buildTable(scores, "twin");
  const cell = (fault: string, response: string): Cell => {
    const found = table.cells.find((entry) => entry.fault === fault && entry.response === response);
    if (found === undefined) throw new Error(`no cell ${fault} × ${response}`);
    return found;
  };

  it.each(["LOAD", "DB", "CIRCUIT"] as const)(
    "under %s the right response restores, waiting and the wrong one do not",
    (fault) => {
      const { right, wrong } = RIGHT_RESPONSES[fault];

      const restoredRates = [...right, "wait", ...wrong].map((response) => cell(fault, response).restoredRate);
      expect(restoredRates).toEqual([1, 0, 0]);
    },
  );

  it("under BUG the good share tells no response apart: every one is within 0.25 of waiting", () => {
    const gaps = ["scale_out", "terminate_report", "roll_back", "restore_breaker"].map((response) =>
      Math.abs(cell("BUG", response).goodShareAfter - cell("BUG", "wait").goodShareAfter),
    );

    expect(Math.max(...gaps)).toBeLessThan(0.25);
  });

  it("under BUG rows corrupted order the responses: rolling back, waiting, scaling out", () => {
    const corrupted = (response: string): number => cell("BUG", response).duplicateRowCount;

    expect(corrupted("roll_back") + 25).toBeLessThan(corrupted("wait"));
    expect(corrupted("wait") + 25).toBeLessThan(corrupted("scale_out"));
  });

  it("scaling out is a catastrophe under BUG (rows) and under DB (the other tenant), and seldom one under LOAD", () => {
    expect(cell("BUG", "scale_out").catastropheRates.rows_corrupted).toBe(1);
    expect(cell("DB", "scale_out").catastropheRates.billing_down).toBe(1);
    expect(cell("LOAD", "scale_out").catastropheRate).toBeLessThan(0.25);
  });

  it("the right response has the best utility under every main fault", () => {
    for (const fault of MAIN_FAULTS) {
      const utilities = table.cells.filter((entry) => entry.fault === fault);
      const best = utilities.reduce((left, right) => (right.utility > left.utility ? right : left));
      expect(`${fault} ${best.response}`).toBe(`${fault} ${RIGHT_RESPONSES[fault].right[0]}`);
    }
  });
});

describe("the other faults", () => {
  it("a spike passes by itself: waiting restores it", () => {
    expect(SEEDS.map((seed) => scoreResponses("SPIKE", seed, ["wait"])[0]?.restored)).toEqual(SEEDS.map(() => true));
  });

  it("a slow disk is outside every named context: no response restores it", () => {
    const scores = scoreResponses("DISK", 3, [
      "wait",
      "scale_out",
      "terminate_report",
      "roll_back",
      "restore_breaker",
      "pause_nightly",
      "throttle",
      "flag_off",
    ]);

    expect(scores.filter((score) => score.restored)).toEqual([]);
  });

  it("of two faults at once, no single response restores the service", () => {
    const scores = scoreResponses("TWO", 3, ["wait", "scale_out", "terminate_report", "roll_back", "restore_breaker"]);

    expect(scores.filter((score) => score.restored)).toEqual([]);
  });
});
