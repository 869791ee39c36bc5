/** The action API of the twin: same actions, same records as the supervisor's, on the virtual clock. */

import type { Action } from "../contract/actions.ts";
import { BREAKER_AT_REST } from "../contract/constants.ts";
import type { ActionRecord } from "../contract/episode.ts";
import { type Role, VERSIONS } from "../contract/window.ts";
import { setBreaker } from "./breaker.ts";
import { cancelClaim, claimsOf } from "./database.ts";
import { deployVersion, scaleFleet } from "./fleet.ts";
import { setThrottle } from "./proxy.ts";
import { pauseNightly, resumeNightly, terminateReport } from "./tenants.ts";
import type { World } from "./world.ts";

type Effect = Pick<
  ActionRecord,
  "outcome" | "detail" | "restartedCount" | "restartedDefectiveCount" | "terminatedCounts"
>;

const NOTHING: Effect = {
  outcome: "done",
  detail: "",
  restartedCount: 0,
  restartedDefectiveCount: 0,
  terminatedCounts: { app: 0, "nightly-report": 0, billing: 0 },
};

/** Begins an action now; `whenDone` gets its record when it has ended, on the virtual clock. */
export function startAction(world: World, action: Action, whenDone: (record: ActionRecord) => void): void {
  const startedAtMs = world.queue.nowMs();
  const end = (effect: Partial<Effect>): void =>
    whenDone({ action, startedAtMs, endedAtMs: world.queue.nowMs(), ...NOTHING, ...effect });
  switch (action.kind) {
    case "scale":
      return scaleFleet(world, action.workerCount, () => end({ detail: `${action.workerCount} workers` }));
    case "terminate_sessions":
      return end(terminateSessions(world, action));
    case "pause_nightly":
      pauseNightly(world);
      return end({ detail: "the nightly report is paused" });
    case "resume_nightly":
      resumeNightly(world);
      return end({ detail: "the nightly report goes on" });
    case "throttle":
      setThrottle(world, action.perSecond);
      return end({ detail: `${action.perSecond} requests/s` });
    case "roll_back":
      return rollBy(world, -1, end);
    case "roll_forward":
      return rollBy(world, 1, end);
    case "set_flag":
      world.fleet.isFlagOn = action.isOn;
      return end({ detail: `flag ${action.isOn ? "on" : "off"}` });
    case "set_breaker":
      setBreaker(world.breaker, { slowMs: action.slowMs, failureRatio: action.failureRatio }, startedAtMs);
      return end({ detail: "breaker set" });
    case "restore_breaker":
      setBreaker(world.breaker, BREAKER_AT_REST, startedAtMs);
      return end({ detail: "breaker as at rest" });
    default:
      return action satisfies never;
  }
}

function rollBy(world: World, delta: 1 | -1, end: (effect: Partial<Effect>) => void): void {
  const { version, newestVersion } = world.fleet;
  const next = VERSIONS[VERSIONS.indexOf(version) + delta];
  if (next === undefined || next > newestVersion)
    return end({ outcome: "failed", detail: `there is no release ${delta < 0 ? "before" : "after"} this one` });
  deployVersion(world, next, (change) =>
    end({ ...change, detail: `${change.restartedCount} workers restarted with ${next}` }),
  );
}

function terminateSessions(world: World, options: { readonly role: Role; readonly countMax: number }): Partial<Effect> {
  const count = terminateOf(world, options);
  return {
    detail: `${count} sessions of ${options.role}`,
    terminatedCounts: { ...NOTHING.terminatedCounts, [options.role]: count },
  };
}

function terminateOf(world: World, options: { readonly role: Role; readonly countMax: number }): number {
  switch (options.role) {
    case "nightly-report":
      return terminateReport(world, options.countMax);
    case "app":
      return terminateApp(world, options.countMax);
    case "billing":
      return 0; // It keeps no session between requests: the chance to meet one is nil.
    default:
      return options.role satisfies never;
  }
}

/** Those that hold or wait for the row fail with their request; idle ones are reopened when next needed. */
function terminateApp(world: World, countMax: number): number {
  const claims = claimsOf(world)
    .filter((claim) => claim.role === "app")
    .slice(0, countMax);
  for (const claim of claims) cancelClaim(world, claim);
  let count = claims.length;
  for (const worker of world.fleet.workers) {
    for (; count < countMax && worker.openConnectionCount > worker.usedConnectionCount; count++) {
      worker.openConnectionCount--;
      world.database.connectionCount.app--;
    }
  }
  return count;
}
