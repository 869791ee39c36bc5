import type { AnswerInput, FreezeInput, OperatorInput, ResolveInput } from "../../core/run/input.ts";
import type { Problem } from "../../core/value/codes.ts";

/** What another process of the same user may ask of the owner: an operator's input, whose time the owner sets. */
export type ControlInput = WithoutTime<OperatorInput> | WithoutTime<ResolveInput> | WithoutTime<AnswerInput> | WithoutTime<FreezeInput>;

type WithoutTime<T extends { readonly atMs: number }> = T extends unknown ? Omit<T, "atMs"> : never;

/** One line of JSON each way. */
export interface ControlRequest {
  readonly format: "interlock.control/1";
  readonly input: ControlInput;
}

export type ControlReply =
  | { readonly format: "interlock.control/1"; readonly ok: true; readonly events: readonly string[] }
  | { readonly format: "interlock.control/1"; readonly ok: false; readonly problem: Problem };

/** A line longer than this is no operator's input. */
export const controlLineBytesMax = 65_536;
