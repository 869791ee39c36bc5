import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Principal } from "../../core/approval/approval.ts";
import { kernelVersion, type Plan } from "../../core/plan/plan.ts";
import type { Authorization, CurrentPins, Standing, StartInput } from "../../core/run/words/input.ts";
import type { RunState } from "../../core/run/words/state.ts";
import type { Problem } from "../../core/value/codes.ts";
import { type Digest, digestBytes } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { resolveSecret } from "../../engine/effects/secrets.ts";
import type { EngineOptions } from "../../engine/engine.ts";
import type { OwnerOptions } from "../../owner/owner.ts";
import type { Authorizer, Clock } from "../../ports.ts";
import { observePins } from "../plan/plan-proposal.ts";
import { permitControl } from "../site/permit.ts";
import { findDrift, findPinDrift, type Site } from "../site/site.ts";

/** What the engine needs of a site; the store comes with its owner. */
export function engineOptions(
  site: Site,
  options: {
    readonly clock: Clock;
    readonly authorizer: Authorizer;
    readonly actor: Principal;
    readonly onEvent: NonNullable<EngineOptions["onEvent"]>;
  },
): Omit<OwnerOptions, "release"> {
  const standing = async (run: RunState): Promise<Standing> => {
    const decision = options.authorizer.authorize({
      principal: options.actor,
      capability: "apply",
      resource: run.prepared.planHash,
      context: {},
    });
    if (decision.kind === "forbid") return { kind: "withdrawn", problem: decision.problem };
    // A run that was taken over may have begun on another site than this one: what changed in between is drift too.
    const drift = findPinDrift(site, run.prepared.plan.pins) ?? findDrift(site);
    return drift === null ? { kind: "permitted" } : { kind: "withdrawn", problem: drift };
  };
  return {
    connections: site.connections,
    clock: options.clock,
    resolveSecret,
    standing,
    onEvent: options.onEvent,
    permit: permitControl(options.authorizer),
    by: options.actor,
  };
}

/** Approval → run: the input that starts it, with everything as it is now. The kernel decides; nothing has been touched yet. */
export async function prepareStart(
  site: Site,
  options: {
    readonly plan: Plan;
    readonly planHash: Digest;
    readonly authorization: Authorization;
    readonly actor: Principal;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly decided?: Pick<CurrentPins, "situation" | "evidence">;
  },
): Promise<Result<StartInput, Problem>> {
  const { plan, planHash, authorization, actor, clock } = options;
  const targets = await observePins(site, plan, options.signal);
  if (!targets.ok) return fail(targets.error);
  const decided = options.decided ?? { situation: findSituation(site, plan), evidence: plan.pins.evidence };
  const current: CurrentPins = { ...site.pins, ...decided, engine: kernelVersion, targets: targets.value };
  return ok({
    kind: "start",
    runId: newRunId(clock.nowMs()),
    plan,
    planHash,
    authorization,
    current,
    actor,
    atMs: clock.nowMs(),
  });
}

/** The pinned situation, if the pack still holds it as it was decided; `null` otherwise, and the kernel refuses. */
function findSituation(site: Site, plan: Plan): Digest | null {
  const isKept = site.pack.files
    .filter((file) => file.startsWith("situations/"))
    .some((file) => situationDigest(readFileSync(join(site.pack.folder, file))) === plan.pins.situation);
  return isKept ? plan.pins.situation : null;
}

/** The digest of a situation's file, which a plan decided from it pins. */
export function situationDigest(bytes: Uint8Array): Digest {
  return digestBytes("interlock.situation-file/1", bytes);
}

/** Ids sort by the time they were made, so that a listing by id is a listing by age and indexes grow at their end. */
export function newRunId(nowMs: number): string {
  return `run_${nowMs.toString(36).padStart(9, "0")}${randomBytes(4).toString("hex")}`;
}
