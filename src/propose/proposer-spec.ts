import type { Problem } from "../core/value/codes.ts";
import type { JsonObject } from "../core/value/json-value.ts";
import { ok, type Result } from "../core/value/result.ts";
import { cassetteModel, parseCassette } from "../models/cassette.ts";
import { liveModel } from "../models/live.ts";
import type { PromptConfidentiality } from "./compose-prompt.ts";
import { createModelProposer } from "./model-proposer.ts";
import type { ModelCall, ProposeRequest, Proposer } from "./proposer.ts";
import { createWorkflowProposer, type Workflow } from "./workflow-proposer.ts";

/** Everything that a proposer's process is told about itself. The only secret in it is its provider's key. */
export type ProposerSpec =
  | { readonly kind: "workflow"; readonly workflow: Workflow }
  | {
      readonly kind: "cassette";
      readonly id: string;
      readonly model: string;
      readonly lines: string;
      readonly outputSchema: JsonObject;
      readonly confidentiality: PromptConfidentiality;
    }
  | {
      readonly kind: "model";
      readonly id: string;
      readonly baseUrl: string;
      readonly model: string;
      readonly apiKey: string | null;
      readonly outputSchema: JsonObject;
      readonly confidentiality: PromptConfidentiality;
    };

/** Builds the proposer, in the process in which it runs. */
export function buildProposer(spec: ProposerSpec): Result<Proposer, readonly Problem[]> {
  switch (spec.kind) {
    case "workflow":
      return ok(createWorkflowProposer(spec.workflow));
    case "cassette": {
      const cassette = parseCassette("proposal", spec.lines);
      return cassette.ok ? ok(createModelProposer(cassetteModel(spec.model, cassette.value), spec)) : cassette;
    }
    case "model":
      return ok(createModelProposer(liveModel(spec), spec));
  }
}

/** A request to the process, without what cannot leave ours. */
export type SentRequest = Omit<ProposeRequest, "signal" | "onCall">;

/** Messages from our process to the proposer's. */
export type ToProposer =
  | { readonly kind: "start"; readonly spec: ProposerSpec }
  | { readonly kind: "propose"; readonly request: SentRequest };

/** Messages from the proposer's process to ours. */
export type FromProposer =
  | { readonly kind: "called"; readonly call: ModelCall }
  | { readonly kind: "proposed"; readonly result: Result<Uint8Array, readonly Problem[]> };
