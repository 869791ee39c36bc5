import type { Observation } from "./policy.ts";
import type { ProbeStep, Situation, SituationResponse } from "./situation/situation.ts";
import { likelihoodFloorByDefault } from "./situation/unknown-defaults.ts";

/** The answer that a response gives whose effect was not read back. */
export const notRestored = "not_restored";

/**
 * What is left to decide once responses were carried out and did not bring about what they promised. Each of them is
 * evidence: it counts as a probe that answered `not_restored`, with the probability that the situation declares for it,
 * and it has run its risk of catastrophe. None is done a second time. Each that declares what its undoing is worth can
 * be undone.
 *
 * @param observations - all that counts; a failed response stands among them under its own name
 */
export function afterFailure(situation: Situation, observations: readonly Observation[]): Situation {
  const hasFailed = ({ id, restoresByContext }: SituationResponse): boolean =>
    restoresByContext !== undefined && observations.some(({ step }) => step === id);
  const done = situation.responses.filter(hasFailed);
  if (done.length === 0) return situation;
  const responses = [...situation.responses.filter((response) => !hasFailed(response)), ...done.flatMap(undoing)];
  const isLeft = responses.some(({ id }) => id === situation.averagePlan);
  return {
    ...situation,
    steps: [...situation.steps, ...done.map(checkOf)],
    responses,
    // Each check takes a step of the horizon, and nobody has to choose it.
    horizon: situation.horizon + done.length,
    averagePlan: isLeft ? situation.averagePlan : (situation.escalation ?? responses[0]?.id ?? ""),
  };
}

/** The response that undoes another. No declared name has a blank, so that its own is free. */
function undoing({ id, undo }: SituationResponse): readonly SituationResponse[] {
  if (undo === undefined) return [];
  return [{ kind: "act", id: `undo ${id}`, ...undo, needs: [], binding: null, text: `undo ${id}`, undoes: id }];
}

/** The read-back of a response as a probe. One may fail where it should not, so no context is ever ruled out. */
function checkOf({ id, restoresByContext = [], catastropheByContext }: SituationResponse): ProbeStep {
  const floor = likelihoodFloorByDefault;
  const restores = restoresByContext.map((p) => Math.min(1 - floor, Math.max(floor, p)));
  return {
    kind: "probe",
    id,
    costByContext: restores.map(() => 0),
    catastropheByContext,
    maxUses: 1,
    needs: [],
    spoils: [],
    binding: null,
    classifier: [],
    maxAgeMs: null,
    external: true,
    freshForMs: null,
    outcomes: [
      { id: "restored", likelihoodByContext: restores },
      { id: notRestored, likelihoodByContext: restores.map((p) => 1 - p) },
    ],
  };
}
