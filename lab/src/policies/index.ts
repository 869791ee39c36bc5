/** Policies by name, for commands and for anyone who brings their own. */
import { pathToFileURL } from "node:url";
import type { Policy } from "../contract/episode.ts";
import { POLICIES } from "./built-in.ts";

export { fixedPolicy, POLICIES } from "./built-in.ts";
export type { PriorName } from "./contexts.ts";
export { drawContext, PRIORS } from "./contexts.ts";
export type { Outcome, Outcomes } from "./outcomes.ts";
export { OUTCOME_THRESHOLDS, observeAll, outcomeOf, PROBE_OUTCOMES } from "./outcomes.ts";
export type { Known, Move, Observation } from "./stepwise.ts";
export { stepwisePolicy } from "./stepwise.ts";

/**
 * Finds a policy: a built-in by its name, or one of your own as a path to a module that exports `policy`.
 *
 * @returns undefined when there is no such built-in; a module that cannot be loaded, or exports none, throws
 */
export async function findPolicy(name: string): Promise<Policy | undefined> {
  const builtIn = POLICIES.find((policy) => policy.name === name);
  if (builtIn !== undefined || !/[./]/.test(name)) return builtIn;
  const module: unknown = await import(pathToFileURL(name).href);
  if (!hasPolicy(module))
    throw new TypeError(`\`${name}\` exports no \`policy\` with a name and a function \`decide\``);
  return module.policy;
}

function hasPolicy(module: unknown): module is { readonly policy: Policy } {
  if (typeof module !== "object" || module === null || !("policy" in module)) return false;
  const { policy } = module;
  return (
    typeof policy === "object" &&
    policy !== null &&
    "decide" in policy &&
    typeof policy.decide === "function" &&
    "name" in policy &&
    typeof policy.name === "string"
  );
}
