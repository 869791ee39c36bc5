import type { FactType, FactValue } from "../../src/core/domain/domain.ts";
import type { CompileRequest } from "../../src/core/plan/compile/compilation.ts";
import { draftPlan } from "../../src/core/plan/compile/compile.ts";
import { pinPlan } from "../../src/core/plan/compile/pin-plan.ts";
import { factName, type ObservedObject } from "../../src/core/plan/compile/read-object.ts";
import type { Plan } from "../../src/core/plan/plan.ts";
import type { Proposal, ProposedArgument, ProposedStep } from "../../src/core/plan/wire/proposal.ts";
import { digest } from "../../src/core/value/digest.ts";
import { readShopDomain } from "./read-domain.ts";

const shop = readShopDomain();

/** A step of the wire form, empty except for what a test is about. */
export function step(id: string, change: Partial<ProposedStep> = {}): ProposedStep {
  return {
    id,
    action: "",
    purpose: "",
    kind: "act",
    after: [],
    when: "",
    args: [],
    expect: [],
    onFailure: "stop",
    ...change,
  };
}

/** A literal argument; the value is written as JSON. */
export function literal(name: string, value: unknown): ProposedArgument {
  return { name, from: "literal", value: JSON.stringify(value) };
}

/** Scales a deployment of the shop. */
export function scale(
  id: string,
  change: Partial<ProposedStep> & { readonly deploy?: string; readonly replicas?: number } = {},
): ProposedStep {
  const { deploy = "web", replicas = 3, ...rest } = change;
  return step(id, { action: "k8s.scale", args: [literal("deploy", deploy), literal("replicas", replicas)], ...rest });
}

/** Asks what load a deployment is under: `contention`, `idle`, or a surprise. */
export function probeLoad(id: string, change: Partial<ProposedStep> = {}): ProposedStep {
  return step(id, { kind: "probe", action: "k8s.load", args: [literal("deploy", "web")], ...change });
}

/** A proposal of these steps. */
export function proposalOf(steps: readonly ProposedStep[], change: Partial<Proposal> = {}): Proposal {
  return { format: "interlock.proposal/1", goal: "", summary: "", decline: "", assumptions: [], steps, ...change };
}

/** A request to compile a proposal against the shop. */
export function requestOf(proposal: Proposal, change: Partial<CompileRequest> = {}): CompileRequest {
  const connections = digest("interlock.connections/1", []);
  return {
    proposal,
    domain: shop,
    proposer: { kind: "file", id: "proposal.json", onBehalfOf: "alice" },
    goal: "",
    inputs: [],
    roundTrips: [],
    parent: null,
    pins: { pack: null, connections, policies: null, situation: null, evidence: null },
    ...change,
  };
}

/** `code pointer` of every problem that refuses the steps; empty when they compile. */
export function refusals(steps: readonly ProposedStep[], change: Partial<CompileRequest> = {}): readonly string[] {
  const draft = draftPlan(requestOf(proposalOf(steps), change));
  return draft.ok ? [] : draft.error.map((found) => `${found.code} ${found.pointer}`);
}

/** Compiles against a shop whose facts have the values in `facts`, or else the first value of their type. */
export function compileOrThrow(request: CompileRequest, facts: Readonly<Record<string, FactValue>> = {}): Plan {
  const draft = draftPlan(request);
  if (!draft.ok) throw new Error(JSON.stringify(draft.error, null, 1));
  const observed = draft.value.plan.observations.map(
    (observation): ObservedObject => ({
      object: observation.object,
      fingerprint: digest("interlock.fingerprint/1", observation.object),
      fence: null,
      facts: observation.facts.map(({ fact, type }) => {
        const name = factName(observation.object, fact);
        return { name, value: facts[name] ?? firstValue(type) };
      }),
    }),
  );
  const plan = pinPlan(draft.value, observed);
  if (!plan.ok) throw new Error(JSON.stringify(plan.error, null, 1));
  return plan.value;
}

function firstValue(type: FactType): FactValue {
  switch (type.kind) {
    case "boolean":
      return false;
    case "values":
      return type.values[0] ?? "";
    case "integer":
      return type.min;
    case "string":
      return "";
    case "releases":
      return type.values[0] ?? "";
    case "version":
      return "0.0.0";
    case "decimal":
      return type.min;
    case "instant":
      return "2026-11-30T17:00:00Z";
  }
}
