// A slice of `npm run mutants` and of `npm run attack`, small enough for every run of the tests.
import { describe, expect, it } from "vitest";
import { readDeclarations } from "../interpreter/declarations.ts";
import { hostilePlans } from "./enumerate.ts";
import { openGate, readDomainData } from "./gate.ts";
import { arrayFacts, packFacts, packFolders } from "./good-plans.ts";
import { runAttack } from "./run-attack.ts";
import { runMutants } from "./run-mutants.ts";

describe("mutants of good plans", () => {
  it("are refused if they are harmful, and accepted if they are not", async () => {
    const request = { packs: [], stride: 61, pairCount: 0, seed: 1, throughDoor: false } as const;

    const { all, harms, disagreements } = await runMutants(request).then((tally) => ({
      all: tally.all,
      harms: tally.harms,
      disagreements: tally.disagreements().map(({ kind, what, example }) => ({ kind, what, example })),
    }));

    expect(disagreements.filter(({ kind }) => kind !== "harmless_refused")).toEqual([]);
    expect(all.harmfulAccepted + all.meaninglessAccepted).toBe(0);
    expect(all.harmlessRefused).toBeLessThanOrEqual(0.05 * all.harmless);
    // Both kinds are there, and so are the harms that only an execution shows.
    expect(Math.min(all.harmful, all.harmless)).toBeGreaterThan(20);
    expect([...harms.keys()]).toEqual(expect.arrayContaining(["precondition", "invariant", "race"]));
  });
});

describe("a hostile proposer", () => {
  it("gets no harmful plan of two steps past the gate, and a grant covers all safe ones", async () => {
    const bounds = { objectsMax: 2, valuesMax: 2, choicesMax: 10 };

    const { counts } = await runAttack({ packs: ["config-file"], depth: 2, unguarded: false, ...bounds });

    const sum = (of: (each: (typeof counts)[number]) => number): number =>
      counts.reduce((total, each) => total + of(each), 0);
    expect(sum(({ unsafe }) => unsafe)).toBeGreaterThan(50);
    expect(sum(({ safe }) => safe)).toBeGreaterThan(50);
    expect(sum(({ unsafeAccepted, meaninglessAccepted }) => unsafeAccepted + meaninglessAccepted)).toBe(0);
    expect(sum(({ safeNeedingApproval }) => safeNeedingApproval)).toBe(0);
  });
});

describe("the gate without its log", () => {
  it("says what the door says", async () => {
    const gate = await openGate(readDomainData(packFolders["config-file"] ?? ""));
    try {
      const facts = packFacts["config-file"] ?? {};
      const plans = [...hostilePlans(readDeclarations(gate.domain), 2, { objectsMax: 1, valuesMax: 2, choicesMax: 9 })];
      const few = plans.filter((_, index) => index % 19 === 0);
      const kinds = new Set<string>();
      for (const { proposal, inputs } of few) {
        const request = { proposal, facts, inputs };

        const [recorded, judged] = [await gate.plan(request), await gate.judge(request)];

        kinds.add(recorded.kind);
        expect(judged).toEqual(recorded);
      }
      expect([...kinds].sort()).toEqual(["planned", "refused"]);
    } finally {
      await gate.close();
    }
  });

  it("refuses what two steps side by side make impossible to expect", async () => {
    const gate = await openGate(readDomainData(packFolders["storage-firmware"] ?? ""));
    try {
      const move = (id: string, host: string, expected: readonly string[]) => ({
        id,
        action: "host.use_path",
        purpose: "",
        kind: "act",
        after: [],
        when: "",
        args: [
          { name: "host", from: "literal", value: JSON.stringify(host) },
          { name: "controller", from: "literal", value: '"b"' },
        ],
        expect: expected,
        onFailure: "rollback",
      });
      const steps = [move("one", "h1", []), move("two", "h2", ["host.h1.path_in_use == 'a'"])];
      const proposal = { format: "interlock.proposal/1", goal: "", summary: "", decline: "", assumptions: [], steps };

      const answer = await gate.judge({ proposal, facts: arrayFacts, inputs: {} });

      expect(answer).toEqual({
        kind: "refused",
        codes: ["E_EFFECT_EXPECT"],
        message:
          "`two` expects what is false once it is done if `one` comes first: " +
          "`host.h1.path_in_use == 'a'`; found `host.h1.path_in_use` = 'b', by `one`",
      });
    } finally {
      await gate.close();
    }
  });
});
