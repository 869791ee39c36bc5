import { invariant } from "../../value/invariant.ts";
import { outcomeIdsOf, type Situation } from "../situation/situation.ts";
import type { ClosedIncident } from "./incident.ts";

/** What is counted in closed incidents. All lists are in the declared order of the situation. */
export interface IncidentCounts {
  readonly incidentCount: number;
  readonly contexts: readonly number[];
  readonly probes: readonly ProbeCounts[];
  readonly responses: readonly ResponseCounts[];
}

/** The answers of one probe or wait. */
export interface ProbeCounts {
  readonly step: string;
  /** `byContext[context][outcome]`. */
  readonly byContext: readonly (readonly number[])[];
  /** Answers that fitted no declared outcome. `noAnswerCount`: probes that did not answer. Neither teaches anything. */
  readonly noneOfTheseCount: number;
  readonly noAnswerCount: number;
}

/** How one response ended. */
export interface ResponseCounts {
  readonly response: string;
  readonly byContext: readonly ResponseCell[];
}

/**
 * One response in one context. Utilities are those of incidents without catastrophe, because a catastrophe replaces
 * them.
 */
export interface ResponseCell {
  readonly count: number;
  readonly catastropheCount: number;
  readonly utilityCount: number;
  readonly utilitySum: number;
  readonly utilitySquareSum: number;
}

/**
 * Counts closed incidents. The order of the incidents changes no count, and the sums only by rounding.
 *
 * Cost: incidents × probes × observations of an incident.
 */
export function countIncidents(situation: Situation, incidents: readonly ClosedIncident[]): IncidentCounts {
  const contextIndexOf = new Map(situation.contexts.map((context, index) => [context.id, index]));
  const contexts = situation.contexts.map(() => 0);
  const cells = situation.responses.map(() =>
    situation.contexts.map(() => ({
      count: 0,
      catastropheCount: 0,
      utilityCount: 0,
      utilitySum: 0,
      utilitySquareSum: 0,
    })),
  );
  for (const incident of incidents) {
    const contextIndex = contextIndexOf.get(incident.context);
    invariant(contextIndex !== undefined, "an incident names a context of its situation");
    contexts[contextIndex] = (contexts[contextIndex] ?? 0) + 1;
    const cell = cells[situation.responses.findIndex((response) => response.id === incident.response)]?.[contextIndex];
    if (cell === undefined) continue;
    cell.count += 1;
    if (incident.catastrophe) {
      cell.catastropheCount += 1;
    } else {
      cell.utilityCount += 1;
      cell.utilitySum += incident.utility;
      cell.utilitySquareSum += incident.utility ** 2;
    }
  }
  return {
    incidentCount: incidents.length,
    contexts,
    probes: situation.steps
      .filter((step) => step.kind !== "try")
      .map((step) => countProbe(situation, step.id, incidents)),
    responses: situation.responses.map((response, index) => ({ response: response.id, byContext: cells[index] ?? [] })),
  };
}

function countProbe(situation: Situation, stepId: string, incidents: readonly ClosedIncident[]): ProbeCounts {
  const step = situation.steps.find((candidate) => candidate.id === stepId);
  invariant(step !== undefined, "counts are of a declared probe");
  const outcomes = outcomeIdsOf(step);
  const byContext = situation.contexts.map(() => outcomes.map(() => 0));
  let noneOfTheseCount = 0;
  let noAnswerCount = 0;
  for (const incident of incidents) {
    const observation = incident.observations.find((candidate) => candidate.step === stepId);
    if (observation === undefined) continue;
    if (observation.outcome === "none_of_these") noneOfTheseCount += 1;
    else if (observation.outcome === "no_answer") noAnswerCount += 1;
    else {
      const row = byContext[situation.contexts.findIndex((context) => context.id === incident.context)];
      const outcomeIndex = outcomes.indexOf(observation.outcome);
      invariant(row !== undefined && outcomeIndex >= 0, "an incident names declared outcomes");
      row[outcomeIndex] = (row[outcomeIndex] ?? 0) + 1;
    }
  }
  return { step: stepId, byContext, noneOfTheseCount, noAnswerCount };
}
