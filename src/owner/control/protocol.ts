import type { Principal } from "../../core/approval/approval.ts";
import type { SiteEvent } from "../../core/run/words/event.ts";
import type { AnswerInput, FreezeInput, OperatorInput, ResolveInput } from "../../core/run/words/input.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import type { AppendBatch } from "../../log/store.ts";

/**
 * What another process of the same user may ask of the owner: an operator's input, to record something of the site, or
 * to work on the store.
 */
export type ControlInput = OperatorControl | RecordControl | StoreControl | ApplyControl;

/**
 * To begin a run of an approved plan: the owner looks the plan and its authorization up itself, and answers with the
 * run's id.
 */
export interface ApplyControl {
  readonly kind: "apply";
  readonly planHash: Digest;
  readonly by: Principal;
}

/** Work on the store itself, which its owner alone may do; and what only the owner knows of it. */
export type StoreControl =
  | {
      readonly kind: "archive_bodies";
      readonly runIds: readonly string[];
      readonly archiveFolder: string;
      readonly by: Principal;
      readonly reason: string;
    }
  | {
      readonly kind: "destroy_bodies";
      readonly runIds: readonly string[];
      readonly by: Principal;
      readonly reason: string;
    }
  | { readonly kind: "restore_bodies"; readonly archivePath: string; readonly by: Principal; readonly reason: string }
  | { readonly kind: "measure"; readonly by: Principal };

/** An operator's input, whose time the owner sets. */
export type OperatorControl =
  | WithoutTime<OperatorInput>
  | WithoutTime<ResolveInput>
  | WithoutTime<AnswerInput>
  | WithoutTime<FreezeInput>;

/** Events of the site that need no decision, with what lies beside them. */
export interface RecordControl {
  readonly kind: "record";
  readonly events: readonly SiteEvent[];
  readonly documents: AppendBatch["documents"];
}

type WithoutTime<T extends { readonly atMs: number }> = T extends unknown ? Omit<T, "atMs"> : never;

/** The kinds of event that may be recorded from outside: none of them starts, moves or ends a run. */
export type RecordableKind = Exclude<SiteEvent["kind"], "engine_opened" | "frozen" | "unfrozen">;

/** One line of JSON each way. */
export interface ControlRequest {
  readonly format: "interlock.control/1";
  readonly input: ControlInput;
}

/**
 * The owner's answer: the kinds of the events it led to and what it came to (`null` where that is all), or why it was
 * refused.
 */
export type ControlReply =
  | {
      readonly format: "interlock.control/1";
      readonly ok: true;
      readonly events: readonly string[];
      readonly value: JsonValue;
    }
  | { readonly format: "interlock.control/1"; readonly ok: false; readonly problem: Problem };

/** A line longer than this is no operator's input: a plan of a thousand steps has about 5 MB. */
export const controlLineBytesMax = 16_000_000;
