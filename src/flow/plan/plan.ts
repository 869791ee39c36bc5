import type { Principal } from "../../core/approval/approval.ts";
import type { Proposer } from "../../core/plan/plan.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { refuse, refuseForbidden } from "../site/record.ts";
import { withLogOr } from "../site/site-log.ts";
import { noRecords, type SiteRecords } from "../site/site-records.ts";
import { readSource, type Source } from "../site/source.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { type Compiled, planProposal } from "./plan-proposal.ts";
import { recordCompiled } from "./record-plan.ts";

/** What an operator wants compiled. */
export interface PlanRequest {
  /** The exact bytes of the proposal. */
  readonly proposal: Source;
  readonly proposer: Proposer;
  /** The operator's goal, a guard over facts; `""` for the proposal's own. */
  readonly goal: string;
  /** What is wanted, in words, to be kept in the plan; `""` or absent for none. The proposal cannot say it. */
  readonly intent?: string;
  /** Values for the proposal's inputs, one for each. */
  readonly inputs: readonly { readonly name: string; readonly value: JsonValue }[];
}

/**
 * Proposal → plan: compiles it against the domain and the world as it is now, and records the plan, or that there was
 * nothing to do. Changes nothing else.
 */
export async function plan(place: Workplace, request: PlanRequest): Promise<Result<Compiled, readonly Problem[]>> {
  const { id } = request.proposer;
  const forbidden = await refuseForbidden(place, { capability: "propose", asked: "plan", resource: id });
  if (forbidden !== null) return forbidden;
  const claim = findFalseClaim(place.actor, request.proposer);
  if (claim !== null) return refuse(place, "plan", [claim]);
  const proposal = await readSource(request.proposal);
  if (!proposal.ok) return refuse(place, "plan", [proposal.error]);
  const site = siteOf(place);
  if (!site.ok) return refuse(place, "plan", site.error);
  const records = await recordsOf(place);
  if (!records.ok) return refuse(place, "plan", records.error);
  const { intent: text = "", ...rest } = request;
  const planned = await planProposal(place, site.value, records.value, {
    ...rest,
    ...(text === "" ? {} : { intent: { text, by: place.actor.id } }),
    proposal: proposal.value,
    parent: null,
  });
  if (!planned.ok) return refuse(place, "plan", planned.error);
  const recorded = await recordCompiled(place, planned.value);
  return recorded.ok ? planned : fail([recorded.error]);
}

/**
 * What a caller may not say of a proposal: an agent or a service, that a person made it; and anybody, that it is a way
 * back, to which invariants do not apply. An agent or a service may name the person for whom it acts: the plan then
 * says who named them, and the words count as its own.
 */
function findFalseClaim({ kind, id }: Principal, proposer: Proposer): Problem | null {
  const pointer = "/proposer/kind";
  if (proposer.kind === "recovery")
    return problem("E_USAGE", pointer, "only a rollback makes a proposal of the kind `recovery`");
  if (kind === "person" || proposer.kind !== "person") return null;
  const message = `the ${kind} ${quote(id)} may not say that a person made the proposal`;
  return problem("E_PERSON_REQUIRED", pointer, message, "say what made it: a file, a model, a workflow or a search");
}

/** What the site's log holds apart from runs; empty if there is no store yet. */
export function recordsOf(place: Workplace): Promise<Result<SiteRecords, readonly Problem[]>> {
  return withLogOr(place, noRecords, async (log) => ok(await log.records()));
}
