import { expect, it } from "vitest";
import { explore } from "../../simulation/kernel/explore.ts";
import { simulate } from "../../simulation/simulate.ts";

// A short part of what the suite does at length. The suite may still find what these miss.

it.each([1, 51, 101, 151])("fifty schedules from seed %i on break no invariant", (fromSeed) => {
  expect(simulate({ fromSeed, schedules: 50, failFast: true }).first).toBeNull();
});

it("no state of two branches at once breaks one", () => {
  expect(
    explore({ planName: "two branches at once", faultCountMax: 0, faults: "any", stateCountMax: 500 }).violation,
  ).toBeNull();
});
