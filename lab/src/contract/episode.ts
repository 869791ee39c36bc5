import type { Action, ResponseName } from "./actions.ts";
import type { AlertCause } from "./alert.ts";
import type { FaultName } from "./faults.ts";
import type { ProbeName, ProbeReading } from "./probes.ts";
import type { Role, Window } from "./window.ts";

/** Format name of a recorded episode. */
export const EPISODE_FORMAT = "interlock-lab.episode/1";

/** What an action did. Times are ms of the lab's clock. */
export interface ActionRecord {
  readonly action: Action;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: "done" | "failed";
  /** One line for a person. */
  readonly detail: string;
  /** Workers restarted, and how many of them ran the defective version. */
  readonly restartedCount: number;
  readonly restartedDefectiveCount: number;
  readonly terminatedCounts: Readonly<Record<Role, number>>;
}

/** A firing of the alert. */
export interface AlertRecord {
  readonly firedAtMs: number;
  readonly cause: AlertCause;
}

/** One episode: at rest, fault, alert, response, horizon; the same from real processes and from the twin. */
export interface Episode {
  readonly format: typeof EPISODE_FORMAT;
  readonly tier: "processes" | "twin";
  readonly fault: FaultName;
  readonly seed: number;
  readonly policy: string;
  readonly decision: PolicyDecision;
  readonly faultAtMs: number;
  /** The first alert after the fault; absent when none fired within the horizon. */
  readonly alert?: AlertRecord;
  readonly actions: readonly ActionRecord[];
  /** Every window from 0 to the horizon, recorded apart from what probes see: no metric outage touches them. */
  readonly windows: readonly Window[];
}

/** What a policy may look at when the alert fires. */
export interface PolicyView {
  readonly seed: number;
  readonly alert: AlertRecord;
  readonly nowMs: number;
  /** Undefined when nothing was recorded. */
  readonly readProbe: <N extends ProbeName>(probe: N) => ProbeReading<N> | undefined;
  /** The fault, for policies that declare `needsTruth`; undefined for all others. */
  readonly truth: FaultName | undefined;
}

/** A policy's one decision at the alert. */
export interface PolicyDecision {
  readonly response: ResponseName;
  readonly probes: readonly ProbeName[];
  /** Probability of each context, where the policy keeps one. */
  readonly belief: Readonly<Record<string, number>>;
}

/** A built-in policy: pure, so that it runs on the processes and on the twin. */
export interface Policy {
  readonly name: string;
  readonly summary: string;
  readonly needsTruth: boolean;
  readonly decide: (view: PolicyView) => PolicyDecision;
}
