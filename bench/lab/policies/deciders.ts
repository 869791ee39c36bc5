// Ways to decide from the same numbers. Each reads probes until it has seen enough, and names one response.
import { createRandom } from "../../../lab/src/contract/random.ts";
import { beliefAfter, situationAfter } from "../../../src/core/belief/belief.ts";
import { findCheapLooks } from "../../../src/core/belief/explain/cheap-looks.ts";
import type { Observation, Policy } from "../../../src/core/belief/policy.ts";
import { bestResponseIn, responseWorth } from "../../../src/core/belief/situation/response-worth.ts";
import type { ProbeStep, Situation } from "../../../src/core/belief/situation/situation.ts";
import { solveMyopic } from "../../../src/core/belief/solve/comparison-policies.ts";
import { decideSituation } from "../../../src/core/belief/solve/solve-limited.ts";

/** What an incident shows to a decider. */
export interface Sight {
  readonly seed: number;
  /** Whether the alert is one that the situation answers. */
  readonly isOwnAlert: boolean;
  /** Whether the objective of the situation holds. */
  readonly isObjectiveMet: () => boolean;
  /** Whether the rule that raised the alert still holds, as another instrument sees it. */
  readonly isAlertFiring: boolean;
  /** The outcome of a probe; `null` without an answer. */
  readonly read: (step: string) => string | null;
}

/** What was decided, and how many probes were read for it. */
export interface Decided {
  readonly response: string;
  readonly probeCount: number;
}

export interface Decider {
  readonly name: string;
  readonly decide: (sight: Sight) => Decided;
}

/** All deciders over one set of numbers; `numbers` names the draw, for those that draw by chance themselves. */
export function decidersOf(situation: Situation, numbers: number): readonly Decider[] {
  return [
    interlock(situation),
    myopic(situation),
    afterAllProbes("most probable context", situation, (belief) => bestResponseIn(situation, likeliest(belief))),
    afterAllProbes("QMDP", situation, (belief) => bestInMean(situation, belief)),
    afterAllProbes("Thompson", situation, (belief, { seed }) =>
      bestResponseIn(situation, sample(belief, createRandom(seed, `thompson ${numbers}`)())),
    ),
    { name: "average plan", decide: () => ({ response: situation.averagePlan, probeCount: 0 }) },
  ];
}

/** As `interlock respond` decides: terms first, then every cheap look, then the exact policy within the limit. */
function interlock(start: Situation): Decider {
  const known = new Map<string, { readonly remaining: Situation; readonly policy: Policy | null }>();
  const decideAt = (observations: readonly Observation[]) => {
    const key = observations.map(({ step, outcome }) => `${step}=${outcome}`).join(" ");
    const found = known.get(key);
    if (found !== undefined) return found;
    const remaining =
      observations.length === 0 ? { ok: true as const, value: start } : situationAfter(start, observations);
    const decision = remaining.ok ? decideSituation(remaining.value) : remaining;
    const policy = decision.ok && decision.value.kind === "decided" ? decision.value.chosen.policy : null;
    const made = { remaining: remaining.ok ? remaining.value : start, policy };
    known.set(key, made);
    return made;
  };
  return {
    name: "interlock",
    decide: (sight) => {
      const observations: Observation[] = [];
      const end = (response: string): Decided => ({ response, probeCount: observations.length });
      if (!sight.isOwnAlert) return end("escalate");
      // Where two instruments disagree, the outcome is disputed and a person is told.
      if (sight.isObjectiveMet()) return end(sight.isAlertFiring ? "escalate" : "wait");
      for (;;) {
        const { remaining, policy } = decideAt(observations);
        if (policy === null) return end("escalate");
        const probes = probesToRead(start, remaining, policy);
        if (probes.length === 0) return end(policy.kind === "commit" ? policy.response : "escalate");
        const answers = probes.map((step) => ({ step, outcome: sight.read(step) ?? "no_answer" }));
        observations.push(...answers);
        // A look in which nothing answers goes to a person.
        if (answers.every(({ outcome }) => outcome === "no_answer")) return end("escalate");
      }
    },
  };
}

function probesToRead(start: Situation, remaining: Situation, policy: Policy): readonly string[] {
  const act = policy.kind === "commit" ? policy.response : null;
  const isAct = start.responses.some(({ id, kind }) => id === act && kind === "act");
  if (act !== null && isAct) return findCheapLooks(start, remaining, act).map(({ id }) => id);
  return policy.kind === "do" ? [policy.step] : [];
}

/** Looks one step ahead. */
function myopic(situation: Situation): Decider {
  const { policy } = solveMyopic(situation);
  return {
    name: "myopic",
    decide: ({ read }) => {
      let probeCount = 0;
      for (let node = policy; ; ) {
        if (node.kind === "commit") return { response: node.response, probeCount };
        const { step, on } = node;
        const outcome = read(step);
        probeCount += 1;
        const next = on.find((branch) => branch.outcome === outcome)?.then;
        if (next === undefined) return { response: "escalate", probeCount };
        node = next;
      }
    },
  };
}

/** Reads every probe and then chooses by the belief alone. Knows no limit. */
function afterAllProbes(
  name: string,
  situation: Situation,
  choose: (belief: readonly number[], sight: Sight) => string,
): Decider {
  const probes = situation.steps.filter((step): step is ProbeStep => step.kind === "probe");
  return {
    name,
    decide: (sight) => {
      const observations = probes.flatMap(({ id: step }) => {
        const outcome = sight.read(step);
        return outcome === null ? [] : [{ step, outcome }];
      });
      const belief = beliefAfter(situation, observations);
      const probeCount = probes.length;
      return belief.ok
        ? { response: choose(belief.value.probabilityByContext, sight), probeCount }
        : { response: "escalate", probeCount };
    },
  };
}

function likeliest(belief: readonly number[]): number {
  return belief.indexOf(Math.max(...belief));
}

function bestInMean(situation: Situation, belief: readonly number[]): string {
  const worth = situation.responses.map((response) =>
    belief.reduce((sum, p, context) => sum + p * responseWorth(situation, response, context), 0),
  );
  return situation.responses[worth.indexOf(Math.max(...worth))]?.id ?? "escalate";
}

function sample(belief: readonly number[], uniform: number): number {
  let left = uniform;
  const found = belief.findIndex((p) => {
    left -= p;
    return left < 0;
  });
  return found < 0 ? belief.length - 1 : found;
}
