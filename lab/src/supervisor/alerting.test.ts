import { describe, expect, it } from "vitest";

import { ALERT_RULE } from "../contract/alert.ts";
import { makeWindows } from "../contract/window-fixture.ts";
import { type AlertChange, type AlertState, advanceAlert, toWebhook } from "./alerting.ts";

/** Bad from second 10 to second 20. */
const windows = makeWindows(60, (index) => ({ goodCount: index >= 10 && index < 20 ? 5 : 30 }));

function play(): { readonly index: number; readonly change: AlertChange }[] {
  let state: AlertState = { kind: "inactive" };
  return windows.flatMap((_, index) => {
    const advanced = advanceAlert(state, windows.slice(0, index + 1));
    state = advanced.state;
    return advanced.change === "none" ? [] : [{ index, change: advanced.change }];
  });
}

describe("advanceAlert", () => {
  it("an incident fires once and resolves once, after ten quiet windows", () => {
    const changes = play();

    expect(changes.map(({ change }) => change)).toEqual(["fired", "resolved"]);
    const [fired, resolved] = changes;
    expect(fired?.index).toBe(12);
    expect((resolved?.index ?? 0) - 20).toBeGreaterThanOrEqual(ALERT_RULE.resolveAfterCount);
  });

  it("a relapse before it resolved is the same alert", () => {
    const firing: AlertState = {
      kind: "firing",
      firedAtMs: 1,
      cause: { kind: "p95", goodShare: 1, p95Ms: 400 },
      quietCount: 9,
    };

    const advanced = advanceAlert(
      firing,
      makeWindows(20, () => ({ goodCount: 0 })),
    );

    expect(advanced).toEqual({ state: { ...firing, quietCount: 0 }, change: "none" });
  });
});

describe("toWebhook", () => {
  const alert = { firedAtMs: 12_000, cause: { kind: "good_share", goodShare: 0.42, p95Ms: 700 } } as const;
  const lab = { url: "http://127.0.0.1:1", epochMs: Date.UTC(2026, 0, 1), instance: "lab-1" };

  it("a firing alert has Alertmanager's shape and no end", () => {
    const body = toWebhook(alert, lab, undefined);

    expect(body).toMatchObject({
      version: "4",
      status: "firing",
      receiver: "lab",
      groupLabels: { alertname: "CheckoutLatency" },
    });
    expect(body.alerts).toHaveLength(1);
    expect(body.alerts[0]).toMatchObject({
      status: "firing",
      startsAt: "2026-01-01T00:00:12.000Z",
      endsAt: "0001-01-01T00:00:00Z",
    });
  });

  it("the resolved one has the same fingerprint, so that a receiver can match them", () => {
    const [firing, resolved] = [toWebhook(alert, lab, undefined), toWebhook(alert, lab, 40_000)];

    expect(resolved.status).toBe("resolved");
    expect(resolved.alerts[0]?.endsAt).toBe("2026-01-01T00:00:40.000Z");
    expect(resolved.alerts[0]?.fingerprint).toBe(firing.alerts[0]?.fingerprint);
  });

  it("it says what was measured and names no fault", () => {
    expect(JSON.stringify(toWebhook(alert, lab, undefined))).not.toMatch(/LOAD|BUG|CIRCUIT|NETWORK|RETRY|seed/);
  });
});
