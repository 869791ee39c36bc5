/**
 * Policies that look before they choose: one move at a time, each from what was observed so far. The shape for an
 * outside agent that runs in this process; over HTTP the same moves are the lab's probe and action API.
 */

import type { ResponseName } from "../contract/actions.ts";
import type { AlertRecord, Policy, PolicyView } from "../contract/episode.ts";
import { PROBE_NAMES, type ProbeName, type ProbeReading } from "../contract/probes.ts";
import { type Outcome, outcomeOf } from "./outcomes.ts";

/** A probe that was read, with its named outcome. */
export interface Observation {
  readonly probe: ProbeName;
  readonly outcome: Outcome;
  readonly reading: ProbeReading | undefined;
}

/** What a policy knows: the alert, and its observations in order. */
export interface Known {
  readonly alert: AlertRecord;
  readonly nowMs: number;
  readonly observations: readonly Observation[];
}

/** The next move: read a probe, or commit to a response (`wait` and `escalate` among them). */
export type Move =
  | { readonly kind: "probe"; readonly probe: ProbeName }
  | { readonly kind: "respond"; readonly response: ResponseName };

/**
 * Makes a policy from a function of what is known to the next move.
 *
 * Reading a probe again tells nothing new, because readings come from windows that are already recorded. So a policy
 * that has not responded after as many moves as there are probes escalates.
 */
export function stepwisePolicy(options: {
  readonly name: string;
  readonly summary: string;
  readonly nextMove: (known: Known) => Move;
}): Policy {
  return {
    name: options.name,
    summary: options.summary,
    needsTruth: false,
    decide: (view) => {
      const observations: Observation[] = [];
      const respond = (response: ResponseName): ReturnType<Policy["decide"]> => ({
        response,
        probes: observations.map(({ probe }) => probe),
        belief: {},
      });
      while (observations.length <= PROBE_NAMES.length) {
        const move = options.nextMove({ alert: view.alert, nowMs: view.nowMs, observations: [...observations] });
        if (move.kind === "respond") return respond(move.response);
        observations.push(observe(view, move.probe));
      }
      return respond("escalate");
    },
  };
}

function observe(view: PolicyView, probe: ProbeName): Observation {
  const reading = view.readProbe(probe);
  return { probe, outcome: outcomeOf(probe, reading), reading };
}
