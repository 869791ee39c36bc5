import type { PlanFormat } from "./plan.ts";

/**
 * The forms a plan may have. New plans have the last; a plan of an earlier one keeps its form, its bytes and its hash.
 */
export const planFormats: readonly [PlanFormat, ...PlanFormat[]] = ["interlock.plan/1", "interlock.plan/2"];

/** The form in which plans are compiled. */
export const planFormat = "interlock.plan/2" satisfies PlanFormat;

/** The rules of execution that this release's kernel follows; part of every plan's pins. */
export const kernelVersion = "interlock.kernel/1";
