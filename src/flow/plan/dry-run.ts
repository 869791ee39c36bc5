import type { ObservedObject } from "../../core/plan/compile/read-object.ts";
import type { Plan } from "../../core/plan/plan.ts";
import { type DryWalk, walkDry } from "../../core/proof/dry-run.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { observeObjects } from "../../engine/effects/perform-observe.ts";
import { stopOn } from "../../ports/stop.ts";
import { findPlan } from "../site/find.ts";
import { findUntrusted } from "../site/find-untrusted.ts";
import { findFileDrift, findPinDrift, type Site } from "../site/site.ts";
import { withLog } from "../site/site-log.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";

/** What a plan would find if it ran now. Nothing was written, and nobody was asked. */
export interface DryRun extends DryWalk {
  readonly planHash: Digest;
  /** Objects that could not be read, and why; what hangs on them is unknown. */
  readonly unread: readonly { readonly object: string; readonly problem: Problem }[];
}

/**
 * Walks a plan along its predicted path, and reads what its preconditions need. It sends reads of the plan's objects
 * and nothing else: no write, no probe, no question. So it needs no approval.
 */
export async function dryRun(
  place: Workplace,
  request: { readonly plan: string },
): Promise<Result<DryRun, readonly Problem[]>> {
  const site = siteOf(place);
  if (!site.ok) return site;
  const found = await withLog(place, async (log) => {
    const plan = await findPlan(log, { plan: request.plan, actor: place.actor });
    return plan.ok ? ok({ ...plan.value, records: await log.records() }) : fail([plan.error]);
  });
  if (!found.ok) return found;
  const { plan, planHash, records } = found.value;
  // What would be read, where and by which program is no longer what the plan was made with.
  const stale =
    findPinDrift(site.value, plan.pins) ??
    findUntrusted(site.value, records, plan) ??
    findFileDrift(site.value, plan) ??
    findWritingRead(plan);
  if (stale !== null) return fail([stale]);
  const { seen, unread } = await readNow(place, site.value, plan);
  return ok({ planHash, ...walkDry(plan, seen), unread });
}

/** No compiled plan observes by a write. A dry run keeps to that itself, because nobody has approved it. */
function findWritingRead({ observations }: Plan): Problem | null {
  const writing = observations.find(({ call }) => call.access !== "read");
  if (writing === undefined) return null;
  return problem(
    "E_PLAN_DIGEST",
    "",
    `${quote(writing.object)} would be observed by a write`,
    "compile the plan again",
  );
}

/** Reads every object of a plan; one by one if one of them cannot be read, so that the others are known. */
async function readNow(
  place: Workplace,
  { connections }: Site,
  { observations }: Plan,
): Promise<{ readonly seen: readonly ObservedObject[]; readonly unread: DryRun["unread"] }> {
  const { resolveSecret, clock } = place.ports;
  const context = { connections, resolveSecret, clock, stop: stopOn(new AbortController().signal) };
  const whole = await observeObjects(observations, context);
  if (whole.ok) return { seen: whole.value, unread: [] };
  const seen: ObservedObject[] = [];
  const unread: DryRun["unread"][number][] = [];
  for (const observation of observations) {
    const one = await observeObjects([observation], context);
    if (one.ok) seen.push(...one.value);
    else unread.push({ object: observation.object, problem: one.error });
  }
  return { seen, unread };
}
