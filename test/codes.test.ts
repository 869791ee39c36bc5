import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codes, retiredCodes, stages } from "../src/core/value/codes.ts";
import { type ExitCode, exitCodes } from "../src/core/value/exit-codes.ts";
import { describeCodes } from "./support/describe-codes.ts";
import { isTest, sourcesBelow } from "./support/sources.ts";

const text = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

describe("the one table of codes", () => {
  it("is what docs/exit-codes.md says: `npm run docs:codes` writes it", () => {
    expect(text("docs/exit-codes.md")).toBe(describeCodes());
  });

  it("has its stages in the order of the data's way, each once, and none without a code", () => {
    const inTable = Object.values(codes).map(({ stage }) => stage);

    expect(inTable.filter((stage, index) => stage !== inTable[index - 1])).toEqual(stages);
  });

  it("names each code once: a second entry would silently replace the first", () => {
    const written = text("src/core/value/codes.ts").match(/^ {4}E_[A-Z_]+(?=: \[)/gm) ?? [];

    expect(written.length).toBe(Object.keys(codes).length);
  });

  it("holds no code that nothing gives, and none that was retired", () => {
    // Some codes come only from an implementation of a port, such as another policy engine. The simulated ports give
    // them too.
    const given = ["src", "simulation"]
      .flatMap((folder) => sourcesBelow(folder))
      .filter(({ path }) => !isTest(path) && path !== "src/core/value/codes.ts")
      .flatMap(({ lines }) => lines.flatMap((line) => line.match(/\bE_[A-Z_]+\b/g) ?? []));
    const known = new Set(given);

    expect(Object.keys(codes).filter((code) => !known.has(code))).toEqual([]);
    expect(retiredCodes.filter((code) => code in codes)).toEqual([]);
  });
});

describe("the one table of exit codes", () => {
  it("gives every refusal a number that is in use", () => {
    const reserved = Object.entries(codes).filter(([, { exitCode }]) => exitCodes[exitCode].isReserved);

    expect(reserved).toEqual([]);
  });

  it("keeps the numbers of earlier releases, each with its meaning: a script relies on them", () => {
    const worlds = Object.fromEntries(Object.entries(exitCodes).map(([code, { world }]) => [code, world]));

    expect(worlds).toMatchObject({
      0: "as wanted",
      20: "restored",
      21: "dirty",
      22: "unknown",
      23: "listed",
      24: "listed",
    });
    expect([10, 11, 12, 13, 14, 15].map((code) => exitCodes[code as ExitCode].world)).toEqual(
      Array(6).fill("untouched"),
    );
  });

  it("says of 10 to 19 that nothing was touched, and of 20 to 39 never that", () => {
    const wrong = Object.entries(exitCodes).filter(([code, { world }]) => {
      const number = Number(code);
      if (number < 10 || number >= 40) return false;
      return (world === "untouched") !== number < 20;
    });

    expect(wrong).toEqual([]);
  });
});
