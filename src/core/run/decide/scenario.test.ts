import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { playScenario } from "../fixtures/scenario.fixture.ts";

const folder = new URL("testdata/", import.meta.url);

describe("scenarios", () => {
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith(".txt"))
    .sort()) {
    it(`happens as written: ${file.replace(".txt", "").replaceAll("-", " ")}`, () => {
      const played = playScenario(readFileSync(new URL(file, folder), "utf8"));

      const told = (list: (step: (typeof played)[number]) => readonly string[]): readonly string[] =>
        played.flatMap((step) => [`> ${step.step.happening}`, ...list(step)]);
      expect(told((step) => step.recorded)).toEqual(told((step) => step.step.expected));
    });
  }
});
