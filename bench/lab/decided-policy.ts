// The pack's decisions as a policy that the lab can play thousands of times: the same situation file and the same
// solver, but without HTTP.
import { readFileSync } from "node:fs";
import { RESPONSES, type ResponseName } from "../../lab/src/contract/actions.ts";
import type { Policy as LabPolicy, PolicyView } from "../../lab/src/contract/episode.ts";
import { PROBE_NAMES, type ProbeName } from "../../lab/src/contract/probes.ts";
import { outcomeOf } from "../../lab/src/policies/outcomes.ts";
import { beliefAfter } from "../../src/core/belief/belief.ts";
import { type Observation, type Policy, policyAfter } from "../../src/core/belief/policy.ts";
import type { Situation } from "../../src/core/belief/situation/situation.ts";
import { readSituation } from "../../src/packs/read-situation.ts";

/** The pack's situation. With `uniform`, the named contexts have equal priors. */
export function packSituation(
  options: { readonly uniform: boolean } = { uniform: process.env["PRIOR"] === "uniform" },
): Situation {
  const file = new URL("../../packs/web-service/situations/latency-spike.yaml", import.meta.url);
  const read = readSituation(readFileSync(file));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  const { situation } = read.value;
  if (!options.uniform) return situation;
  const prior = 0.98 / (situation.contexts.length - 1);
  return {
    ...situation,
    contexts: situation.contexts.map((context) => (context.id === "unknown" ? context : { ...context, prior })),
  };
}

/**
 * Plays a decided policy at the alert, as `interlock respond` does: probes in its order, and escalates what it did not
 * foresee.
 */
export function decidedPolicy(options: {
  readonly name: string;
  readonly summary: string;
  readonly situation: Situation;
  readonly policy: Policy;
}): LabPolicy {
  const { name, summary, situation, policy } = options;
  return { name, summary, needsTruth: false, decide: (view) => play(view, situation, policy) };
}

function play(view: PolicyView, situation: Situation, policy: Policy): ReturnType<LabPolicy["decide"]> {
  const observations: Observation[] = [];
  const respond = (response: ResponseName): ReturnType<LabPolicy["decide"]> => ({
    response,
    probes: observations.flatMap(({ step }) => (isProbe(step) ? [step] : [])),
    belief: beliefOf(situation, observations),
  });
  for (let node: Policy | null = policy; node !== null; node = policyAfter(policy, observations)) {
    if (node.kind === "commit") return respond(isResponse(node.response) ? node.response : "escalate");
    if (!isProbe(node.step)) return respond("escalate");
    const outcome = outcomeOf(node.step, view.readProbe(node.step));
    if (outcome === "no_answer") return respond("escalate");
    observations.push({ step: node.step, outcome });
  }
  return respond("escalate");
}

function beliefOf(situation: Situation, observations: readonly Observation[]): Readonly<Record<string, number>> {
  const belief = beliefAfter(situation, observations);
  return belief.ok
    ? Object.fromEntries(situation.contexts.map(({ id }, index) => [id, belief.value.probabilityByContext[index] ?? 0]))
    : {};
}

function isProbe(name: string): name is ProbeName {
  return (PROBE_NAMES as readonly string[]).includes(name);
}

function isResponse(name: string): name is ResponseName {
  return name in RESPONSES;
}
