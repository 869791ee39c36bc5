import type { Action } from "../../core/domain/domain.ts";
import { actionDigest } from "../../core/domain/domain-digest.ts";
import { indexDomain } from "../../core/domain/domain-index.ts";
import type { ObservedObject } from "../../core/plan/compile/read-object.ts";
import type { Plan } from "../../core/plan/plan.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { Event } from "../../core/run/words/event.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote, suggestName } from "../../core/value/text.ts";
import type { Site } from "../site/site.ts";

/** The step that a round trip does and undoes. */
export const doStep = "do";

/** Long enough for an operator's rollback to arrive. Nobody waits for it to end. */
const pauseMs = 3_600_000;

/**
 * The proposal of a round trip: the action once, then a pause in which it is rolled back. The rest is as always: plan,
 * approval, run, and a compensation that is read back.
 */
export function roundTripProposal(
  site: Site,
  actionName: string,
  args: readonly { readonly name: string; readonly value: JsonValue }[],
): Result<{ readonly action: Action; readonly proposal: Proposal }, Problem> {
  const { actions } = site.pack.domain;
  const action = actions.find(({ name }) => name === actionName);
  if (action === undefined)
    return fail(
      problem(
        "E_ACTION_UNKNOWN",
        "",
        `the domain has no action ${quote(actionName)}`,
        suggestName(
          actionName,
          actions.map(({ name }) => name),
        ),
      ),
    );
  if (action.class !== "reversible")
    return fail(
      problem(
        "E_NO_WAY_BACK",
        "",
        `${quote(actionName)} is declared ${action.class}: only what is declared reversible has a way back to try`,
        "choose an action that declares `compensate`",
      ),
    );
  const none = { purpose: "", when: "", args: [], expect: [] } as const;
  return ok({
    action,
    proposal: {
      format: "interlock.proposal/1",
      goal: "",
      summary: `Round trip of ${actionName}: do it once and undo it.`,
      decline: "",
      assumptions: [],
      steps: [
        {
          ...none,
          id: doStep,
          action: actionName,
          kind: "act",
          after: [],
          onFailure: "rollback",
          args: args.map(({ name, value }) => ({ name, from: "literal", value: JSON.stringify(value) })),
        },
        {
          ...none,
          id: "pause",
          action: "",
          kind: "wait",
          after: [doStep],
          onFailure: "rollback",
          args: [{ name: "forMs", from: "literal", value: String(pauseMs) }],
        },
      ],
    },
  });
}

/** The evidence of a round trip, recorded by its digest: the target before, after doing, and after undoing. */
export interface RoundTripEvidence {
  readonly action: string;
  readonly actionDigest: Digest;
  readonly target: string;
  readonly runId: string;
  readonly before: ObservedObject;
  readonly done: ObservedObject;
  readonly undone: ObservedObject;
}

/** Reads the evidence from the events of the run. Refused unless the target is again as it was before. */
export function readRoundTrip(
  site: Site,
  options: {
    readonly plan: Plan;
    readonly runId: string;
    readonly events: readonly Event[];
    readonly action: Action;
  },
): Result<{ readonly evidence: RoundTripEvidence; readonly evidenceDigest: Digest }, Problem> {
  const { events } = options;
  const step = options.plan.steps.find(({ id }) => id === doStep);
  const target = step !== undefined && step.kind === "act" ? step.target : null;
  const intent = events.find((event) => event.kind === "step_intent");
  const before = intent?.kind === "step_intent" ? intent.baseline.find(({ object }) => object === target) : undefined;
  const done = leftBy(events, "step_settled");
  const undone = leftBy(events, "step_compensated");
  if (target === null || before === undefined || done === null || undone === null)
    return fail(unproven("the run did not do and undo its step"));
  if (events.some(hasUnreported))
    return fail(unproven("its facts are as they were, and a call did not report success: look at what it said"));
  if (JSON.stringify(before.facts) !== JSON.stringify(undone.facts))
    return fail(unproven(`the facts of ${quote(target)} are not what they were`));
  if (before.fingerprint !== undone.fingerprint) return fail(unproven(`${quote(target)} is not configured as it was`));
  const evidence: RoundTripEvidence = {
    action: options.action.name,
    actionDigest: actionDigest(options.action, indexDomain(site.pack.domain)),
    target,
    runId: options.runId,
    before,
    done,
    undone,
  };
  return ok({ evidence, evidenceDigest: digest("interlock.round-trip/1", evidence) });
}

/** Whether a call there or back did not report success. Then more may have happened than the facts show. */
function hasUnreported(event: Event): boolean {
  if (event.kind === "step_settled") return event.stepId === doStep && event.problem !== null;
  return event.kind === "run_ended" && event.unacknowledged !== undefined;
}

function leftBy(events: readonly Event[], kind: "step_settled" | "step_compensated"): ObservedObject | null {
  const event = events.find((candidate) => candidate.kind === kind && candidate.stepId === doStep);
  return event?.kind === "step_settled" || event?.kind === "step_compensated" ? event.left : null;
}

function unproven(message: string): Problem {
  return problem("E_ACTION_ROUND_TRIP", "", message);
}
