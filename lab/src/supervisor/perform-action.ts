import type { Action } from "../contract/actions.ts";
import { BREAKER_AT_REST, type BreakerSettings } from "../contract/constants.ts";
import type { ActionRecord } from "../contract/episode.ts";
import type { Role } from "../contract/window.ts";
import { LabError } from "../lab-error.ts";
import { type Parts, type SystemState, versionAt } from "./system-parts.ts";

/** What actions and faults work on. */
export interface Context {
  readonly parts: Parts;
  readonly state: SystemState;
  readonly readClockMs: () => number;
}

/** What an action did, before it is stamped with times. */
export type Effect = Partial<Pick<ActionRecord, "restartedCount" | "restartedDefectiveCount" | "terminatedCounts">> & {
  readonly detail: string;
};

const NOTHING_TERMINATED: Readonly<Record<Role, number>> = { app: 0, "nightly-report": 0, billing: 0 };

/** Rolls the fleet to the release at `index`. */
export async function deploy({ parts, state, readClockMs }: Context, index: number): Promise<Effect> {
  const version = versionAt(index);
  state.releaseIndex = index;
  state.releaseIndexMax = Math.max(state.releaseIndexMax, index);
  state.deployedAtMs = readClockMs();
  const change = await parts.fleet.rollTo(version);
  return { ...change, detail: `${change.restartedCount} workers restarted with ${version}` };
}

/** Gives the proxy's breaker new settings. */
export function setBreaker({ parts, state, readClockMs }: Context, settings: BreakerSettings): Effect {
  state.breakerSettings = settings;
  state.breakerChangedAtMs = readClockMs();
  parts.lb.order({ kind: "breaker", settings });
  return { detail: `breaker at ${settings.slowMs} ms, ${settings.failureRatio}` };
}

async function apply(context: Context, action: Action): Promise<Effect> {
  const { parts, state } = context;
  switch (action.kind) {
    case "scale":
      await parts.fleet.scaleTo(action.workerCount);
      return { detail: `${parts.fleet.readState().readyCount} workers serve` };
    case "terminate_sessions": {
      const count = await parts.database.terminateSessions(action.role, action.countMax);
      return {
        detail: `${count} sessions of ${action.role} terminated`,
        terminatedCounts: { ...NOTHING_TERMINATED, [action.role]: count },
      };
    }
    case "pause_nightly":
    case "resume_nightly":
      state.isNightlyPaused = action.kind === "pause_nightly";
      parts.nightly.order({ kind: state.isNightlyPaused ? "pause" : "resume" });
      return {
        detail: state.isNightlyPaused ? "nightly report pauses after its transactions" : "nightly report resumed",
      };
    case "throttle":
      state.throttlePerSecond = action.perSecond;
      parts.lb.order({ kind: "throttle", perSecond: action.perSecond });
      return { detail: action.perSecond === 0 ? "no limit" : `limited to ${action.perSecond} requests/s` };
    case "roll_back":
      if (state.releaseIndex === 0)
        throw new LabError("E_LAB_REFUSED", "there is no release before this one", "roll forward instead");
      return deploy(context, state.releaseIndex - 1);
    case "roll_forward":
      if (state.releaseIndex >= state.releaseIndexMax)
        throw new LabError("E_LAB_REFUSED", "there is no release after this one", "roll back instead");
      return deploy(context, state.releaseIndex + 1);
    case "set_flag":
      state.isFlagOn = action.isOn;
      parts.fleet.setFlag(action.isOn);
      return { detail: `flag order-cache ${action.isOn ? "on" : "off"}` };
    case "set_breaker":
      return setBreaker(context, { slowMs: action.slowMs, failureRatio: action.failureRatio });
    case "restore_breaker":
      return setBreaker(context, BREAKER_AT_REST);
    default:
      return action satisfies never;
  }
}

/** Performs an action and records what it did; a refusal is an outcome, not an exception. */
export async function performAction(context: Context, action: Action): Promise<ActionRecord> {
  const startedAtMs = context.readClockMs();
  const stamp = (outcome: ActionRecord["outcome"], effect: Effect): ActionRecord => ({
    action,
    startedAtMs,
    endedAtMs: context.readClockMs(),
    outcome,
    detail: effect.detail,
    restartedCount: effect.restartedCount ?? 0,
    restartedDefectiveCount: effect.restartedDefectiveCount ?? 0,
    terminatedCounts: effect.terminatedCounts ?? NOTHING_TERMINATED,
  });
  try {
    return stamp("done", await apply(context, action));
  } catch (error) {
    return stamp("failed", { detail: error instanceof Error ? error.message : String(error) });
  }
}
