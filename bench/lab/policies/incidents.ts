// Incidents of the lab's twin, and what any response to one of them comes to.
import { RESPONSES, type ResponseName } from "../../../lab/src/contract/actions.ts";
import { EPISODE } from "../../../lab/src/contract/constants.ts";
import type { Episode, PolicyView } from "../../../lab/src/contract/episode.ts";
import { type FaultName, MAIN_FAULTS } from "../../../lab/src/contract/faults.ts";
import { PROBE_NAMES, type ProbeName, readProbe } from "../../../lab/src/contract/probes.ts";
import { scoreEpisode } from "../../../lab/src/contract/score.ts";
import { outcomeOf } from "../../../lab/src/policies/outcomes.ts";
import { runTwinEpisode } from "../../../lab/src/twin/episode.ts";
import { drawFault } from "../../../lab/src/twin/incidents.ts";
import { runResponse } from "../../../lab/src/twin/responses.ts";
import type { Sight } from "./deciders.ts";

/** Which incidents are drawn. */
export type World = "essay" | "wide" | "healthy" | "foreign";

export interface Incident {
  readonly kind: FaultName | "HEALTHY";
  readonly sight: Sight;
  /** Whether one of the situation's own responses is right. */
  readonly isNamed: boolean;
  readonly outcomeOf: (response: string) => Outcome;
}

/** What a response came to. */
export interface Outcome {
  readonly isRestored: boolean;
  readonly isCatastrophe: boolean;
  /** As the situation counts: a catastrophe and a person have their price there. Without the costs of probes. */
  readonly utility: number;
}

/** What the head of the pack's situation says of a person and of a catastrophe. */
const terms = { pageCost: 10, waitShare: 0.25, catastropheUtility: -200 } as const;

/** The incident of a seed; `null` where no alert fires. */
export function drawIncident(world: World, seed: number): Incident | null {
  if (world === "healthy") return healthy(seed);
  const fault = drawFault(world === "essay" ? "essay" : "wide", seed);
  const seen: Sight[] = [];
  const { episode: waiting } = runTwinEpisode({
    fault,
    seed,
    policy: {
      ...waitPolicy,
      decide: (view) => {
        seen.push(sightOf({ seed, isOwnAlert: world !== "foreign", isAlertFiring: true }, view.readProbe));
        return waitPolicy.decide();
      },
    },
  });
  const [sight] = seen;
  if (sight === undefined) return null;
  const known = new Map<string, Outcome>();
  return {
    kind: fault,
    sight,
    isNamed: (MAIN_FAULTS as readonly string[]).includes(fault),
    outcomeOf: (response) => {
      const found = known.get(response) ?? judge(fault, seed, response, waiting);
      known.set(response, found);
      return found;
    },
  };
}

function judge(fault: FaultName, seed: number, response: string, waiting: Episode): Outcome {
  const waited = scoreEpisode(waiting, waiting);
  if (response === "escalate")
    return { isRestored: false, isCatastrophe: false, utility: terms.waitShare * waited.utility - terms.pageCost };
  if (!isResponse(response)) throw new Error(`the lab has no response ${response}`);
  const score = response === "wait" ? waited : scoreEpisode(runResponse(fault, seed, response), waiting);
  const isCatastrophe = score.catastrophes.length > 0;
  return {
    isRestored: score.restored,
    isCatastrophe,
    utility: isCatastrophe ? terms.catastropheUtility : score.utility,
  };
}

/** A system at rest, and an alert that should not have come: the windows before a fault. */
function healthy(seed: number): Incident {
  const { windows, faultAtMs } = runTwinEpisode({ fault: "LOAD", seed, policy: waitPolicy }).episode;
  const before = windows.slice(0, Math.floor((windows.length * faultAtMs) / (faultAtMs + EPISODE.horizonMs)));
  const sight = sightOf({ seed, isOwnAlert: true, isAlertFiring: false }, (probe) =>
    readProbe(probe, before, faultAtMs),
  );
  // Nothing is wrong: whatever is written is of no use. What it costs is not played.
  const outcome = (response: string): Outcome => ({
    isRestored: response === "wait",
    isCatastrophe: false,
    utility: response === "escalate" ? -terms.pageCost : 0,
  });
  return { kind: "HEALTHY", sight, isNamed: false, outcomeOf: outcome };
}

const waitPolicy = {
  name: "wait",
  summary: "",
  needsTruth: false,
  decide: () => ({ response: "wait", probes: [], belief: {} }) as const,
};

function sightOf(what: Pick<Sight, "seed" | "isOwnAlert" | "isAlertFiring">, read: PolicyView["readProbe"]): Sight {
  return {
    ...what,
    isObjectiveMet: () => {
      const [latency, integrity] = [read("latency"), read("integrity")];
      if (latency === undefined || integrity === undefined || latency.isStale) return false;
      return latency.output.goodShare >= 0.98 && integrity.output.duplicateRowsPerSecond <= 0;
    },
    read: (step) => {
      if (!isProbe(step)) return null;
      const outcome = outcomeOf(step, read(step));
      return outcome === "no_answer" ? null : outcome;
    },
  };
}

function isProbe(name: string): name is ProbeName {
  return (PROBE_NAMES as readonly string[]).includes(name);
}

function isResponse(name: string): name is ResponseName {
  return name in RESPONSES;
}
