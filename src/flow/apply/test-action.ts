import type { Action } from "../../core/domain/domain.ts";
import type { Plan } from "../../core/plan/plan.ts";
import { briefSteps, type StepBrief } from "../../core/plan/show/brief-steps.ts";
import type { RunView } from "../../core/run/tell/view.ts";
import type { StopCause } from "../../core/run/words/asked.ts";
import type { Event } from "../../core/run/words/event.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { invariant } from "../../core/value/invariant.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { storedDocument } from "../../core/value/stored-document.ts";
import type { Signer } from "../../ports.ts";
import { approve, type Reviewer } from "../approve/approve.ts";
import { recordsOf } from "../plan/plan.ts";
import { planProposal } from "../plan/plan-proposal.ts";
import { recordPlan } from "../plan/record-plan.ts";
import { roundTripProposer } from "../site/last-plan.ts";
import { recordEvents, refuseForbidden } from "../site/record.ts";
import type { Site } from "../site/site.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { startApproved } from "./apply.ts";
import { doStep, type RoundTripEvidence, readRoundTrip, roundTripProposal } from "./round-trip.ts";
import { passOn } from "./run.ts";

/** Which action to try, and with which arguments. */
export interface TestActionRequest {
  readonly action: string;
  readonly args: readonly { readonly name: string; readonly value: JsonValue }[];
  /** Targets as the person typed them. A `Reviewer` asks for them instead. */
  readonly typedTargets: readonly string[];
}

/** A round trip that has started. */
export interface StartedTest {
  readonly callOff: (cause: StopCause) => void;
  readonly detach: () => void;
  /** Its steps as people are told of them, and those that run after its undo. */
  readonly steps: readonly StepBrief[];
}

/** How to ask a person, and how to report what happens. */
export interface TestActionAsker {
  readonly by: Signer | Reviewer;
  readonly onEvent: (event: Event, atMs: number) => void;
  /** Called with the run once it has started, so that a face can stop it. */
  readonly onStart: (run: StartedTest) => void;
}

/** The result of a round trip: the recorded evidence, or how the run rests that did not complete it. */
export type TestedAction =
  | { readonly kind: "proven"; readonly evidence: RoundTripEvidence }
  | { readonly kind: "not_proven"; readonly view: RunView }
  | { readonly kind: "detached"; readonly runId: string };

/** Does an action on the real target and undoes it, through plan, approval, run and compensation like any change. */
export async function testAction(
  place: Workplace,
  request: TestActionRequest,
  asker: TestActionAsker,
): Promise<Result<TestedAction, readonly Problem[]>> {
  const { action: name, args, typedTargets } = request;
  const forbidden = await refuseForbidden(place, { capability: "test_actions", asked: "actions test", resource: name });
  if (forbidden !== null) return forbidden;
  const site = siteOf(place);
  if (!site.ok) return site;
  const records = await recordsOf(place);
  if (!records.ok) return records;
  const trip = roundTripProposal(site.value, name, args);
  if (!trip.ok) return fail([trip.error]);
  const { action, proposal } = trip.value;
  const planned = await planProposal(place, site.value, records.value, {
    proposal: Buffer.from(JSON.stringify(proposal)),
    proposer: { ...roundTripProposer, onBehalfOf: place.actor.id },
    goal: "",
    inputs: [],
    parent: null,
  });
  if (!planned.ok) return planned;
  invariant(planned.value.kind === "planned", "a plan without a goal has something to do");
  const recorded = await recordPlan(place, planned.value);
  if (!recorded.ok) return fail([recorded.error]);
  const { plan, planHash } = planned.value;
  const approved = await approve(place, { plan: planHash, typedTargets, validForMs: null }, asker.by);
  if (!approved.ok) return approved;
  return goAndComeBack(place, { site: site.value, action, plan, planHash }, asker);
}

interface Trip {
  readonly site: Site;
  readonly action: Action;
  readonly plan: Plan;
  readonly planHash: Digest;
}

async function goAndComeBack(
  place: Workplace,
  trip: Trip,
  asker: TestActionAsker,
): Promise<Result<TestedAction, readonly Problem[]>> {
  const started = await startApproved(place, trip.planHash);
  if (!started.ok) return started;
  const run = started.value;
  const { runId } = run;
  const events: Event[] = [];
  try {
    const steps = briefSteps(trip.plan);
    asker.onStart({ callOff: (cause) => passOn(run.callOff(cause)), detach: run.detach, steps });
    for await (const { event, atMs } of run.events()) {
      events.push(event);
      asker.onEvent(event, atMs);
      // It is done and read back. Now the way back.
      if (event.kind === "step_settled" && event.stepId === doStep) passOn(run.rollBack("round trip"));
    }
  } catch (error) {
    // Nobody asked for the change to stay. Its undoing goes on after this call has failed.
    run.rollBack("the round trip was broken off").catch(() => undefined);
    throw error;
  }
  const rest = await run.atRest();
  if (!rest.ok) return rest;
  if (rest.value.kind === "detached") return ok({ kind: "detached", runId });
  const { view } = rest.value;
  if (view.outcome !== "compensated") return ok({ kind: "not_proven", view });
  const read = readRoundTrip(trip.site, { plan: trip.plan, runId, events, action: trip.action });
  if (!read.ok) return fail([read.error]);
  const { evidence } = read.value;
  const stored = storedDocument("interlock.round-trip/1", evidence);
  const recorded = await recordEvents(
    place,
    [
      {
        kind: "round_trip_recorded",
        runId: null,
        action: evidence.action,
        actionDigest: evidence.actionDigest,
        target: evidence.before.object,
        evidence: stored.digest,
        by: place.actor,
      },
    ],
    [stored],
  );
  return recorded.ok ? ok({ kind: "proven", evidence }) : fail([recorded.error]);
}
