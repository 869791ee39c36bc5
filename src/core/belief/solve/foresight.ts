import type { Lane } from "./lanes.ts";
import type { Layers } from "./layers.ts";

/**
 * What each context could score at most after the last layer, if it were known and no limit held: the best response, or
 * a step and then the best again, as often as the horizon still allows and whatever the step needs. No policy scores
 * more there. (A bound by knowing the hidden state; Hauskrecht 2000.)
 */
export function foresee({ canonical, depth }: Layers, lane: Lane): Float64Array {
  const { responses, steps, situation, countsEscalations } = canonical;
  const riskPrice = lane.goal.kind === "priced" ? lane.goal.riskPrice : 0;
  const respond = canonical.prior.map((_, c) =>
    Math.max(
      ...responses.map(({ source, worth, catastrophe }) => {
        const isCounted = countsEscalations || source.kind === "act";
        return (worth[c] ?? 0) - (isCounted ? riskPrice * (catastrophe[c] ?? 0) : 0);
      }),
    ),
  );
  let best = respond;
  for (let left = situation.horizon - depth; left > 0; left -= 1) {
    const after = best;
    best = respond.map((score, c) =>
      steps.reduce((most, { gain, catastrophe, goesOn }, s) => {
        if (s === lane.without) return most;
        const own = (gain[c] ?? 0) - riskPrice * (catastrophe[c] ?? 0);
        return Math.max(most, own + (goesOn[c] ?? 0) * (after[c] ?? 0));
      }, score),
    );
  }
  return best;
}
