import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Principal } from "../../core/approval/approval.ts";
import type { Plan } from "../../core/plan/plan.ts";
import { kernelVersion } from "../../core/plan/plan-format.ts";
import type { Authorization, CurrentPins, StartInput } from "../../core/run/words/input.ts";
import type { Problem } from "../../core/value/codes.ts";
import { type Digest, digestBytes } from "../../core/value/digest.ts";
import { limits } from "../../core/value/limits.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { readRegular } from "../../intake/read-file.ts";
import { observePins } from "../plan/plan-proposal.ts";
import type { Site } from "../site/site.ts";
import type { Workplace } from "../site/workplace.ts";

/** What a run starts with. */
export interface StartOptions {
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly authorization: Authorization;
  readonly actor: Principal;
}

/**
 * Builds the input that starts a run, with everything as it is now. The kernel decides on it. Nothing has been touched
 * yet.
 */
export async function prepareStart(
  place: Pick<Workplace, "ports">,
  site: Site,
  options: StartOptions,
): Promise<Result<StartInput, Problem>> {
  const { plan, planHash, authorization, actor } = options;
  const { clock } = place.ports;
  const targets = await observePins(place, site, plan);
  if (!targets.ok) return fail(targets.error);
  const decided = { situation: findSituation(site, plan), evidence: plan.pins.evidence };
  const current: CurrentPins = { ...site.pins, ...decided, engine: kernelVersion, targets: targets.value };
  const runId = newRunId(clock.nowMs());
  return ok({ kind: "start", runId, plan, planHash, authorization, current, actor, atMs: clock.nowMs() });
}

/** The pinned situation, if the pack still contains it unchanged. Otherwise `null`, and the kernel refuses. */
function findSituation(site: Site, { pins: { situation } }: Plan): Digest | null {
  return situation === null || findSituationFile(site, situation) === null ? null : situation;
}

/** The bytes of the situation with this digest, if the pack contains it. */
export function findSituationFile(site: Site, wanted: Digest): Uint8Array | null {
  for (const file of site.pack.files.filter((name) => name.startsWith("situations/"))) {
    const bytes = readRegular(join(site.pack.folder, file), { bytesMax: limits.bodyBytesMax, links: "refused" });
    if (bytes.ok && situationDigest(bytes.value) === wanted) return bytes.value;
  }
  return null;
}

/** The digest of a situation's file. A plan that was decided from it pins it. */
export function situationDigest(bytes: Uint8Array): Digest {
  return digestBytes("interlock.situation-file/1", bytes);
}

/** Ids sort by the time of their making, so that a list by id is a list by age, and indexes grow at their end. */
export function newRunId(nowMs: number): string {
  return `run_${nowMs.toString(36).padStart(9, "0")}${randomBytes(4).toString("hex")}`;
}
