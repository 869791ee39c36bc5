import { expect, it } from "vitest";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import { boxFingerprint } from "../fixtures/plan.fixture.ts";
import { demandFacts, describeFacts, knownFacts, lookupIn, sameFacts } from "./facts.ts";

const seen: readonly ObservedObject[] = [
  {
    object: "box/a",
    fingerprint: boxFingerprint(0),
    fence: null,
    facts: [
      { name: "box.a.level", value: 1 },
      { name: "box.a.mode", value: "it's on" },
      { name: "box.a.lid", value: null },
    ],
  },
];

it("a fact read outside its domain is not known, not equal to itself, and not recorded", () => {
  expect(lookupIn(seen)("box.a.lid")).toBeUndefined();
  expect(sameFacts(["box.a.lid"], seen, seen)).toBe(false);
  expect(knownFacts(seen).map(({ name }) => name)).toEqual(["box.a.level", "box.a.mode"]);
});

it("a demanded fact quotes text and writes numbers as they are", () => {
  expect(demandFacts(["box.a.level", "box.a.mode"], seen)).toMatch(
    /^box\.a\.level == 1 && box\.a\.mode == ['"].*on['"]$/,
  );
});

it("a fact that was read as something else is described with what was found", () => {
  const why = "found the text `8`, expected a whole number";
  const wrong = seen.map((object) => ({ ...object, facts: [{ name: "box.a.level", value: null, why }] }));

  expect(describeFacts(["box.a.level"], wrong)).toBe(`\`box.a.level\` = unknown (${why})`);
});

it("facts are described to people with text quoted, numbers as they are, and what was not seen as unknown", () => {
  expect(describeFacts(["box.a.level", "box.a.mode", "box.a.lid"], seen)).toMatch(
    /^`box\.a\.level` = 1, `box\.a\.mode` = ['"].*on['"], `box\.a\.lid` = unknown$/,
  );
});
