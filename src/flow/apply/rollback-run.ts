import type { Domain } from "../../core/domain/domain.ts";
import type { AskedIntent } from "../../core/plan/compile/compilation.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import { proposeRollback } from "../../core/run/tell/propose-rollback.ts";
import type { RunState } from "../../core/run/words/state.ts";
import type { Problem } from "../../core/value/codes.ts";
import { type Digest, digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { recordsOf } from "../plan/plan.ts";
import { type Compiled, type PlanOrigin, planParsed } from "../plan/plan-proposal.ts";
import { recordCompiled } from "../plan/record-plan.ts";
import { withLog } from "../site/site-log.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";

/** What undoes an ended run, and a line for each step that it leaves as it is, with the reason. */
export interface PlannedRollback {
  readonly planned: Compiled;
  readonly staying: readonly string[];
}

/** What an undo was decided from, where no person asked for it. */
export interface DecidedRollback {
  readonly onBehalfOf: string;
  readonly intent: AskedIntent;
  readonly incidentId: string;
  readonly situation: Digest;
  readonly evidence: Digest;
}

/**
 * Ended run → successor plan: the compensations that the run recorded, compiled against the world as it is now. The
 * plan names the run as its parent.
 */
export async function planRollback(
  place: Workplace,
  runId: string,
  decided: DecidedRollback | null = null,
): Promise<Result<PlannedRollback, readonly Problem[]>> {
  const site = siteOf(place);
  if (!site.ok) return site;
  const run = await withLog<RunState>(place, async (log) => {
    const found = await log.run(runId);
    return found.ok ? found : fail([found.error]);
  });
  if (!run.ok) return run;
  const records = await recordsOf(place);
  if (!records.ok) return records;
  const proposal = proposeRollback(run.value);
  if (!proposal.ok) return proposal;
  const wayBack = endorseRestored(proposal.value, site.value.pack.domain);
  const planned = await planParsed(place, site.value, records.value, {
    proposal: wayBack.proposal,
    proposalDigest: digest("interlock.proposal/1", wayBack.proposal),
    proposer: { kind: "recovery", id: `rollback of ${runId}`, onBehalfOf: decided?.onBehalfOf ?? place.actor.id },
    goal: "",
    ...(decided === null ? {} : { intent: decided.intent }),
    inputs: wayBack.inputs,
    parent: { runId, incidentId: decided?.incidentId ?? run.value.prepared.plan.parent?.incidentId ?? null },
    situation: decided?.situation ?? null,
    evidence: decided?.evidence ?? null,
  });
  if (!planned.ok) return fail(planned.error.map((found) => explainCondition(found, wayBack.proposal)));
  const recorded = await recordCompiled(place, planned.value);
  return recorded.ok ? ok({ planned: planned.value, staying: proposal.value.assumptions }) : fail([recorded.error]);
}

/** The conditions of an undo count here, unlike on the way back of a run. Only the pack's author can change them. */
function explainCondition(found: Problem, { steps }: Proposal): Problem {
  if (found.code !== "E_EFFECT_PRE" && found.code !== "E_EFFECT_EXPECT") return found;
  const action = steps[Number(found.pointer.split("/")[2])]?.action;
  if (action === undefined) return found;
  const what = found.code === "E_EFFECT_PRE" ? "`pre`" : "`post`";
  const other = `let \`compensate\` name an action whose ${what} lets the earlier value be put back`;
  return { ...found, hint: `${found.hint}; or ${other}, unlike ${quote(action)}` };
}

/**
 * Gives arguments that only an operator may give as inputs. On the way back their values were read from the target
 * before the write, or stood in the plan that a person approved. No proposer chose them.
 */
function endorseRestored(
  proposal: Proposal,
  domain: Domain,
): { readonly proposal: Proposal; readonly inputs: PlanOrigin["inputs"] } {
  const inputs: { readonly name: string; readonly value: JsonValue }[] = [];
  const steps = proposal.steps.map((step) => {
    const declared = domain.actions.find(({ name }) => name === step.action)?.input ?? [];
    const args = step.args.map((given) => {
      const isEndorsed = declared.some(({ name, integrityMin }) => name === given.name && integrityMin === "endorsed");
      if (!isEndorsed) return given;
      const name = `before_${inputs.length + 1}`;
      // The proposal is ours: each of its values is canonical JSON.
      inputs.push({ name, value: JSON.parse(given.value) as JsonValue });
      return { name: given.name, from: "input", value: name } as const;
    });
    return { ...step, args };
  });
  return { proposal: { ...proposal, steps }, inputs };
}
