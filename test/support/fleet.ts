import type { Action, Domain, Waves } from "../../src/core/domain/domain.ts";
import type { CompileRequest } from "../../src/core/plan/compile/compilation.ts";
import { draftPlan } from "../../src/core/plan/compile/compile.ts";
import type { Plan, PlanStep } from "../../src/core/plan/plan.ts";
import type { ProposedStep } from "../../src/core/plan/wire/proposal.ts";
import { literal, proposalOf, refusals, requestOf, step } from "./proposals.ts";
import { readShopDomain } from "./read-domain.ts";

const shop = readShopDomain();

/** A fleet of deployments `d01`, `d02`, …, scaled in waves. */
export interface Fleet {
  readonly size: number;
  readonly waves?: Waves;
  readonly onFailure?: Action["onFailure"];
}

/**
 * The shop, with a fleet for its deployments and with waves for scaling and draining. By default the waves may go on
 * after a failure.
 */
export function fleetDomain({ size, waves, onFailure = "branch" }: Fleet): Domain {
  const inventory = Array.from({ length: size }, (_, index) => ({
    type: "deploy",
    id: `d${String(index + 1).padStart(2, "0")}`,
    properties: [],
  }));
  const actions = shop.actions.map((action) =>
    action.name === "k8s.scale" || action.name === "k8s.drain"
      ? { ...action, onFailure, ...(waves === undefined ? {} : { waves }) }
      : action,
  );
  return {
    ...shop,
    inventory: [...shop.inventory.filter((object) => object.type !== "deploy"), ...inventory],
    actions,
    invariants: [],
  };
}

/** Scales every deployment. */
export function scaleAll(id: string, change: Partial<ProposedStep> = {}): ProposedStep {
  return step(id, {
    action: "k8s.scale",
    args: [{ name: "deploy", from: "each", value: "deploy" }, literal("replicas", 3)],
    onFailure: "branch",
    ...change,
  });
}

/** The draft of a plan that steps over a fleet compile to. */
export function draftFleet(steps: readonly ProposedStep[], fleet: Fleet): Omit<Plan, "pins"> {
  const draft = draftPlan(fleetRequest(steps, fleet));
  if (!draft.ok) throw new Error(JSON.stringify(draft.error, null, 1));
  return draft.value.plan;
}

/** A request to compile steps over a fleet. */
export function fleetRequest(steps: readonly ProposedStep[], fleet: Fleet): CompileRequest {
  return requestOf(proposalOf(steps), { domain: fleetDomain(fleet) });
}

/** `code pointer` of every problem that refuses steps over a fleet. */
export function fleetRefusals(steps: readonly ProposedStep[], fleet: Fleet): readonly string[] {
  return refusals(steps, { domain: fleetDomain(fleet) });
}

/**
 * The same plan as the compiler makes it of a fleet too large for a formula: its barriers count failures. A plan whose
 * fleets count none stays as it is.
 */
export function withCountedFailures<Steps extends Pick<Plan, "steps">>(plan: Steps): Steps {
  const members = plan.steps.flatMap((one) =>
    one.kind === "act" && one.wave !== undefined ? [{ id: one.id, wave: one.wave }] : [],
  );
  const steps = plan.steps.map((one): PlanStep => {
    const [, of, number] = (one.kind === "wait" && /^(.+)_wave(\d+|s)$/.exec(one.id)) || [];
    const fleet = members.filter(({ wave }) => wave.of === of);
    const [first] = fleet;
    if (one.kind !== "wait" || first === undefined || one.when === "") return one;
    const last = number === "s" ? first.wave.count : Number(number) - 1;
    const ids = fleet.flatMap(({ id, wave }) => (wave.number === last ? [id] : []));
    const after = [...new Set([first.id, ...ids])];
    const failures = { of: first.wave.of, max: first.wave.abortAbove };
    return { ...one, after, when: `${first.id} != 'not_run'`, failures };
  });
  return { ...plan, steps };
}
