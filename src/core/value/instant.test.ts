import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareInstants, readInstant } from "./instant.ts";

const two = (value: number): string => String(value).padStart(2, "0");

/** Texts of the form, most of them instants. */
const written = fc
  .record({
    year: fc.integer({ min: 0, max: 9_999 }),
    month: fc.integer({ min: 0, max: 13 }),
    day: fc.integer({ min: 0, max: 32 }),
    hour: fc.integer({ min: 0, max: 24 }),
    minute: fc.integer({ min: 0, max: 60 }),
    second: fc.integer({ min: 0, max: 59 }),
    fraction: fc.constantFrom("", ".5", ".250", ".999999999", ".0001"),
    offset: fc.constantFrom("Z", "+00:00", "-00:00", "+02:00", "-11:30", "+14:00", "+23:59"),
  })
  .map((part) => ({
    ...part,
    text:
      `${String(part.year).padStart(4, "0")}-${two(part.month)}-${two(part.day)}` +
      `T${two(part.hour)}:${two(part.minute)}:${two(part.second)}${part.fraction}${part.offset}`,
  }));

describe("an instant", () => {
  it("is the one that Date reads, in UTC, and nothing else is one", () => {
    fc.assert(
      fc.property(written, ({ text, year, month, day, hour, minute }) => {
        // Date takes February 30 for March 1, and hour 24 for the next day. Calendars repeat after 400 years.
        const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
        const isOne = month >= 1 && month <= 12 && day >= 1 && day <= days && hour <= 23 && minute <= 59;
        const date = isOne ? new Date(text.replace(/(\.\d{3})\d+/, "$1")).toISOString() : "";
        const expected = /^\d/.test(date) ? date.replace(".000Z", "Z") : null;
        return readInstant(text) === expected;
      }),
      { numRuns: 5_000 },
    );
  });

  it("is before another exactly if Date says so", () => {
    fc.assert(
      fc.property(written, written, (one, other) => {
        const [left, right] = [readInstant(one.text), readInstant(other.text)];
        if (left === null || right === null) return compareInstants(one.text, other.text) === undefined;
        const expected = Math.sign(new Date(left).getTime() - new Date(right).getTime());
        return Math.sign(compareInstants(one.text, other.text) ?? Number.NaN) === expected;
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ["2026-11-30t17:00:00.000z", "2026-11-30T17:00:00Z"],
    ["2026-11-30T17:00:00.1239999Z", "2026-11-30T17:00:00.123Z"],
    ["2026-12-01T00:30:00+01:00", "2026-11-30T23:30:00Z"],
    ["0000-02-29T00:00:00Z", "0000-02-29T00:00:00Z"],
  ])("%s is kept as %s", (text, kept) => {
    expect(readInstant(text)).toBe(kept);
    expect(readInstant(kept)).toBe(kept);
  });

  it.each([
    "2016-12-31T23:59:60Z",
    "2026-11-30 17:00:00Z",
    "2026-11-30T17:00:00",
    "2026-11-30T24:00:00Z",
    "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "0000-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "+12026-11-30T17:00:00Z",
    "2026-11-30T17:00Z",
    "2026-11-30T17:00:00,5Z",
    "\u0662026-11-30T17:00:00Z",
    "1764522000",
    "",
    `2026-11-30T17:00:00.${"9".repeat(100_000)}Z`,
  ])("is not %j", (text) => {
    expect(readInstant(text)).toBeNull();
  });
});
