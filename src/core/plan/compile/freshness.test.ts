import { expect, it } from "vitest";
import { findStaleness } from "./freshness.ts";

const is = { kind: "is", pointer: "/isStale", value: false } as const;
const within = { kind: "within", pointer: "/at", withinMs: 10_000 } as const;
const nowMs = 1_767_225_600_000;

it("a reading is fresh while the declared value stands there", () => {
  expect(findStaleness(is, { isStale: false }, nowMs)).toBeNull();
  expect(findStaleness(is, { isStale: true }, nowMs)).toBe("it is out of date: `/isStale` is true");
});

it.each([
  ["an instant", "2025-12-31T23:59:50Z", "2025-12-31T23:59:49.999Z"],
  ["an instant of another zone", "2026-01-01T00:59:50+01:00", "2026-01-01T00:59:49+01:00"],
  ["seconds since 1970", 1_767_225_590, 1_767_225_589],
  ["milliseconds since 1970", 1_767_225_590_000, 1_767_225_589_999],
])("a reading is fresh while its time, as %s, is not older than declared", (_, fresh, stale) => {
  expect(findStaleness(within, { at: fresh }, nowMs)).toBeNull();
  expect(findStaleness(within, { at: stale }, nowMs)).toMatch(/^it is out of date: it is 11 s old, by `\/at`$/);
});

it.each([
  ["does not show it", {}],
  ["shows null in its place", { isStale: null, at: null }],
  ["shows a text in its place", { isStale: "false", at: "just now" }],
])("a reading that %s is none", (_, output) => {
  expect(findStaleness(is, output, nowMs)).toMatch(/^it is out of date/);
  expect(findStaleness(within, output, nowMs)).toMatch(/^it is out of date/);
});
