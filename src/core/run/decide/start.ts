import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { Plan, TargetPin } from "../../plan/plan.ts";
import { codes, type Problem, problem } from "../../value/codes.ts";
import type { Digest } from "../../value/digest.ts";
import { invariant } from "../../value/invariant.ts";
import { describeUsd } from "../../value/usd.ts";
import { createRun } from "../apply/apply.ts";
import { mapGet } from "../collections/persistent-map.ts";
import { describeTargetChange } from "../ready/target-change.ts";
import type { Decision } from "../words/decision.ts";
import type { Event } from "../words/event.ts";
import type { StartInput } from "../words/input.ts";
import type { PreparedRun } from "../words/prepared.ts";
import type { SiteState } from "../words/state.ts";
import { advance } from "./advance.ts";
import { accept, draftOf, emit, knownTime, refuse } from "./draft.ts";
import { findFreeze, frozen } from "./hold.ts";
import { noteStart } from "./hold-invariants.ts";

/*
 * The one way to RUNNING. Nothing of a run exists until every check here has passed: the authorization is for this
 * hash, its newest, unused, and unexpired at the greatest time ever seen (I1); everything pinned is as it was (I12);
 * nothing is frozen; all locks are free at once (I5). One `run_started` records it, in one commit with the first
 * intents (I18).
 */

/** Decides a `start`. */
export function startRun(site: SiteState, input: StartInput): Decision {
  const atMs = knownTime(site, null, input);
  const created = createRun(input.plan, input.planHash, input.runId);
  const found =
    checkAuthorization(site, created.prepared, input, atMs) ??
    checkPins(input) ??
    checkSite(site, created.prepared, input);
  if (found !== null) return refuse({ site, run: null, input, atMs, problem: found });
  const draft = draftOf(site, created, atMs);
  emit(draft, startedEvent(site, created.prepared, input, atMs));
  noteStart(draft);
  advance(draft);
  return accept(draft);
}

function startedEvent(site: SiteState, prepared: PreparedRun, input: StartInput, atMs: number): Event {
  const { authorization, plan } = input;
  const owner = authorization.kind === "approval" ? authorization.principal.id : input.actor.id;
  invariant(owner !== "", "a run has an owner before it has anything else (I21)");
  return {
    kind: "run_started",
    runId: input.runId,
    planHash: input.planHash,
    authorization,
    actor: input.actor,
    owner,
    locks: prepared.locks,
    baseline: input.current.targets,
    reserved:
      authorization.kind === "grant"
        ? { grantId: authorization.grantId, writeCount: plan.bounds.writeCount, costUsd: plan.bounds.costUsd }
        : null,
    deadlineMs: atMs + plan.bounds.durationMs,
    epoch: site.epoch,
  };
}

function checkAuthorization(site: SiteState, prepared: PreparedRun, input: StartInput, atMs: number): Problem | null {
  const { authorization, plan, planHash } = input;
  if (mapGet(site.rejectedPlans, planHash) !== undefined)
    return problem("E_APPROVAL_REJECTED", "", "a person rejected this plan");
  if (authorization.kind === "read_only") {
    return prepared.hasWrites ? problem("E_APPROVAL_MISSING", "", "the plan writes, and nobody has approved it") : null;
  }
  if (authorization.planHash !== planHash)
    return problem(
      "E_APPROVAL_HASH",
      "",
      `what was approved is \`${authorization.planHash}\`, and this plan is \`${planHash}\``,
    );
  if (atMs >= authorization.expiresAtMs) return problem("E_APPROVAL_EXPIRED", "", "the approval has expired");
  if (!authorization.attended && plan.domain.environment !== "lab") {
    return problem(
      "E_APPROVAL_UNATTENDED",
      "",
      `an unattended approval does not count in \`${plan.domain.environment}\``,
    );
  }
  if (authorization.kind === "approval") return checkUnused(site, planHash, authorization.approvalId);
  const grant = mapGet(site.grants, authorization.grantId);
  if (grant === undefined) return problem("E_GRANT_UNKNOWN", "", `no grant \`${authorization.grantId}\` is recorded`);
  if (atMs >= grant.expiresAtMs) return problem("E_APPROVAL_EXPIRED", "", "the grant has expired");
  const covers = grant.writeCountLeft >= plan.bounds.writeCount && grant.costUsdLeft >= plan.bounds.costUsd;
  return covers
    ? null
    : problem(
        "E_GRANT_EXHAUSTED",
        "",
        `the grant has ${grant.writeCountLeft} writes and ${describeUsd(grant.costUsdLeft)} left`,
      );
}

/** A log that does not hold the approval says nothing of newer ones. */
function checkUnused(site: SiteState, planHash: Digest, approvalId: string): Problem | null {
  const user = mapGet(site.usedApprovals, approvalId);
  if (user !== undefined) return replayed(`the approval was used by \`${user}\``, user);
  const newest = mapGet(site.newestApprovals, planHash);
  if (newest === undefined) return null;
  if (newest.usedBy !== null)
    return replayed(`\`${newest.usedBy}\` used up every approval that this plan had when it started`, newest.usedBy);
  return newest.approvalId === approvalId
    ? null
    : problem("E_APPROVAL_REPLAY", "", "a newer approval of this plan replaced this one", "apply the plan again");
}

function replayed(message: string, run: string): Problem {
  return problem("E_APPROVAL_REPLAY", "", message, codes.E_APPROVAL_REPLAY.hint, { do: "explain", run });
}

function checkPins(input: StartInput): Problem | null {
  const { pins } = input.plan;
  const { current } = input;
  if (current.domain !== pins.domain)
    return problem("E_DOMAIN_DRIFT", "/pins/domain", "the domain is not the one the plan was made for");
  if (current.pack !== pins.pack)
    return problem("E_PACK_DRIFT", "/pins/pack", "the pack is not the one the plan was made from");
  if (current.connections !== pins.connections)
    return problem("E_CONNECTION_CHANGED", "/pins/connections", "the connections are not those the plan was made for");
  if (current.policies !== pins.policies)
    return problem("E_POLICY_CHANGED", "/pins/policies", "the policies are not those the plan was made under");
  if (current.situation !== pins.situation)
    return problem("E_SITUATION_CHANGED", "/pins/situation", "the situation is not the one that was decided");
  if (current.evidence !== pins.evidence)
    return problem("E_EVIDENCE_CHANGED", "/pins/evidence", "there is other evidence than when it was decided");
  if (current.engine !== pins.engine)
    return problem(
      "E_ENGINE_CHANGED",
      "/pins/engine",
      `the plan is for \`${pins.engine}\`, and this is \`${current.engine}\``,
    );
  return checkTargets(input);
}

function checkTargets(input: StartInput): Problem | null {
  const seen = new Map(input.current.targets.map((target) => [target.object, target]));
  for (const [index, pin] of input.plan.pins.targets.entries()) {
    const now = seen.get(pin.object);
    const pointer = `/pins/targets/${index}`;
    if (now === undefined) return problem("E_TARGET_UNSEEN", pointer, `\`${pin.object}\` cannot be read`);
    if (now.fingerprint !== pin.fingerprint) return targetChanged(input.plan, pin, { now, pointer });
  }
  return null;
}

function targetChanged(
  plan: Plan,
  { object, facts }: TargetPin,
  { now, pointer }: { readonly now: ObservedObject; readonly pointer: string },
): Problem {
  const what = describeTargetChange(plan, facts, now);
  return problem("E_TARGET_CHANGED", pointer, `\`${object}\` changed since the plan was made${what}`);
}

function checkSite(site: SiteState, prepared: PreparedRun, input: StartInput): Problem | null {
  const { parent } = input.plan;
  // A run that ended is not in doubt, so its successor builds on a known state.
  if (parent !== null && mapGet(site.openRuns, parent.runId) !== undefined)
    return problem(
      "E_PARENT_OPEN",
      "/parent",
      `\`${parent.runId}\`, which this plan succeeds, has not ended`,
      codes.E_PARENT_OPEN.hint,
      { do: "watch", run: parent.runId },
    );
  if (mapGet(site.openRuns, input.runId) !== undefined)
    return problem("E_RUN_EXISTS", "", `there is a run \`${input.runId}\` already`);
  const freeze = prepared.hasWrites ? findFreeze(site, [input.plan.domain.name, ...prepared.locks]) : null;
  if (freeze !== null) return frozen(freeze, "");
  for (const lock of prepared.locks) {
    const holder = mapGet(site.locks, lock);
    if (holder !== undefined)
      return problem("E_LOCKED", "", `\`${lock}\` is locked by \`${holder}\``, codes.E_LOCKED.hint, {
        do: "watch",
        run: holder,
      });
  }
  return null;
}
