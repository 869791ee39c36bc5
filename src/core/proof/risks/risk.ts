import type { RiskCode } from "../../plan/policy/risk-codes.ts";
import type { World, WorldStep } from "../world.ts";

/** Something that a plan may do, and that a person should know before approving it. */
export interface Risk {
  readonly code: RiskCode;
  /** The steps it is about, in the order of the plan; empty where it is about the plan. */
  readonly steps: readonly string[];
  readonly text: string;
}

/** The steps that run on one course, in the order of the plan. */
export type Ran = readonly WorldStep[];

const namesMax = 3;

/** The first of some names, and how many more there are. */
export function named(names: readonly string[]): string {
  const shown = names.slice(0, namesMax).join(", ");
  return names.length > namesMax ? `${shown} and ${names.length - namesMax} more` : shown;
}

/** Whether something may happen here that the effects of the plan do not show, or somebody looks and decides. */
export function mayShowMore({ measured }: World, step: WorldStep): boolean {
  return !step.isWrite || step.effect.size === 0 || [...step.blurred].some((fact) => !measured.has(fact));
}
