import { expect, it } from "vitest";
import { intentOfAlert } from "./intent-of-alert.ts";

it("keeps an alert's own words, and says whose they are", () => {
  expect(intentOfAlert({ name: "HighLatency", summary: "p99 is 3 s" })).toEqual({
    text: "HighLatency: p99 is 3 s",
    by: "the sender of the alert",
  });
  expect(intentOfAlert({ name: "HighLatency", summary: "" }).text).toBe("HighLatency");
});

it("cuts a long text, and leaves out one that holds a secret: neither keeps an alert from being answered", () => {
  const long = intentOfAlert({ name: "A", summary: "x".repeat(5_000) }).text;

  expect([long.length, long.at(-1)]).toEqual([1_001, "…"]);
  expect(intentOfAlert({ name: "A", summary: "key AKIAABCDEFGHIJKLMNOP leaked" }).text).toBe("");
});
