/** An episode of the twin: at rest, fault, alert, one decision, horizon; the same record as from real processes. */
import { RESPONSES } from "../contract/actions.ts";
import { evaluateAlert } from "../contract/alert.ts";
import { EPISODE } from "../contract/constants.ts";
import {
  type ActionRecord,
  type AlertRecord,
  EPISODE_FORMAT,
  type Episode,
  type Policy,
  type PolicyDecision,
  type PolicyView,
} from "../contract/episode.ts";
import type { FaultName } from "../contract/faults.ts";
import { readProbe } from "../contract/probes.ts";
import type { Window } from "../contract/window.ts";
import { startAction } from "./actions.ts";
import { injectFault } from "./faults.ts";
import { openSimulation, runWindow } from "./simulation.ts";
import type { World } from "./world.ts";

/** An episode, and what it cost to simulate. */
export interface TwinEpisode {
  readonly episode: Episode;
  readonly eventCount: number;
}

/**
 * Simulates one episode. Same options, same bytes. Cost: a few ms.
 *
 * A metric outage has no effect here: the recorder freezes when the alert fires, and that is when the policy reads.
 */
export function runTwinEpisode(options: {
  readonly fault: FaultName;
  readonly seed: number;
  readonly policy: Policy;
}): TwinEpisode {
  const { fault, seed, policy } = options;
  const world = openSimulation({ seed, fault });
  const windows: Window[] = [];
  const actions: ActionRecord[] = [];
  const faultAtMs = EPISODE.warmupMs;
  while (world.queue.nowMs() < faultAtMs) windows.push(runWindow(world));
  injectFault(world);
  let alert: AlertRecord | undefined;
  let decision: PolicyDecision = { response: "wait", probes: [], belief: {} };
  while (world.queue.nowMs() < faultAtMs + EPISODE.horizonMs) {
    windows.push(runWindow(world));
    if (alert !== undefined) continue;
    const cause = evaluateAlert(windows);
    if (cause === undefined) continue;
    alert = { firedAtMs: world.queue.nowMs(), cause };
    decision = decide(policy, { world, alert, windows });
    act(world, decision, actions);
  }
  const episode: Episode = {
    format: EPISODE_FORMAT,
    tier: "twin",
    fault,
    seed,
    policy: policy.name,
    decision,
    faultAtMs,
    ...(alert === undefined ? {} : { alert }),
    actions,
    windows,
  };
  return { episode, eventCount: world.queue.ranCount() };
}

function decide(
  policy: Policy,
  at: { readonly world: World; readonly alert: AlertRecord; readonly windows: readonly Window[] },
): PolicyDecision {
  const nowMs = at.world.queue.nowMs();
  const view: PolicyView = {
    seed: at.world.seed,
    alert: at.alert,
    nowMs,
    readProbe: (probe) => readProbe(probe, at.windows, nowMs),
    truth: policy.needsTruth ? at.world.fault : undefined,
  };
  return policy.decide(view);
}

function act(world: World, decision: PolicyDecision, actions: ActionRecord[]): void {
  const action = RESPONSES[decision.response];
  if (action !== undefined) startAction(world, action, (record) => actions.push(record));
}
