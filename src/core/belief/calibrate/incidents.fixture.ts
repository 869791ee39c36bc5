import { parseSituation } from "../situation/parse-situation.ts";
import type { Situation } from "../situation/situation.ts";
import { drawUniform } from "../statistics/scores.fixture.ts";
import type { ClosedIncident } from "./incident.ts";

/** A small situation document: two named contexts, one probe, one response for each context, and a hand-over. */
export const pumpDocument = {
  format: "interlock.situation/1",
  id: "pump",
  catastropheUtility: -100,
  limit: 0.02,
  horizon: 1,
  contexts: [{ id: "CLOGGED", prior: 0.6 }, { id: "WORN", prior: 0.4 }, { id: "unknown" }],
  steps: [
    {
      id: "listen",
      kind: "probe",
      cost: 0.5,
      outcomes: ["hum", "rattle"],
      likelihood: { CLOGGED: [0.8, 0.2], WORN: [0.3, 0.7] },
    },
  ],
  responses: [
    { id: "flush", utility: { CLOGGED: 10, WORN: -5 }, catastrophe: { WORN: 0.1 } },
    { id: "replace", utility: { CLOGGED: 0, WORN: 8 }, catastrophe: 0 },
    { id: "call", kind: "escalate", utility: 1, catastrophe: 0 },
  ],
} as const;

/** The document as a situation. */
export function pump(): Situation {
  const parsed = parseSituation(pumpDocument);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

/** Incidents drawn from the numbers of a situation, without `unknown`. Learning must find these numbers again. */
export function drawIncidents(situation: Situation, count: number, seed: number): readonly ClosedIncident[] {
  const uniform = drawUniform(seed);
  const pick = (weights: readonly number[]): number => {
    let left = uniform() * weights.reduce((sum, weight) => sum + weight, 0);
    const index = weights.findIndex((weight) => (left -= weight) < 0);
    return index < 0 ? weights.length - 1 : index;
  };
  return Array.from({ length: count }, (_, index): ClosedIncident => {
    const c = pick(situation.contexts.map((context) => (context.id === "unknown" ? 0 : context.prior)));
    const observations = situation.steps.flatMap((step) => {
      if (step.kind === "try") return [];
      const outcome = step.outcomes[pick(step.outcomes.map((one) => one.likelihoodByContext[c] ?? 0))];
      return outcome === undefined ? [] : [{ step: step.id, outcome: outcome.id }];
    });
    const response = situation.responses[Math.floor(uniform() * situation.responses.length)];
    return {
      lineNumber: index + 1,
      context: situation.contexts[c]?.id ?? "",
      observations,
      response: response?.id ?? null,
      utility: (response?.utilityByContext[c] ?? 0) + 2 * (uniform() - 0.5),
      catastrophe: uniform() < (response?.catastropheByContext[c] ?? 0),
    };
  });
}

/** Incidents as lines of JSON. */
export function toLines(incidents: readonly ClosedIncident[]): readonly string[] {
  return incidents.map(({ context, observations, response, utility, catastrophe }) =>
    JSON.stringify({
      context,
      observations: Object.fromEntries(observations.map(({ step, outcome }) => [step, outcome])),
      response,
      utility,
      catastrophe,
    }),
  );
}
