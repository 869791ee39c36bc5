import { describe, expect, it } from "vitest";
import { parseAlert } from "./parse-alert.ts";

const alert = {
  status: "firing",
  labels: { alertname: "HighLatency", service: "shop" },
  annotations: { summary: "slow" },
};
const group = {
  version: "4",
  groupKey: '{}:{alertname="HighLatency"}',
  status: "firing",
  alerts: [alert, { ...alert, labels: { alertname: "Other" } }],
};

function read(value: unknown): ReturnType<typeof parseAlert> {
  return parseAlert(JSON.stringify(value));
}

describe("an alert", () => {
  it("of a group is the group's first, under the group's key", () => {
    expect(read(group)).toEqual({
      ok: true,
      value: {
        key: group.groupKey,
        status: "firing",
        name: "HighLatency",
        summary: "slow",
        labels: [
          { name: "alertname", value: "HighLatency" },
          { name: "service", value: "shop" },
        ],
      },
    });
  });

  it("on its own is identified by its labels, in any order", () => {
    const [one, other] = [read(alert), read({ ...alert, labels: { service: "shop", alertname: "HighLatency" } })];

    expect(one.ok && other.ok && one.value.key === other.value.key).toBe(true);
    expect(read({ ...alert, labels: { ...alert.labels, service: "other" } })).not.toMatchObject({
      value: { key: one.ok ? one.value.key : "" },
    });
  });

  it("takes its own state, or the group's if it has none", () => {
    expect(read({ ...group, alerts: [{ labels: {} }], status: "resolved" })).toMatchObject({
      value: { status: "resolved", name: "alert", summary: "" },
    });
    expect(read({ ...group, alerts: [{ ...alert, status: "resolved" }] })).toMatchObject({
      value: { status: "resolved" },
    });
  });

  it("is told by its description if it has no summary", () => {
    expect(read({ ...alert, annotations: { description: "very slow" } })).toMatchObject({
      value: { summary: "very slow" },
    });
  });

  it.each([
    ["no object", [], "E_ALERT_INVALID"],
    ["an empty group", { status: "firing", alerts: [] }, "E_ALERT_INVALID"],
    ["no state", { labels: {} }, "E_ALERT_INVALID"],
    ["a foreign state", { ...alert, status: "silenced" }, "E_ALERT_INVALID"],
    ["a group of numbers", { status: "firing", alerts: [7] }, "E_ALERT_INVALID"],
  ])("that is %s is refused", (_, value, code) => {
    expect(read(value)).toMatchObject({ ok: false, error: [{ code }] });
  });

  it("that is not strict JSON is refused as such", () => {
    expect(parseAlert('{"status":"firing","status":"resolved"}')).toMatchObject({
      ok: false,
      error: [{ code: "E_JSON_DUPLICATE_KEY" }],
    });
  });
});
