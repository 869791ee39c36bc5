import { RESPONSES, type ResponseName } from "../contract/actions.ts";
import {
  type ActionRecord,
  type AlertRecord,
  EPISODE_FORMAT,
  type Episode,
  type PolicyDecision,
} from "../contract/episode.ts";
import { type FaultName, mechanismsOf } from "../contract/faults.ts";
import type { Window } from "../contract/window.ts";

/** What only the referee may know: the fault, its seed, and windows that no metric outage touches. */
export interface GroundTruth {
  readonly noteFault: (fault: FaultName, seed: number, atMs: number) => void;
  readonly noteAlert: (alert: AlertRecord) => void;
  readonly noteAction: (record: ActionRecord) => void;
  readonly noteEscalation: () => void;
  readonly hasFault: () => boolean;
  /** How many of the windows the public may see. */
  readonly visibleCount: (windowCount: number) => number;
  /** The episode so far; undefined before a fault was injected. */
  readonly toEpisode: (
    windows: readonly Window[],
    policy: { readonly name: string; readonly decision?: PolicyDecision },
  ) => Episode | undefined;
}

/** The response whose action was taken first, for an agent that is no built-in policy. */
function responseOf(actions: readonly ActionRecord[], hasEscalated: boolean): ResponseName {
  const kind = actions[0]?.action.kind;
  // Object.entries loses the key type; the table is declared over ResponseName.
  const entries = Object.entries(RESPONSES) as readonly (readonly [ResponseName, (typeof RESPONSES)[ResponseName]])[];
  return (
    entries.find(([, action]) => action !== undefined && action.kind === kind)?.[0] ??
    (hasEscalated ? "escalate" : "wait")
  );
}

/** Starts with nothing known. */
export function createGroundTruth(): GroundTruth {
  let fault: { readonly name: FaultName; readonly seed: number; readonly atMs: number } | undefined;
  let alert: AlertRecord | undefined;
  let frozenCount: number | undefined;
  let windowCountSeen = 0;
  let hasEscalated = false;
  let actions: readonly ActionRecord[] = [];
  return {
    noteFault: (name, seed, atMs) => {
      fault = { name, seed, atMs };
    },
    noteAlert: (record) => {
      if (fault === undefined || record.firedAtMs < fault.atMs || alert !== undefined) return;
      alert = record;
      if (mechanismsOf(fault.name, fault.seed).some((mechanism) => mechanism.kind === "metric_outage"))
        frozenCount = windowCountSeen;
    },
    noteAction: (record) => {
      actions = [...actions, record];
    },
    noteEscalation: () => {
      hasEscalated = true;
    },
    hasFault: () => fault !== undefined,
    visibleCount: (windowCount) => {
      windowCountSeen = windowCount;
      return frozenCount ?? windowCount;
    },
    toEpisode: (windows, policy) => {
      if (fault === undefined) return undefined;
      const faultAtMs = fault.atMs;
      const since = actions.filter((record) => record.startedAtMs >= faultAtMs);
      return {
        format: EPISODE_FORMAT,
        tier: "processes",
        fault: fault.name,
        seed: fault.seed,
        policy: policy.name,
        decision: policy.decision ?? { response: responseOf(since, hasEscalated), probes: [], belief: {} },
        faultAtMs,
        ...(alert === undefined ? {} : { alert }),
        actions: since,
        windows,
      };
    },
  };
}
