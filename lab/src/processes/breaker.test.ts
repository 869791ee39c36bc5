import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { BREAKER, BREAKER_AT_REST, BREAKER_CIRCUIT_FAULT } from "../contract/constants.ts";
import { admit, type Breaker, CLOSED_BREAKER, isFailure, recordAnswer, withdrawTrial } from "./breaker.ts";

const OPEN: Breaker = { kind: "open", untilMs: 5_000 };
const HALF_OPEN: Breaker = { kind: "half_open", admittedCount: 1, answeredCount: 0, failureCount: 0 };

function answersOf(
  breaker: Breaker,
  count: number,
  options: { readonly failureCount: number; readonly atMs: number },
): Breaker {
  let state = breaker;
  for (let index = 0; index < count; index++) {
    state = recordAnswer(
      state,
      { atMs: options.atMs + index, isFailure: index < options.failureCount },
      BREAKER_AT_REST,
    );
  }
  return state;
}

describe("isFailure", () => {
  const settings = { slowMs: 160, failureRatio: 0.5 };

  it("slow answers and server errors fail; a quick 200 does not", () => {
    expect(isFailure({ status: 200, latencyMs: 160, reason: "ok" }, settings)).toBe(false);
    expect(isFailure({ status: 200, latencyMs: 161, reason: "ok" }, settings)).toBe(true);
    expect(isFailure({ status: 504, latencyMs: 1, reason: "timeout" }, settings)).toBe(true);
    expect(isFailure({ status: 500, latencyMs: 1, reason: "too_many_clients" }, settings)).toBe(true);
  });

  it("a worker's own shedding does not open the breaker", () => {
    expect(isFailure({ status: 503, latencyMs: 1, reason: "full" }, settings)).toBe(false);
  });
});

describe("the breaker's transitions", () => {
  it("closed admits everything", () => {
    expect(admit(CLOSED_BREAKER, 0)).toEqual({ breaker: CLOSED_BREAKER, isAdmitted: true });
  });

  it("closed stays closed until there are enough answers to judge", () => {
    expect(answersOf(CLOSED_BREAKER, BREAKER.answerCountMin - 1, { failureCount: 99, atMs: 0 }).kind).toBe("closed");
    expect(answersOf(CLOSED_BREAKER, BREAKER.answerCountMin, { failureCount: 99, atMs: 0 }).kind).toBe("open");
  });

  it("closed opens when the share of failures reaches the ratio, and not below", () => {
    expect(answersOf(CLOSED_BREAKER, 20, { failureCount: 7, atMs: 0 }).kind).toBe("closed");
    expect(answersOf(CLOSED_BREAKER, 16, { failureCount: 8, atMs: 0 }).kind).toBe("open");
  });

  it("failures older than the rolling window are forgotten", () => {
    const failing = answersOf(CLOSED_BREAKER, 14, { failureCount: 14, atMs: 0 });

    expect(answersOf(failing, 30, { failureCount: 0, atMs: BREAKER.rollingMs + 20 }).kind).toBe("closed");
    expect(recordAnswer(failing, { atMs: 100, isFailure: true }, BREAKER_AT_REST).kind).toBe("open");
  });

  it("open refuses until its time is over, then lets one trial through", () => {
    expect(admit(OPEN, 4_999)).toEqual({ breaker: OPEN, isAdmitted: false });
    expect(admit(OPEN, 5_000)).toEqual({ breaker: HALF_OPEN, isAdmitted: true });
  });

  it("open ignores answers to requests from before it opened", () => {
    expect(recordAnswer(OPEN, { atMs: 1, isFailure: true }, BREAKER_AT_REST)).toBe(OPEN);
  });

  it("half open closes after its trials succeeded", () => {
    expect(answersOf(HALF_OPEN, BREAKER.trialCount - 1, { failureCount: 0, atMs: 0 }).kind).toBe("half_open");
    expect(answersOf(HALF_OPEN, BREAKER.trialCount, { failureCount: 0, atMs: 0 })).toEqual(CLOSED_BREAKER);
  });

  it("half open opens again when failures reach the ratio, at the tight setting with the first one", () => {
    const failure = { atMs: 10, isFailure: true };

    expect(recordAnswer(HALF_OPEN, failure, BREAKER_AT_REST).kind).toBe("half_open");
    expect(recordAnswer(HALF_OPEN, failure, BREAKER_CIRCUIT_FAULT)).toEqual({
      kind: "open",
      untilMs: 10 + BREAKER.openMs,
    });
  });

  it("a trial whose client went away gives its place back", () => {
    expect(withdrawTrial(HALF_OPEN)).toEqual({ ...HALF_OPEN, admittedCount: 0 });
    expect(withdrawTrial({ ...HALF_OPEN, answeredCount: 1 })).toEqual({ ...HALF_OPEN, answeredCount: 1 });
    expect(withdrawTrial(OPEN)).toBe(OPEN);
    expect(withdrawTrial(CLOSED_BREAKER)).toBe(CLOSED_BREAKER);
  });
});

it("whatever happens, half open never has more than its trials under way, and time always reopens the way", () => {
  const input = fc.oneof(
    fc.record({ kind: fc.constant("ask" as const), afterMs: fc.nat(2_000) }),
    fc.record({ kind: fc.constant("answer" as const), afterMs: fc.nat(50), isFailure: fc.boolean() }),
    fc.record({ kind: fc.constant("withdraw" as const), afterMs: fc.nat(50) }),
  );
  fc.assert(
    fc.property(fc.array(input, { maxLength: 200 }), (inputs) => {
      let state: Breaker = CLOSED_BREAKER;
      let nowMs = 0;
      for (const step of inputs) {
        nowMs += step.afterMs;
        if (step.kind === "ask") state = admit(state, nowMs).breaker;
        else if (step.kind === "answer")
          state = recordAnswer(state, { atMs: nowMs, isFailure: step.isFailure }, BREAKER_AT_REST);
        else state = withdrawTrial(state);
        if (state.kind === "half_open") expect(state.admittedCount).toBeLessThanOrEqual(BREAKER.trialCount);
        if (state.kind === "open") expect(admit(state, nowMs + BREAKER.openMs).isAdmitted).toBe(true);
      }
    }),
  );
});
