import { proposeRollback } from "../../core/run/tell/propose-rollback.ts";
import type { RunState } from "../../core/run/words/state.ts";
import type { Problem } from "../../core/value/codes.ts";
import { digest } from "../../core/value/digest.ts";
import { fail, type Result } from "../../core/value/result.ts";
import { recordsOf } from "../plan/plan.ts";
import { type Compiled, planParsed } from "../plan/plan-proposal.ts";
import { recordCompiled } from "../plan/record-plan.ts";
import { withLog } from "../site/site-log.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";

/**
 * Ended run → successor plan: the compensations that the run recorded, compiled against the world as it is now. The
 * plan names the run as its parent.
 */
export async function planRollback(place: Workplace, runId: string): Promise<Result<Compiled, readonly Problem[]>> {
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
  const planned = await planParsed(place, site.value, records.value, {
    proposal: proposal.value,
    proposalDigest: digest("interlock.proposal/1", proposal.value),
    proposer: { kind: "recovery", id: `rollback of ${runId}`, onBehalfOf: place.actor.id },
    goal: "",
    inputs: [],
    parent: { runId, incidentId: run.value.prepared.plan.parent?.incidentId ?? null },
    situation: null,
    evidence: null,
  });
  if (!planned.ok) return planned;
  const recorded = await recordCompiled(place, planned.value);
  return recorded.ok ? planned : fail([recorded.error]);
}
