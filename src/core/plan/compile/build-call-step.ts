import type { Action } from "../../domain/domain.ts";
import { invariant } from "../../value/invariant.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { sortedUnique } from "../../value/sorted-unique.ts";
import { callRulesOf } from "../kinds/index.ts";
import { undoCallsOf } from "../kinds/undo-calls.ts";
import type { CallStep, ObjectRef, Verification } from "../plan.ts";
import type { BoundStep } from "./binding.ts";
import { buildCall, buildOperation, isFenced } from "./build-call.ts";
import { buildCompensation } from "./build-compensation.ts";
import type { GroundGuard } from "./ground-guard.ts";
import { groundStep } from "./ground-step.ts";
import { lockNames } from "./lock-names.ts";
import { objectsChanged, type StepBuild } from "./step-build.ts";

/**
 * Builds a step that calls a connector: everything the action declares, made particular for this target and these
 * arguments.
 *
 * @returns the step; `undefined` when an argument was refused, since what depends on it would only be refused again
 */
export function buildCallStep(
  build: StepBuild,
  bound: BoundStep,
  as: { readonly kind: CallStep["kind"]; readonly when: string },
): CallStep | undefined {
  const { step, target } = bound;
  const { action, source } = step;
  invariant(action !== null, "a step that calls has an action");
  if (bound.args.length < action.input.length) return undefined;
  const { index } = build.pass;
  const guards = groundStep(build, bound, action);
  const changed = objectsChanged(index, guards.effect);
  const compensation = buildCompensation(build, bound, { action, effects: [...guards.during, ...guards.effect] });
  // The way back puts back every fact that the effect changes, for a time or for good: each is read before the write.
  const restored = undoCallsOf({ compensation }).flatMap(({ reads }) => reads);
  const written = action.class === "read" ? [] : [...(target === null ? [] : [target]), ...changed, ...restored];
  const place = { index, target, args: literalArgs(bound) };
  const operation = buildOperation(action, place, { mayCancel: true });
  return {
    kind: as.kind,
    id: step.id,
    purpose: source.purpose,
    after: step.after,
    when: as.when,
    action: action.name,
    actionDigest: build.digestOf(action),
    class: earnedClass(build, action),
    idempotency: action.idempotency,
    target,
    args: bound.args,
    call: buildCall(action, place),
    output: action.output,
    outcomes: as.kind === "act" ? [] : action.outcomes,
    pre: guards.pre.text,
    reads: sortedUnique([...guards.pre.reads, ...written]),
    during: guards.during,
    effect: guards.effect,
    post: verificationOf(action, { expect: guards.expect, target, changed }),
    fenced: isFenced(action),
    compensation,
    locks: locksOf(action, bound, index.actions.get(action.compensate?.action ?? "")),
    landsWithinMs: action.landsWithinMs,
    retry: action.retry,
    cooldownMs: action.cooldownMs,
    rate: action.rate,
    costUsd: action.costUsd,
    onFailure: callRulesOf(source.kind)?.onFailure(source.onFailure, action.onFailure) ?? source.onFailure,
    ...(step.wave === null ? {} : { wave: step.wave }),
    ...(operation === undefined ? {} : { operation }),
  };
}

function literalArgs(bound: BoundStep): ReadonlyMap<string, JsonValue> {
  return new Map(
    bound.args.flatMap(({ name, value }) => (value.kind === "literal" ? [[name, value.value] as const] : [])),
  );
}

/** Reversible is earned: the action declares it, and it has been undone once for real under this digest. */
function earnedClass(build: StepBuild, action: Action): CallStep["class"] {
  if (action.class !== "reversible") return action.class;
  return build.pass.request.roundTrips.includes(build.digestOf(action)) ? "reversible" : "irreversible";
}

function verificationOf(
  action: Action,
  from: { readonly expect: GroundGuard; readonly target: ObjectRef | null; readonly changed: readonly ObjectRef[] },
): Verification | null {
  if (action.post === null || action.class === "read") return null;
  const { withinMs, everyMs, holdMs } = action.post;
  const reads = sortedUnique([...from.expect.reads, ...from.changed, ...(from.target === null ? [] : [from.target])]);
  return { expect: from.expect.text, reads, withinMs, everyMs, holdMs };
}

function locksOf(action: Action, bound: BoundStep, inverse: Action | undefined): readonly string[] {
  const { target } = bound;
  const args = bound.args.flatMap(({ name, type, value }) =>
    value.kind === "literal" ? [{ name, type, value: value.value }] : [],
  );
  // The way back must never wait for a lock, so the step holds from the beginning what undoing it needs.
  const declared = [...action.locks, ...(inverse?.locks ?? []).filter((lock) => !lock.startsWith("arg."))];
  const own = action.class === "read" ? [] : [target ?? "domain"];
  return sortedUnique([...lockNames(declared, { target, args }), ...own]);
}
