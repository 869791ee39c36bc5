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
  it("of a group is the group's first that fires, under the group's key", () => {
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

  it("of a group that fires is one that fires: others of it may have ended", () => {
    const half = {
      ...group,
      alerts: [
        { ...alert, status: "resolved" },
        { ...alert, labels: { alertname: "Other" } },
      ],
    };

    expect(read(half)).toMatchObject({ value: { status: "firing", name: "Other", key: group.groupKey } });
  });

  it("of a group has the group's state, whatever its alerts say", () => {
    expect(read({ ...group, status: "resolved" })).toMatchObject({ value: { status: "resolved" } });
    expect(read({ ...group, alerts: [{ ...alert, status: "resolved" }] })).toMatchObject({
      value: { status: "firing", name: "HighLatency" },
    });
    expect(read({ ...group, status: "resolved", alerts: [{ labels: {} }] })).toMatchObject({
      value: { status: "resolved", name: "alert", summary: "" },
    });
  });

  it("of a group without a state fires while one of its alerts does", () => {
    const { status: _, ...stateless } = group;
    const over = { ...alert, status: "resolved" };

    expect(read({ ...stateless, alerts: [over, alert] })).toMatchObject({ value: { status: "firing" } });
    expect(read({ ...stateless, alerts: [over, over] })).toMatchObject({ value: { status: "resolved" } });
    expect(read({ ...stateless, alerts: [over, { labels: {} }] })).toMatchObject({ ok: false });
  });

  it("of a group without a key is the same incident when another alert comes first", () => {
    const keyless = { status: "firing", groupLabels: { service: "shop" }, alerts: group.alerts };
    const [one, other] = [read(keyless), read({ ...keyless, alerts: [...group.alerts].reverse() })];

    expect(one.ok && other.ok && one.value.key === other.value.key).toBe(true);
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
    ["a group with a number in it", { status: "firing", alerts: [alert, 7] }, "E_ALERT_INVALID"],
    ["a group of a foreign state", { status: "silenced", alerts: [alert] }, "E_ALERT_INVALID"],
  ])("that is %s is refused", (_, value, code) => {
    expect(read(value)).toMatchObject({ ok: false, error: [{ code }] });
  });

  it("that is no JSON is refused as such", () => {
    expect(parseAlert('{"status":"firing",}')).toMatchObject({ ok: false, error: [{ code: "E_JSON_INVALID" }] });
  });

  it.each([
    ["a measurement that no double holds", '"values":{"A":9.223372036854772e+18}'],
    ["a fingerprint of 64 bits", '"fingerprint":17293822569102704640'],
    ["a key of the machinery", '"constructor":{"name":"Alert"}'],
    ["a key twice where nobody reads it", '"imageURL":"a","imageURL":"b"'],
    ["half a surrogate pair in what is not read", '"silenceURL":"\\ud83d"'],
    ["an annotation that is any number", '"annotations":{"limit":1e999}'],
  ])("is answered though it holds %s", (_, field) => {
    expect(parseAlert(`{"status":"firing","alerts":[{"labels":{"alertname":"Memory"},${field}}]}`)).toMatchObject({
      ok: true,
      value: { status: "firing" },
    });
  });

  it.each([
    ["its state twice", '{"status":"firing","status":"resolved"}', "/status", "found the key `status` twice"],
    ["the state of a member twice", '{"alerts":[{"status":"firing","status":"resolved"}]}', "/alerts/0/status", ""],
    ["its key twice", '{"status":"firing","groupKey":"a","groupKey":"b","alerts":[{}]}', "/groupKey", ""],
    ["its labels twice", '{"status":"firing","labels":{},"labels":{"alertname":"x"}}', "/labels", ""],
    ["a label twice", '{"status":"firing","labels":{"alertname":"a","alertname":"b"}}', "/labels", ""],
    ["half a surrogate pair in a label", '{"status":"firing","labels":{"alertname":"\\ud83d"}}', "/labels", ""],
  ])("that says %s is refused, and told where", (_, text, pointer, message) => {
    expect(parseAlert(text)).toMatchObject({
      ok: false,
      error: [{ code: "E_ALERT_INVALID", pointer, message: expect.stringContaining(message) }],
    });
  });
});
