import { indexDomain } from "../../core/domain/domain-index.ts";
import { type Conjunct, conjunctsOf, describeConjunct, judgeConjunct } from "../../core/guard/conjuncts.ts";
import type { Lookup } from "../../core/guard/evaluate-guard.ts";
import { buildObservation } from "../../core/plan/compile/build-call.ts";
import type { GroundGuard } from "../../core/plan/compile/ground-guard.ts";
import type { ObservedObject } from "../../core/plan/compile/read-object.ts";
import type { ObjectRef } from "../../core/plan/plan.ts";
import { lookupIn } from "../../core/run/ready/facts.ts";
import type { Problem } from "../../core/value/codes.ts";
import { observeObjects } from "../../engine/effects/perform-observe.ts";
import { stopOn } from "../../ports/stop.ts";
import { askPermission } from "./permit.ts";
import type { Site } from "./site.ts";
import type { Workplace } from "./workplace.ts";

/** A condition over facts of the domain, with a name for people. */
export interface Condition extends Pick<GroundGuard, "text" | "reads"> {
  readonly name: string;
}

/** How a condition stands by what was just read. */
export interface LiveCondition {
  readonly name: string;
  readonly state: "holds" | "broken" | "unknown";
  /** The part that does not hold, or is not known, with the values of its facts; empty if it holds. */
  readonly why: string;
  /** How many objects it reads. */
  readonly objectCount: number;
}

/**
 * Reads every object that one of the conditions is about, once, and judges each condition as a run does. An object that
 * cannot be read, or that the actor may not read, leaves its facts unknown. The caller has checked that the site is
 * trusted.
 *
 * @param known - what was read just before, or why it could not be: these objects are not read again
 */
export async function readConditions(
  place: Workplace,
  site: Site,
  conditions: readonly Condition[],
  known: ReadonlyMap<ObjectRef, readonly ObservedObject[] | Problem> = new Map(),
): Promise<readonly LiveCondition[]> {
  const wanted = [...new Set(conditions.flatMap(({ reads }) => reads))].sort();
  const unread = new Map<ObjectRef, Problem>();
  const seen: ObservedObject[] = [];
  await Promise.all(
    wanted.map(async (object) => {
      const read = known.get(object) ?? (await readOne(place, site, object));
      if (read === undefined) return;
      if ("code" in read) unread.set(object, read);
      else seen.push(...read);
    }),
  );
  const lookup = lookupIn(seen);
  return conditions.map(({ name, text, reads }) => {
    const [first] = reads.flatMap((object) => unread.get(object) ?? []);
    return { name, objectCount: reads.length, ...judge(conjunctsOf({ name, holds: text }), lookup, first) };
  });
}

async function readOne(
  place: Workplace,
  site: Site,
  object: ObjectRef,
): Promise<readonly ObservedObject[] | Problem | undefined> {
  const observation = buildObservation(object, indexDomain(site.pack.domain));
  if (observation === undefined) return undefined;
  const asked = { by: place.actor, capability: "read", resource: object } as const;
  const decision = askPermission(place.ports.authorizer, asked);
  if (decision.kind !== "permit") return decision.problem;
  const { resolveSecret, clock } = place.ports;
  const { signal } = new AbortController();
  const context = { connections: site.connections, resolveSecret, clock, stop: stopOn(signal) };
  const seen = await observeObjects([observation], context);
  return seen.ok ? seen.value : seen.error;
}

function judge(
  parts: readonly Conjunct[],
  lookup: Lookup,
  unread: Problem | undefined,
): Pick<LiveCondition, "state" | "why"> {
  const broken = parts.find((part) => judgeConjunct(part, lookup) === "broken");
  if (broken !== undefined) return { state: "broken", why: describeConjunct(broken, lookup) };
  const open = parts.find((part) => judgeConjunct(part, lookup) === "unknown");
  if (open === undefined) return { state: "holds", why: "" };
  const why = describeConjunct(open, lookup);
  return { state: "unknown", why: unread === undefined ? why : `${why}; ${unread.message}` };
}
