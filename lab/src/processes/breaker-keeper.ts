import { BREAKER_AT_REST, type BreakerSettings } from "../contract/constants.ts";
import { admit, type Breaker, CLOSED_BREAKER, isFailure, recordAnswer, withdrawTrial } from "./breaker.ts";

/** A breaker that keeps its own clock and integrates the time it was not closed. */
export interface BreakerKeeper {
  readonly isAdmitted: () => boolean;
  readonly record: (answer: { readonly status: number; readonly reason: string; readonly latencyMs: number }) => void;
  readonly withdraw: () => void;
  readonly set: (next: BreakerSettings) => void;
  readonly readKind: () => Breaker["kind"];
  /** Time spent open or half open since the start. */
  readonly readOpenSeconds: () => number;
}

/** Creates a closed breaker with the settings at rest; `onOpened` is told each time it opens. */
export function createBreakerKeeper(onOpened: () => void): BreakerKeeper {
  let breaker: Breaker = CLOSED_BREAKER;
  let settings: BreakerSettings = BREAKER_AT_REST;
  let openMs = 0;
  let integratedAtMs = performance.now();

  function become(next: Breaker): void {
    const nowMs = performance.now();
    if (breaker.kind !== "closed") openMs += nowMs - integratedAtMs;
    integratedAtMs = nowMs;
    if (breaker.kind !== "open" && next.kind === "open") onOpened();
    breaker = next;
  }

  return {
    isAdmitted: () => {
      const asked = admit(breaker, performance.now());
      become(asked.breaker);
      return asked.isAdmitted;
    },
    record: (answer) =>
      become(recordAnswer(breaker, { atMs: performance.now(), isFailure: isFailure(answer, settings) }, settings)),
    withdraw: () => become(withdrawTrial(breaker)),
    set: (next) => {
      settings = next;
      // New settings judge new answers only: what the old ones saw is forgotten.
      become(CLOSED_BREAKER);
    },
    readKind: () => breaker.kind,
    readOpenSeconds: () => {
      become(breaker);
      return openMs / 1_000;
    },
  };
}
