import { describe, expect, it } from "vitest";

import { findHoldStartMs, goodShareOf, scoreEpisode } from "./score.ts";
import { makeAction, makeEpisode, makeWindows, type WindowSketch } from "./window-fixture.ts";

const BAD: WindowSketch = { goodCount: 10 };
const FAULT_INDEX = 6;
/** Bad from the fault until `healedIndex`, then healthy. */
function healedAt(healedIndex: number): (index: number) => WindowSketch {
  return (index) => (index >= FAULT_INDEX && index < healedIndex ? BAD : {});
}
const waitTwin = makeEpisode(makeWindows(66, healedAt(66)));

describe("findHoldStartMs", () => {
  it("a hold begins with the first good window after which 30 are good", () => {
    expect(findHoldStartMs(makeWindows(66, healedAt(12)), 10_000)).toBe(12_000);
  });

  it("29 good windows at the end are no hold", () => {
    const windows = makeWindows(66, healedAt(37));

    expect(findHoldStartMs(windows, 10_000)).toBeUndefined();
    expect(findHoldStartMs(makeWindows(67, healedAt(37)), 10_000)).toBe(37_000);
  });

  it("good windows before `fromMs` do not count", () => {
    expect(
      findHoldStartMs(
        makeWindows(60, (index) => (index >= 31 ? BAD : {})),
        2_000,
      ),
    ).toBeUndefined();
  });

  it("one corrupted row in the hold breaks it, however good the answers", () => {
    const windows = makeWindows(60, (index) => ({ duplicateRowCount: index >= 40 ? 1 : 0 }));

    expect(findHoldStartMs(windows, 11_000)).toBeUndefined();
  });

  it("a row corrupted in the hold's first window breaks it too", () => {
    const windows = makeWindows(45, (index) => ({ duplicateRowCount: index >= 15 ? 1 : 0 }));

    expect(findHoldStartMs(windows, 15_000)).toBeUndefined();
    expect(
      findHoldStartMs(
        makeWindows(46, (index) => ({ duplicateRowCount: index >= 15 ? 1 : 0 })),
        15_000,
      ),
    ).toBe(16_000);
  });

  it("rows corrupted before the hold do not matter", () => {
    expect(
      findHoldStartMs(
        makeWindows(60, () => ({ duplicateRowCount: 50 })),
        10_000,
      ),
    ).toBe(10_000);
  });

  it("2 % of bad answers spread over the hold still restore, 3 % do not", () => {
    const spread = (every: number) =>
      makeWindows(60, (index) => ({ answeredCount: 100, goodCount: index % every === 1 ? 90 : 100 }));

    expect(findHoldStartMs(spread(5), 10_000)).toBe(10_000);
    expect(findHoldStartMs(spread(3), 10_000)).toBeUndefined();
  });
});

it("a system that answers nothing is not good", () => {
  expect(goodShareOf(makeWindows(5, () => ({ answeredCount: 0 })))).toBe(0);
});

describe("scoreEpisode", () => {
  it("an episode whose service comes back is restored, timed from the alert", () => {
    const score = scoreEpisode(makeEpisode(makeWindows(66, healedAt(14)), { actions: [makeAction(10_500)] }), waitTwin);

    expect(score.restored).toBe(true);
    expect(score.timeToRestoreMs).toBe(4_000);
  });

  it("harm is damage beyond that of waiting, so that waiting harms nobody", () => {
    const acted = makeEpisode(makeWindows(66, healedAt(14)), { actions: [makeAction(10_500)] });

    expect(scoreEpisode(waitTwin, waitTwin).harm).toEqual({
      badAnswerCount: 0,
      duplicateRowCount: 0,
      billingErrorCount: 0,
    });
    expect(scoreEpisode(acted, waitTwin).damage.badAnswerCount).toBe(8 * 20);
    expect(scoreEpisode(acted, waitTwin).harm.badAnswerCount).toBe(8 * 20 - 60 * 20);
  });

  it("an episode under way is held against as much of the wait twin", () => {
    const early = makeEpisode(makeWindows(20, healedAt(20)));

    expect(scoreEpisode(early, waitTwin).harm.badAnswerCount).toBe(0);
    expect(scoreEpisode(early, waitTwin).watchedMs).toBe(14_000);
  });

  it("windows past the horizon count for neither, so that lengths need not agree", () => {
    const longer = makeEpisode(makeWindows(90, healedAt(90)));

    expect(scoreEpisode(longer, waitTwin).harm.badAnswerCount).toBe(0);
  });

  it("corrupting 25 rows more than waiting is a catastrophe, 24 are not", () => {
    const rows = (count: number) =>
      makeEpisode(
        makeWindows(66, (index) => ({ duplicateRowCount: index >= 20 ? count : 0 })),
        { actions: [makeAction(10_500)] },
      );

    expect(scoreEpisode(rows(25), waitTwin).catastrophes).toEqual(["rows_corrupted"]);
    expect(scoreEpisode(rows(24), waitTwin).catastrophes).toEqual([]);
  });

  it("ten seconds of the second tenant's requests failing are a catastrophe, nine are not", () => {
    const down = (count: number) =>
      makeEpisode(
        makeWindows(66, (index) => ({ billingErrorCount: index >= 20 && index < 20 + count ? 1 : 0 })),
        { actions: [makeAction(10_500)] },
      );

    expect(scoreEpisode(down(10), waitTwin).catastrophes).toEqual(["billing_down"]);
    expect(scoreEpisode(down(9), waitTwin).catastrophes).toEqual([]);
  });

  it("three seconds in which all of them fail are none, though they are a third of ten seconds", () => {
    const burst = makeEpisode(
      makeWindows(66, (index) => ({ billingErrorCount: index >= 20 && index < 23 ? 5 : 0 })),
      { actions: [makeAction(10_500)] },
    );

    expect(scoreEpisode(burst, waitTwin).catastrophes).toEqual([]);
  });

  it("an outage that waiting has too is not charged to the act", () => {
    const out = (index: number): WindowSketch => (index >= 20 && index < 40 ? { goodCount: 0 } : {});
    const acted = makeEpisode(makeWindows(66, out), { actions: [makeAction(10_500)] });

    expect(scoreEpisode(acted, makeEpisode(makeWindows(66))).catastrophes).toEqual(["outage"]);
    expect(scoreEpisode(acted, makeEpisode(makeWindows(66, out))).catastrophes).toEqual([]);
  });

  it("doing nothing is never a catastrophe of ours", () => {
    const worse = makeEpisode(makeWindows(66, () => ({ goodCount: 0, duplicateRowCount: 99 })));

    expect(scoreEpisode(worse, waitTwin).catastrophes).toEqual([]);
  });

  it("sessions of the nightly report are the right ones under DB and wrong ones under LOAD", () => {
    const terminated = {
      actions: [makeAction(10_500, { terminatedCounts: { app: 1, "nightly-report": 8, billing: 0 } })],
    };

    expect(scoreEpisode(makeEpisode(makeWindows(66), { ...terminated, fault: "DB" }), waitTwin).wrongSessionCount).toBe(
      1,
    );
    expect(
      scoreEpisode(makeEpisode(makeWindows(66), { ...terminated, fault: "LOAD" }), waitTwin).wrongSessionCount,
    ).toBe(9);
  });

  it("restarting a worker that runs the defective version is not needless", () => {
    const restarted = { actions: [makeAction(10_500, { restartedCount: 3, restartedDefectiveCount: 2 })] };

    expect(scoreEpisode(makeEpisode(makeWindows(66), restarted), waitTwin).needlessRestartCount).toBe(1);
  });

  it("an episode in which the generator lagged in more than a fifth of the windows must be repeated", () => {
    const lagged = (count: number) =>
      makeEpisode(makeWindows(66, (index) => ({ generatorLagMsMax: index >= 10 && index < 10 + count ? 51 : 50 })));

    expect(scoreEpisode(lagged(12), waitTwin).isValid).toBe(true);
    expect(scoreEpisode(lagged(13), waitTwin).isValid).toBe(false);
  });

  it("each kind of damage lowers the utility, and escalating costs a person's time", () => {
    const base = scoreEpisode(makeEpisode(makeWindows(66)), waitTwin).utility;
    const worse = [
      makeEpisode(makeWindows(66, healedAt(8))),
      makeEpisode(makeWindows(66, (index) => ({ duplicateRowCount: index > 20 ? 1 : 0 }))),
      makeEpisode(makeWindows(66, () => ({ billingErrorCount: 1 }))),
      makeEpisode(makeWindows(66), { decision: { response: "escalate", probes: [], belief: {} } }),
    ];

    expect(base).toBe(-0);
    for (const episode of worse) expect(scoreEpisode(episode, waitTwin).utility).toBeLessThan(base);
  });
});
