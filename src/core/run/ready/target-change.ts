import { factName, type ObservedObject } from "../../plan/compile/read-object.ts";
import type { Fact, ObjectObservation, Plan } from "../../plan/plan.ts";
import { factIn, sayFact } from "./facts.ts";

/** How many values a sentence shows. */
const shownMax = 3;

/**
 * What of a fingerprint changed, as the end of a sentence: `: `host.a.version` was 'v1' and is 'v3'`. A plan keeps a
 * fingerprint as a digest, so only a fact can show a value. Where none does, it names the places that are left.
 */
export function describeTargetChange(
  { observations }: Pick<Plan, "observations">,
  known: readonly { readonly name: Fact["name"]; readonly value: Fact["value"] | null }[],
  now: ObservedObject,
): string {
  const observation = observations.find(({ object }) => object === now.object);
  if (observation === undefined) return "";
  const covered = observation.facts.filter(({ pointer }) => isCovered(observation, pointer));
  const names = new Set(covered.map(({ fact }) => factName(now.object, fact)));
  const moved = known.flatMap(({ name, value }) => {
    const is = factIn([now], name);
    if (!names.has(name) || is === value) return [];
    return [`\`${name}\` was ${sayValue(value)} and is ${sayValue(is)}`];
  });
  if (moved.length > 0) {
    const more = moved.length > shownMax ? `, and ${moved.length - shownMax} more of its facts changed` : "";
    return `: ${moved.slice(0, shownMax).join(", ")}${more}`;
  }
  const pointers = new Set(covered.map(({ pointer }) => pointer));
  const left = observation.fingerprint.filter((pointer) => !pointers.has(pointer)).map((pointer) => `\`${pointer}\``);
  if (left.length === 0) return "";
  return `: its facts are as they were, and its fingerprint covers ${left.join(", ")} as well`;
}

function isCovered({ fingerprint }: ObjectObservation, pointer: string): boolean {
  return fingerprint.some((part) => pointer === part || pointer.startsWith(`${part}/`));
}

function sayValue(value: Fact["value"] | null): string {
  return value === null ? "unknown" : sayFact(value);
}
