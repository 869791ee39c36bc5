import { describe, expect, it } from "vitest";

import { evaluateAlert } from "./alert.ts";
import { makeWindows } from "./window-fixture.ts";

describe("evaluateAlert", () => {
  it("a healthy system raises no alert", () => {
    expect(evaluateAlert(makeWindows(20))).toBeUndefined();
  });

  it("too few windows raise no alert, however bad", () => {
    expect(evaluateAlert(makeWindows(6, () => ({ goodCount: 0 })))).toBeUndefined();
    expect(evaluateAlert(makeWindows(7, () => ({ goodCount: 0 })))?.kind).toBe("good_share");
  });

  it("a low share of good answers fires even when the latency of what is answered is fine", () => {
    expect(evaluateAlert(makeWindows(20, (index) => ({ goodCount: index >= 10 ? 20 : 30 })))).toMatchObject({
      kind: "good_share",
    });
  });

  it("a high p95 fires even when every answer is good", () => {
    expect(evaluateAlert(makeWindows(20, (index) => ({ latencyMs: index >= 10 ? 450 : 140 })))).toMatchObject({
      kind: "p95",
      goodShare: 1,
    });
  });

  it("one bad second does not fire: the rule must hold for three windows", () => {
    const badSecond = (badIndex: number) => makeWindows(20, (index) => ({ goodCount: index === badIndex ? 0 : 30 }));

    expect(evaluateAlert(badSecond(19))).toBeUndefined();
    expect(evaluateAlert(badSecond(18))).toBeUndefined();
    expect(evaluateAlert(badSecond(17))).toMatchObject({ kind: "good_share" });
  });

  it("windows in which the generator lagged say nothing, unless most of them are such", () => {
    const laggedFrom = (firstIndex: number) =>
      makeWindows(20, (index) => (index >= firstIndex ? { goodCount: 0, generatorLagMsMax: 80 } : {}));

    expect(evaluateAlert(laggedFrom(12))).toBeUndefined();
    expect(evaluateAlert(laggedFrom(8))).toMatchObject({ kind: "good_share" });
  });

  it("requests that nobody answers fire", () => {
    const silent = makeWindows(20).map((window) => ({
      ...window,
      client: {
        ...window.client,
        answeredCount: 0,
        goodCount: 0,
        latencyCounts: window.client.latencyCounts.map(() => 0),
      },
    }));

    expect(evaluateAlert(silent)).toMatchObject({ kind: "good_share", goodShare: 0 });
  });

  it("a system nobody asks anything raises no alert", () => {
    expect(evaluateAlert(makeWindows(20, () => ({ answeredCount: 0 })))).toBeUndefined();
  });
});
