import { readFileSync } from "node:fs";
import { run as runCel } from "@bufbuild/cel";
import { describe, expect, it } from "vitest";
import { requestOf } from "../../../../test/support/proposals.ts";
import { readYaml } from "../../../packs/yaml.ts";
import { mergePolicy } from "../../belief/explain/merge.ts";
import { countPolicyNodes, type Policy } from "../../belief/policy.ts";
import { readCard } from "../../belief/situation/read-card.fixture.ts";
import type { Situation } from "../../belief/situation/situation.ts";
import { evaluatePolicy } from "../../belief/solve/evaluate-policy.ts";
import { policyHistories } from "../../belief/solve/policy-histories.ts";
import { decideSituation } from "../../belief/solve/solve-limited.ts";
import type { Domain } from "../../domain/domain.ts";
import { parseDomain } from "../../domain/parse-domain.ts";
import type { JsonObject } from "../../value/json-value.ts";
import { draftPlan } from "../compile/compile.ts";
import type { PlanStep } from "../plan.ts";
import { type PolicyProposal, policyToProposal } from "./from-policy.ts";
import { type PlanOutcome, type RiskRow, type RiskTable, riskTableOf } from "./risk-table.ts";

const cards = ["s0-two-context", "s1-latency-spike", "s3-suspicious-host"] as const;

/** The card with every step and response bound: probes to `look.ID`, everything else to scaling a deployment. */
function bound(name: (typeof cards)[number]): Situation {
  const { situation } = readCard(name);
  const scale = (replicas: number) => ({
    action: "k8s.scale",
    args: [literal("deploy", "web"), literal("replicas", replicas)],
  });
  const look = (id: string) => ({ action: `look.${id}`, args: [literal("deploy", "web")] });
  return {
    ...situation,
    steps: situation.steps.map((step) =>
      step.kind === "try"
        ? { ...step, binding: scale(1), check: look(`${step.id}.check`) }
        : { ...step, binding: look(step.id) },
    ),
    responses: situation.responses.map((response, index) => ({ ...response, binding: scale(index + 2) })),
  };
}

function literal(name: string, value: unknown) {
  return { name, from: "literal" as const, value: JSON.stringify(value) };
}

/** The shop, able to look at everything the situation asks. */
function domainFor(situation: Situation): Domain {
  const yaml = readYaml(readFileSync(new URL("../../../../test/hostile/pack/domain.yaml", import.meta.url), "utf8"));
  if (!yaml.ok) throw new Error("the shop is not YAML");
  // The shop is an object whose actions are one too.
  const shop = yaml.value as JsonObject & { readonly actions: JsonObject };
  const load = shop.actions["k8s.load"] as JsonObject;
  const looks = situation.steps.map((step) => {
    const [id, outcomes] =
      step.kind === "try"
        ? [`${step.id}.check`, ["fixed", "not_fixed"]]
        : [step.id, step.outcomes.map((outcome) => outcome.id)];
    return [
      `look.${id}`,
      { ...load, outcomes: outcomes.map((name, index) => ({ name, when: `output.rate == ${index}` })) },
    ] as const;
  });
  const domain = parseDomain({ ...shop, actions: { ...shop.actions, ...Object.fromEntries(looks) } });
  if (!domain.ok) throw new Error(JSON.stringify(domain.error));
  return domain.value;
}

function decidedPolicy(situation: Situation): Policy {
  const decided = decideSituation(situation);
  if (!decided.ok || decided.value.kind !== "decided") throw new Error("was not decided");
  return decided.value.chosen.policy;
}

function proposed(situation: Situation, policy: Policy): PolicyProposal {
  const made = policyToProposal(situation, policy, domainFor(situation));
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  return made.value;
}

function compiled(situation: Situation, policy: Policy): readonly PlanStep[] {
  const draft = draftPlan(requestOf(proposed(situation, policy).proposal, { domain: domainFor(situation) }));
  if (!draft.ok) throw new Error(JSON.stringify(draft.error, null, 1));
  return draft.value.plan.steps;
}

/**
 * Runs a plan's branches by the definition of `after` and `when`, with a foreign CEL implementation; gives the steps
 * that ran.
 */
function runBranches(steps: readonly PlanStep[], answers: ReadonlyMap<string, string>): readonly string[] {
  const outcomes: Record<string, string> = {};
  const ran: string[] = [];
  for (const step of steps) {
    const runs =
      step.when === "" ? step.after.every((id) => outcomes[id] !== "not_run") : runCel(step.when, outcomes) === true;
    if (!runs) outcomes[step.id] = "not_run";
    else {
      ran.push(step.id);
      outcomes[step.id] =
        answers.get(step.id) ?? (step.kind === "wait" ? "elapsed" : step.kind === "act" ? "done" : "ended");
    }
  }
  return ran;
}

describe("policyToProposal", () => {
  it.each(cards)("a decided policy passes the ordinary compiler: %s", (name) => {
    const situation = bound(name);
    const policy = decidedPolicy(situation);

    const steps = compiled(situation, policy);

    const tries = mergePolicy(policy).nodes.filter(
      (node) => node.kind === "do" && situation.steps.some((step) => step.id === node.step && step.kind === "try"),
    ).length;
    // One step a node and one more a `try`; the end and the compiler's `escalate` for silent probes come on top.
    expect(steps.filter((step) => !["end", "escalate"].includes(step.id)).length).toBeGreaterThanOrEqual(
      countPolicyNodes(policy) + tries - 1,
    );
    expect(steps.filter((step) => step.kind === "end")).toHaveLength(1);
  });

  it.each(cards)(
    "whatever the probes answer, the plan ends in the response the policy has there, in exactly one ending: %s",
    (name) => {
      const situation = bound(name);
      const policy = decidedPolicy(situation);
      const made = proposed(situation, policy);
      const steps = compiled(situation, policy);

      for (const { history, policy: rest } of policyHistories(situation, policy)) {
        if (rest.kind !== "commit") continue;
        const ran = runBranches(steps, answersOf(policy, made, history));

        const responses = situation.responses.filter((response) =>
          ran.some((id) => id === response.id || id.startsWith(`${response.id}_`)),
        );
        expect(responses.map((response) => response.id)).toEqual([rest.response]);
        expect(
          ran.filter((id) => ["end", "escalate"].includes(steps.find((step) => step.id === id)?.kind ?? "")),
        ).toHaveLength(1);
      }
    },
  );

  it("a fixed `try` ends the run, and a probe that does not answer escalates", () => {
    const situation = bound("s1-latency-spike");
    const steps = compiled(situation, decidedPolicy(situation));

    expect(
      runBranches(
        steps,
        new Map([
          ["check_deploys", "recent"],
          ["try_flag_off_check", "fixed"],
        ]),
      ),
    ).toEqual(["check_deploys", "try_flag_off", "try_flag_off_check", "end"]);
    const silent = runBranches(steps, new Map([["check_deploys", "no_answer"]]));
    expect(steps.find((step) => step.id === silent.at(-1))?.kind).toBe("escalate");
    expect(silent).toHaveLength(2);
  });

  it("a node with several ways in waits for all of them and asks which came", () => {
    const situation = bound("s1-latency-spike");
    const { proposal } = proposed(situation, decidedPolicy(situation));

    const joined = proposal.steps.find((step) => step.id === "throttle_and_fix_db");

    expect(joined?.after).toHaveLength(2);
    expect(joined?.when).toBe(`${joined?.after[0]} == 'contention' || ${joined?.after[1]} == 'contention'`);
  });

  it("what cannot be bound, has no length or has other outcomes is refused with its place, all at once", () => {
    const situation = bound("s1-latency-spike");
    const broken: Situation = {
      ...situation,
      steps: situation.steps.map((step) =>
        step.id === "check_deploys"
          ? { ...step, binding: null }
          : step.id === "check_db_locks"
            ? { ...step, binding: { action: "k8s.load", args: [literal("deploy", "web")] } }
            : step,
      ),
      responses: situation.responses.map((response) =>
        response.id === "scale_out" ? { ...response, binding: null } : response,
      ),
    };

    const made = policyToProposal(broken, decidedPolicy(situation), domainFor(situation));

    expect(made.ok ? [] : made.error.map((one) => `${one.code} ${one.pointer}`).sort()).toEqual([
      "E_SITUATION_OUTCOMES /steps/1/outcomes",
      "E_SITUATION_UNBOUND /responses/0/action",
      "E_SITUATION_UNBOUND /steps/2/action",
    ]);
  });

  it("names that guards could not read become ids they can", () => {
    const situation = bound("s0-two-context");
    const odd: Situation = {
      ...situation,
      responses: situation.responses.map((response) =>
        response.id === "B_safe" ? { ...response, id: "2-for.one" } : response,
      ),
    };

    const { proposal } = proposed(odd, { kind: "commit", response: "2-for.one" });

    expect(proposal.steps.map((step) => step.id)).toEqual(["s_2_for_one", "end"]);
  });
});

/** The answers of a history in the plan's own step ids. */
function answersOf(
  policy: Policy,
  made: PolicyProposal,
  history: readonly { readonly outcome: string }[],
): ReadonlyMap<string, string> {
  return new Map(planHistory(policy, made, history).map(({ stepId, outcome }) => [stepId, outcome]));
}

function planHistory(
  policy: Policy,
  made: PolicyProposal,
  history: readonly { readonly outcome: string }[],
): readonly PlanOutcome[] {
  const { nodes } = mergePolicy(policy);
  const named: PlanOutcome[] = [];
  let index = 0;
  for (const { outcome } of history) {
    const node = nodes[index];
    named.push({ stepId: made.askedBy[index] ?? "", outcome });
    index = node?.kind === "do" ? (node.on.find((edge) => edge.outcome === outcome)?.to ?? -1) : -1;
  }
  return named;
}

describe("the risk table", () => {
  it.each(cards)("its rows, weighted by the probability of their history, add up to the plan's risk: %s", (name) => {
    const situation = bound(name);
    const policy = decidedPolicy(situation);
    const table = riskTableOf(situation, policy, proposed(situation, policy));
    const { risk } = evaluatePolicy(situation, policy);

    expect(findRiskRow(table, [])).toMatchObject({ riskSpent: 0, riskToGo: expect.closeTo(risk, 12) });
    // What is risked in steps on the way and what is risked at the leaves is all there is.
    let atLeaves = 0;
    for (const { history, policy: rest, probability } of policyHistories(situation, policy)) {
      const row = findRiskRow(table, planHistory(policy, proposed(situation, policy), history));
      expect(row).not.toBeNull();
      if (rest.kind === "commit") atLeaves += probability * (row?.riskToGo ?? 0);
    }
    const inSteps = evaluatePolicy(situation, policy)
      .riskSources.filter((source) => situation.steps.some((step) => step.id === source.of))
      .reduce((sum, source) => sum + source.risk, 0);
    expect(atLeaves + inSteps).toBeCloseTo(risk, 12);
  });

  it("what a risky step spends stands in every row behind it, by hand", () => {
    const situation = bound("s1-latency-spike");
    // `wait_5m` ends in catastrophe in 1 % of DB (25 %) and 2 % of CIRCUIT (10 %): 0.0045 before anything is seen.
    const policy: Policy = {
      kind: "do",
      step: "wait_5m",
      on: ["easing", "same_or_worse"].map((outcome) => ({
        outcome,
        isSurprise: false,
        then: { kind: "commit", response: "escalate_oncall" },
      })),
    };
    const table = riskTableOf(situation, policy, proposed(situation, policy));

    expect(
      table.rows.map((row) => [row.history.map(({ outcome }) => outcome).join(), row.riskSpent, row.riskToGo]),
    ).toEqual([
      ["", 0, expect.closeTo(0.0045, 15)],
      ["none_of_these", expect.closeTo(0.0045, 15), 0],
      ["no_answer", expect.closeTo(0.0045, 15), 0],
      ["easing", expect.closeTo(0.0045, 15), 0],
      ["same_or_worse", expect.closeTo(0.0045, 15), 0],
    ]);
  });

  it("a merged step has a row for every history that leads to it, with different figures", () => {
    const situation = bound("s1-latency-spike");
    const policy = decidedPolicy(situation);
    const table = riskTableOf(situation, policy, proposed(situation, policy));

    const leading = table.rows
      .filter(({ history }) => history.at(-1)?.outcome === "contention")
      .map((row) => row.riskToGo);

    expect(leading).toHaveLength(2);
    expect(leading[0]).not.toBe(leading[1]);
  });

  it("an answer nobody foresaw has a row: what the escalation risks under the belief of before", () => {
    const situation = bound("s3-suspicious-host");
    const policy = decidedPolicy(situation);
    const table = riskTableOf(situation, policy, proposed(situation, policy));
    const escalation = situation.responses.find((response) => response.id === situation.escalation);

    const silent = findRiskRow(table, [{ stepId: "check_scan_calendar", outcome: "no_answer" }]);

    const byHand = situation.contexts.reduce(
      (sum, context, c) => sum + context.prior * (escalation?.catastropheByContext[c] ?? 0),
      0,
    );
    expect(silent?.riskToGo).toBeCloseTo(byHand, 15);
  });

  it("a history the plan cannot have is in no row", () => {
    const situation = bound("s1-latency-spike");
    const policy = decidedPolicy(situation);
    const table = riskTableOf(situation, policy, proposed(situation, policy));

    expect(findRiskRow(table, [{ stepId: "check_db_locks", outcome: "contention" }])).toBeNull();
  });
});

/** The row of a history, or `null` when the plan cannot have come that way. */
function findRiskRow({ rows }: RiskTable, history: readonly PlanOutcome[]): RiskRow | null {
  return rows.find((row) => JSON.stringify(row.history) === JSON.stringify(history)) ?? null;
}
