import type { Principal } from "../../core/approval/approval.ts";
import type { SiteEvent } from "../../core/run/words/event.ts";
import type { AnchorInput, AnswerInput, FreezeInput, OperatorInput, ResolveInput } from "../../core/run/words/input.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import type { StoredDocument } from "../../ports.ts";

/**
 * What another process of the same user may ask of the owner: an operator's input, recording something about the site,
 * work on the store, or starting a run.
 */
export type ControlInput = OperatorControl | RecordControl | StoreControl | ApplyControl;

/**
 * Starts a run of an approved plan. The owner finds the plan and its authorization itself, and answers with the run's
 * id.
 */
export interface ApplyControl {
  readonly kind: "apply";
  readonly planHash: Digest;
  readonly by: Principal;
}

/** Work on the store that only its owner may do, and questions that only the owner can answer. */
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
  | { readonly kind: "accept_log"; readonly by: Principal; readonly reason: string }
  | { readonly kind: "measure"; readonly by: Principal };

/** An operator's input. The owner sets its time, and measures what its own clock has to do with it. */
export type OperatorControl =
  | WithoutTime<OperatorInput>
  | WithoutTime<ResolveInput>
  | WithoutTime<AnswerInput>
  | WithoutTime<FreezeInput>
  | Omit<WithoutTime<AnchorInput>, "leadMs">;

/** Events of the site that need no decision, with the documents that belong to them. */
export interface RecordControl {
  readonly kind: "record";
  readonly events: readonly SiteEvent[];
  readonly documents: readonly StoredDocument[];
}

/** An answer to a question of a run, as a person signed it. */
export type AnswerControl = WithoutTime<AnswerInput>;

type WithoutTime<T extends { readonly atMs: number }> = T extends unknown ? Omit<T, "atMs"> : never;

/** The kinds of event that may be recorded from outside. None of them starts, moves or ends a run. */
export type RecordableKind = Exclude<
  SiteEvent["kind"],
  // What counts as evidence is said by the process that answers the incident, and by nobody else.
  "engine_opened" | "frozen" | "unfrozen" | "clock_anchored" | "incident_evidence"
>;

/** A request. It is sent as one line of JSON, and so is the reply. */
export interface ControlRequest {
  readonly format: "interlock.control/1";
  readonly input: ControlInput;
}

/**
 * The owner's answer: the kinds of the events that the input led to, and its result if it has one (otherwise `null`);
 * or why the input was refused.
 */
export type ControlReply =
  | {
      readonly format: "interlock.control/1";
      readonly ok: true;
      readonly events: readonly string[];
      readonly value: JsonValue;
    }
  | { readonly format: "interlock.control/1"; readonly ok: false; readonly problem: Problem };

/** No input is longer than this: a plan of a thousand steps has about 5 MB. */
export const controlLineBytesMax = 16_000_000;
