import type { Situation } from "../../core/belief/situation/situation.ts";
import { briefSteps } from "../../core/plan/show/brief-steps.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { RunState } from "../../core/run/words/state.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { type StoredEvent, storedEvents } from "../../log/stored-events.ts";
import type { OpenOwner, OwnerLease } from "../../owner/owner-hold.ts";
import { prepareApproved } from "../apply/prepare-approved.ts";
import { followRun, passOn } from "../apply/run.ts";
import type { PlannedChange } from "../plan/plan-proposal.ts";
import { closedProblem } from "../site/arrow.ts";
import { adviseOnWaiting } from "../site/run-standing.ts";
import type { Site } from "../site/site.ts";
import type { Workplace } from "../site/workplace.ts";
import type { Alert } from "./parse-alert.ts";
import type { Asker, CallOff } from "./request.ts";
import type { GroundTerms } from "./witness.ts";

const resolved: CallOff = "resolved";

/** What one incident is answered with. */
export interface IncidentOptions {
  readonly place: Workplace;
  readonly site: Site;
  readonly lease: OwnerLease;
  readonly open: OpenOwner;
  readonly alert: Alert;
  readonly situation: Situation;
  readonly situationDigest: Digest;
  /** On which terms alerts are answered; `null` where nothing is done anyway, and the situation has none. */
  readonly terms: GroundTerms | null;
  readonly proposal: Proposal | null;
  readonly asker: Asker;
  /** Aborted with a `CallOff`, by the asker or because the alert was resolved. */
  readonly callOff: AbortSignal;
}

/** A run of a response that has come to rest. */
export interface StartedRun {
  readonly run: RunState;
  readonly events: readonly StoredEvent[];
}

/**
 * Starts a plan of a response, reports what happens, and waits until the run rests. Calling the response off stops its
 * run.
 */
export async function runResponse(
  options: Pick<IncidentOptions, "place" | "site" | "lease" | "open" | "asker" | "callOff">,
  change: PlannedChange,
  onStart: (runId: string) => void,
): Promise<Result<StartedRun, readonly Problem[]>> {
  const { place, site, lease, open, asker, callOff } = options;
  const { engine, store } = lease.owner;
  const start = await prepareApproved(place, site, lease.owner, { planHash: change.planHash, by: place.actor });
  if (!start.ok) return start;
  if (place.owners.closing.aborted) return fail([closedProblem()]);
  if (callOff.aborted) return fail([problem("E_INTERRUPTED", "", "called off before it started")]);
  const submitted = await engine.submit(start.value);
  if (!submitted.ok) return fail(await adviseOnWaiting(place, [submitted.error]));
  const { runId } = start.value;
  onStart(runId);
  asker.tell({ kind: "running", runId, plan: change.plan, steps: briefSteps(change.plan) });
  // The incident holds the owner until it is closed. The run takes a lease of its own.
  const held = await place.owners.take("runner", open);
  if (!held.ok) return fail([held.error]);
  const run = followRun(place, { runId, lease: held.value, open, isOfIncident: true });
  // A run under way goes on to its verified end even if its alert is resolved. Only a person stops it.
  const stop = (): void => {
    if (callOff.reason !== resolved) passOn(run.callOff("called_off"));
  };
  const detach = (): void => run.detach();
  const forget = run.onReading((reading) => asker.tell({ kind: "reading", reading }));
  callOff.addEventListener("abort", stop, { once: true });
  asker.detach.addEventListener("abort", detach, { once: true });
  try {
    for await (const { event, atMs } of run.events()) asker.tell({ kind: "event", event, atMs });
    const rest = await run.atRest();
    if (!rest.ok) return rest;
  } finally {
    forget();
    callOff.removeEventListener("abort", stop);
    asker.detach.removeEventListener("abort", detach);
  }
  const state = engine.run(runId);
  if (state === null) return fail([problem("E_INTERNAL", "", "a run that rests is known to its engine")]);
  return ok({ run: state, events: [...storedEvents(store, runId)] });
}
