import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BREAKER, BREAKER_AT_REST, BREAKER_CIRCUIT_FAULT, type BreakerSettings } from "../contract/constants.ts";
import {
  admit,
  type Breaker,
  CLOSED_BREAKER,
  recordAnswer,
  withdrawTrial as withdrawSimply,
} from "../processes/breaker.ts";
import { admitRequest, noteAnswer, openBreaker, setBreaker, withdrawTrial } from "./breaker.ts";
import { takeMean } from "./gauge.ts";

type Step =
  | { readonly kind: "ask" | "withdraw"; readonly afterMs: number }
  | { readonly kind: "answer"; readonly afterMs: number; readonly isFailure: boolean }
  | { readonly kind: "set"; readonly afterMs: number; readonly settings: BreakerSettings };

const afterMs = fc.integer({ min: 0, max: 400 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("ask" as const), afterMs }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("answer" as const), afterMs, isFailure: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("withdraw" as const), afterMs }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("set" as const),
      afterMs,
      settings: fc.constantFrom(BREAKER_AT_REST, BREAKER_CIRCUIT_FAULT),
    }),
  },
);

/** What the proxy's own, simple breaker says at each step: its state, and whether it let an asked request pass. */
function runSimple(steps: readonly Step[]): string[] {
  let breaker: Breaker = CLOSED_BREAKER;
  let settings = BREAKER_AT_REST;
  let nowMs = 0;
  return steps.map((at) => {
    nowMs += at.afterMs;
    let passed = "";
    switch (at.kind) {
      case "ask": {
        const asked = admit(breaker, nowMs);
        breaker = asked.breaker;
        passed = String(asked.isAdmitted);
        break;
      }
      case "answer":
        breaker = recordAnswer(breaker, { atMs: nowMs, isFailure: at.isFailure }, settings);
        break;
      case "withdraw":
        breaker = withdrawSimply(breaker);
        break;
      case "set":
        settings = at.settings;
        breaker = CLOSED_BREAKER;
        break;
      default:
        at satisfies never;
    }
    return `${breaker.kind} ${passed}`;
  });
}

function runFast(steps: readonly Step[]): string[] {
  const breaker = openBreaker(0);
  let nowMs = 0;
  return steps.map((at) => {
    nowMs += at.afterMs;
    let passed = "";
    switch (at.kind) {
      case "ask":
        passed = String(admitRequest(breaker, nowMs));
        break;
      case "answer":
        noteAnswer(breaker, at.isFailure, nowMs);
        break;
      case "withdraw":
        withdrawTrial(breaker);
        break;
      case "set":
        setBreaker(breaker, at.settings, nowMs);
        break;
      default:
        at satisfies never;
    }
    return `${breaker.state} ${passed}`;
  });
}

describe("the twin's breaker", () => {
  it("does at every step what the proxy's breaker does", () => {
    const seen = new Set<string>();

    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 160 }), (steps) => {
        const simple = runSimple(steps);
        simple.forEach((said) => seen.add(said.split(" ")[0] ?? ""));
        expect(runFast(steps)).toEqual(simple);
      }),
      { numRuns: 300, seed: 1 },
    );
    expect([...seen].sort()).toEqual(["closed", "half_open", "open"]);
  });

  it("keeps its window right after thousands of answers", () => {
    const steps: Step[] = Array.from({ length: 5_000 }, (_, index) => ({
      kind: "answer",
      afterMs: 11,
      isFailure: index % 5 === 0 || index > 4_700,
    }));

    expect(runFast(steps)).toEqual(runSimple(steps));
  });

  it("measures the time it was not closed", () => {
    const breaker = openBreaker(0);
    for (let index = 0; index < BREAKER.answerCountMin; index++) noteAnswer(breaker, true, 500);
    setBreaker(breaker, BREAKER_AT_REST, 750);

    expect(takeMean(breaker.notClosed, { fromMs: 0, nowMs: 1_000 })).toBe(0.25);
  });
});
