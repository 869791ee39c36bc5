import { bestResponseIn, responseWorth } from "../situation/response-worth.ts";
import type { ProbeStep, Situation } from "../situation/situation.ts";

/**
 * How far a belief is trusted when it is asked what one more look is worth: one time in ten it is taken to be no better
 * than the prior. The search trusts its numbers, so with sharp probes it leaves out every look that those numbers make
 * needless, and with that the guard against wrong numbers.
 */
const shareOfPrior = 0.1;

/**
 * The probes that are still to be read before an act, because all of them together cost less than what the act could
 * lose if the belief is wrong. Only probes that can do no harm, and that something carries out.
 *
 * @param start - the situation before anything was observed
 * @param remaining - what is left of it after the observations
 * @param response - the response that would be chosen now
 * @returns none where reading them all costs as much as what is at stake, or more
 */
export function findCheapLooks(start: Situation, remaining: Situation, response: string): readonly ProbeStep[] {
  const probes = remaining.steps.filter(
    (step): step is ProbeStep =>
      step.kind === "probe" && step.binding !== null && step.catastropheByContext.every((risk) => risk === 0),
  );
  const belief = remaining.contexts.map(
    ({ prior }, c) => (1 - shareOfPrior) * prior + shareOfPrior * (start.contexts[c]?.prior ?? 0),
  );
  const mean = (valueIn: (c: number) => number): number => belief.reduce((sum, p, c) => sum + p * valueIn(c), 0);
  // Side by side they are waited for once: as long as the slowest takes.
  const waits = probes.map(({ waitByContext = [] }) => mean((c) => waitByContext[c] ?? 0));
  const all = probes.reduce((sum, { costByContext }) => sum + mean((c) => costByContext[c] ?? 0), 0);
  const cost = all - waits.reduce((sum, wait) => sum + wait, 0) + Math.max(0, ...waits);
  return cost < mean((c) => regretIn(remaining, response, c)) ? probes : [];
}

/** How much less a response is worth in a context than the best one there. */
function regretIn(situation: Situation, response: string, c: number): number {
  const worthOf = (id: string): number => {
    const found = situation.responses.find((one) => one.id === id);
    return found === undefined ? 0 : responseWorth(situation, found, c);
  };
  return worthOf(bestResponseIn(situation, c)) - worthOf(response);
}
