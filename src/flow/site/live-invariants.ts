import { indexDomain } from "../../core/domain/domain-index.ts";
import { groundCondition } from "../../core/plan/compile/ground-guard.ts";
import type { ObservedObject } from "../../core/plan/compile/read-object.ts";
import type { ObjectRef } from "../../core/plan/plan.ts";
import type { Problem } from "../../core/value/codes.ts";
import { type LiveCondition, readConditions } from "./live-conditions.ts";
import type { Site } from "./site.ts";
import type { Workplace } from "./workplace.ts";

/** How an invariant of the domain stands by what was just read. */
export type LiveInvariant = LiveCondition;

/**
 * Reads every object that an invariant of the domain is about, once, and judges each invariant as a run does.
 *
 * @param known - what was read just before, or why it could not be: these objects are not read again
 */
export function readInvariants(
  place: Workplace,
  site: Site,
  known: ReadonlyMap<ObjectRef, readonly ObservedObject[] | Problem> = new Map(),
): Promise<readonly LiveInvariant[]> {
  const index = indexDomain(site.pack.domain);
  const declared = site.pack.domain.invariants.flatMap(({ name, holds }) => {
    const ground = groundCondition(holds, index, "");
    return ground.ok ? [{ name, text: ground.value.text, reads: ground.value.reads }] : [];
  });
  return readConditions(place, site, declared, known);
}
