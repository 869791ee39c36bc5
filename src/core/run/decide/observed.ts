import type { CallStep } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { mapGet } from "../collections/persistent-map.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { landingMs } from "../due/due.ts";
import { resolveArguments } from "../ready/arguments.ts";
import { isEffort, mayStillLand, wasApplied } from "../ready/effort.ts";
import { knownFacts, lookupIn, objectIn } from "../ready/facts.ts";
import type { PreparedStep } from "../ready/prepare.ts";
import { describeUnmet, holds } from "../ready/run-guard.ts";
import type { ObserveCommand } from "../words/command.ts";
import type { ObservedInput, ObservedObject } from "../words/input.ts";
import type { EffortState } from "../words/state.ts";
import { drain, endRun, ownerDueMs } from "./advance.ts";
import { type Draft, emit } from "./draft.ts";
import { failStep } from "./fail.ts";
import { frozenScope } from "./freeze.ts";
import { checkBudget, emitIntent, paceOf } from "./intent.ts";
import { undoAfterRead, undoBeforeRead } from "./undo.ts";

/*
 * What a reading leads to. Before a write it is the last thing between a step and the world: permission, expiry, freeze, pace,
 * bounds, the target as it is expected to be, the precondition (I1, I2, I12, I15). After a write it is the only thing that makes
 * it done (I20), or that settles a doubt.
 */

type Seen = Extract<ObservedInput["result"], { readonly kind: "seen" }>;

/** Decides the answer to the command that is due for a step. */
export function decideObserved(
  draft: Draft,
  prepared: PreparedStep,
  command: ObserveCommand,
  input: ObservedInput,
): void {
  const result: Seen =
    input.result.kind === "seen" ? input.result : { kind: "seen", objects: [], heldMs: 0, waitedMs: 0 };
  const failed = input.result.kind === "failed" ? input.result.problem : null;
  switch (command.purpose) {
    case "before":
      return beforeRead(draft, prepared, { result, failed, standing: input.standing });
    case "after":
      return afterRead(draft, prepared, command, { result, failed });
    case "goal":
      return goalRead(draft, command, { result, failed });
    case "undo_before":
      return undoBeforeRead(draft, prepared, { result, failed, isLast: draft.atMs >= command.untilMs });
    case "undo_after":
      return undoAfterRead(draft, prepared, command, { result, failed });
  }
}

function beforeRead(
  draft: Draft,
  prepared: PreparedStep,
  from: { readonly result: Seen; readonly failed: Problem | null; readonly standing: ObservedInput["standing"] },
): void {
  const { call } = prepared;
  invariant(call !== null, "only a call is read for");
  const refused = checkAuthority(draft, prepared, from.standing);
  if (refused !== null)
    return failStep(draft, prepared, { problem: refused, touched: false, left: null, authority: true });
  const held = prepared.isWrite ? findHold(draft, call, prepared) : null;
  if (held !== null)
    return emit(draft, { kind: "step_held", runId: draft.run.prepared.runId, stepId: prepared.step.id, ...held });
  if (from.failed !== null)
    return failStep(draft, prepared, { problem: from.failed, touched: false, left: null, authority: true });
  const changed = prepared.isWrite ? checkTarget(draft, prepared, from.result.objects) : null;
  if (changed !== null)
    return failStep(draft, prepared, { problem: changed, touched: false, left: null, authority: true });
  if (prepared.pre !== null && !holds(prepared.pre, lookupIn(from.result.objects))) {
    const unmet = problem(
      "E_STEP_PRECONDITION",
      `/steps/${prepared.index}/pre`,
      `\`${call.id}\` needs ${describeUnmet(prepared.pre, lookupIn(from.result.objects))}`,
    );
    return failStep(draft, prepared, { problem: unmet, touched: false, left: null, authority: false });
  }
  const args = resolveArguments(draft.run, call);
  if (!args.ok) return failStep(draft, prepared, { problem: args.error, touched: false, left: null, authority: false });
  emitIntent(draft, prepared, {
    direction: "do",
    args: args.value,
    baseline: from.result.objects,
    pace: paceOf(prepared),
  });
}

function checkAuthority(draft: Draft, prepared: PreparedStep, standing: ObservedInput["standing"]): Problem | null {
  if (standing.kind === "withdrawn") return standing.problem;
  return (prepared.isWrite ? checkExpiry(draft) : null) ?? checkBudget(draft.run, prepared, draft.atMs);
}

/** Whether what entitled the run to write has run out (I1). */
export function checkExpiry(draft: Draft): Problem | null {
  const { authorization } = draft.run;
  invariant(
    authorization !== null && authorization.kind !== "read_only",
    "a run that writes was authorized to write (I1)",
  );
  return draft.atMs < authorization.expiresAtMs
    ? null
    : problem("E_APPROVAL_EXPIRED", "", "the approval expired while the run was under way");
}

/** What keeps a write waiting without being a failure: a freeze, a cooldown, a rate. */
export function findHold(
  draft: Draft,
  call: CallStep,
  prepared: PreparedStep,
): { readonly untilMs: number | null; readonly problem: Problem } | null {
  const scope = frozenScope(draft.site, [draft.run.prepared.plan.domain.name, call.target, ...call.locks]);
  if (scope !== null)
    return { untilMs: null, problem: problem("E_FROZEN", `/steps/${prepared.index}`, `\`${scope}\` is frozen`) };
  const times = prepared.paceKey === null ? [] : (mapGet(draft.site.paces, prepared.paceKey) ?? []);
  const cooledAtMs = (times.at(-1) ?? -Infinity) + call.cooldownMs;
  const oldest = call.rate === null ? undefined : times.at(-call.rate.count);
  const untilMs = Math.max(
    cooledAtMs,
    call.rate === null || oldest === undefined ? -Infinity : oldest + call.rate.perMs,
  );
  if (untilMs <= draft.atMs) return null;
  return {
    untilMs,
    problem: problem(
      "E_COOLDOWN",
      `/steps/${prepared.index}`,
      `\`${call.action}\` was used on \`${call.target ?? "the domain"}\` a short time ago`,
    ),
  };
}

function checkTarget(draft: Draft, prepared: PreparedStep, objects: readonly ObservedObject[]): Problem | null {
  const { call, targetIndex } = prepared;
  if (call === null || call.target === null) return null;
  const now = objectIn(objects, call.target);
  if (now === null) return problem("E_TARGET_UNSEEN", "", `\`${call.target}\` was not read`);
  const baseline = vectorAt(draft.run.baselines, targetIndex);
  const isAsKnown = baseline !== null && baseline.fingerprint === now.fingerprint;
  return isAsKnown
    ? null
    : problem("E_TARGET_CHANGED", "", `\`${call.target}\` is not as it was planned for, and not as this run left it`);
}

function afterRead(
  draft: Draft,
  prepared: PreparedStep,
  command: ObserveCommand,
  from: { readonly result: Seen; readonly failed: Problem | null },
): void {
  const state = vectorAt(draft.run.steps, prepared.index);
  invariant(isEffort(state) && prepared.call !== null, "a reading after a write belongs to its effort");
  const isTrue =
    from.failed === null &&
    holds(prepared.expect, lookupIn(from.result.objects)) &&
    from.result.heldMs >= command.holdMs;
  if (state.kind === "in_doubt" && !wasApplied(state.effort))
    return settleDoubt(draft, prepared, { state, command, isTrue, ...from });
  if (isTrue) return settleWrite(draft, prepared, from.result.objects);
  if (draft.atMs < command.untilMs) return;
  const left = objectIn(from.result.objects, prepared.call.target);
  if (from.failed === null && left !== null) {
    const unmet = problem(
      "E_POST_FAILED",
      `/steps/${prepared.index}/post`,
      `\`${prepared.step.id}\` was acknowledged, and \`${command.expect}\` does not hold`,
    );
    return failStep(draft, prepared, { problem: unmet, touched: true, left, authority: false });
  }
  if (state.kind === "in_doubt") return;
  doubt(
    draft,
    prepared,
    from.failed ??
      problem("E_STEP_UNVERIFIED", `/steps/${prepared.index}/post`, `\`${prepared.step.id}\` could not be read back`),
  );
}

/** A step nobody can say of whether it happened: no new forward intent, and a person is named. */
export function doubt(draft: Draft, prepared: PreparedStep, why: Problem): void {
  const { run } = draft;
  const state = vectorAt(run.steps, prepared.index);
  const direction = isEffort(state) && state.done !== null ? "undo" : "do";
  const runId = run.prepared.runId;
  emit(draft, {
    kind: "step_in_doubt",
    runId,
    stepId: prepared.step.id,
    direction,
    owner: run.owner,
    dueAtMs: draft.atMs + ownerDueMs,
    problem: why,
  });
}

/**
 * Resolves a doubt by reading. The post-condition shows the effect only if it did not hold before it; its absence shows that
 * nothing happened only once nothing can land any more, which the target must have bounded.
 */
function settleDoubt(
  draft: Draft,
  prepared: PreparedStep,
  from: {
    readonly state: EffortState;
    readonly command: ObserveCommand;
    readonly isTrue: boolean;
    readonly result: Seen;
    readonly failed: Problem | null;
  },
): void {
  const { state, result } = from;
  invariant(prepared.call !== null && mayStillLand(state.effort), "a doubt is about an effect that may have landed");
  const withinMs = landingMs(prepared.call, state);
  const hasLanded = withinMs !== null && result.waitedMs >= withinMs;
  const tellsApart = !holds(prepared.expect, lookupIn(state.effort.baseline));
  if (from.isTrue && (tellsApart || hasLanded)) return settleWrite(draft, prepared, result.objects);
  if (from.failed !== null || from.isTrue || !hasLanded) return;
  const { runId } = draft.run.prepared;
  emit(draft, {
    kind: "step_resolved",
    runId,
    stepId: prepared.step.id,
    direction: "do",
    as: "not_applied",
    by: null,
    reason: `read ${result.waitedMs} ms later, and the target bounds an effect's landing to ${withinMs} ms`,
  });
  const rejected = problem("E_STEP_REJECTED", `/steps/${prepared.index}`, `\`${prepared.step.id}\` did not happen`);
  failStep(draft, prepared, { problem: rejected, touched: false, left: null, authority: false });
}

function settleWrite(draft: Draft, prepared: PreparedStep, objects: readonly ObservedObject[]): void {
  invariant(prepared.call !== null, "only a call writes");
  const left = objectIn(objects, prepared.call.target) ?? objects[0];
  invariant(left !== undefined, "a post-read sees at least the target");
  emit(draft, {
    kind: "step_settled",
    runId: draft.run.prepared.runId,
    stepId: prepared.step.id,
    outcome: "done",
    facts: knownFacts(objects),
    left,
    problem: null,
    by: null,
  });
}

function goalRead(
  draft: Draft,
  command: ObserveCommand,
  from: { readonly result: Seen; readonly failed: Problem | null },
): void {
  const { goal, plan } = draft.run.prepared;
  if (from.failed === null && holds(goal, lookupIn(from.result.objects)))
    return endRun(draft, "succeeded", "every step was done and verified, and the goal holds");
  if (draft.atMs < command.untilMs && from.failed !== null) return;
  drain(draft, {
    then: "escalated",
    problem: problem("E_GOAL_NOT_REACHED", "/goal", `\`${plan.goal}\` does not hold`),
    by: null,
  });
}
