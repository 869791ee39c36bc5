import type { Problem } from "../core/value/codes.ts";
import type { JsonObject } from "../core/value/json-value.ts";
import { ok, type Result } from "../core/value/result.ts";
import { cassetteModel, parseCassette } from "./cassette.ts";
import type { PromptConfidentiality } from "./compose-prompt.ts";
import { liveModel } from "./live-model.ts";
import { createModelProposer } from "./model-proposer.ts";
import type { ModelCall, ProposeRequest, Proposer } from "./proposer.ts";
import { createWorkflowProposer, type Workflow } from "./workflow-proposer.ts";

/** Everything a proposer's process is told of who it is; the one secret in it is the provider's own key. */
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

/** Builds the proposer in the process that is to be it. */
export async function buildProposer(spec: ProposerSpec): Promise<Result<Proposer, readonly Problem[]>> {
  switch (spec.kind) {
    case "workflow":
      return ok(createWorkflowProposer(spec.workflow));
    case "cassette": {
      const entries = parseCassette(spec.lines);
      return entries.ok ? ok(createModelProposer(cassetteModel(spec.model, entries.value), spec)) : entries;
    }
    case "model":
      return ok(createModelProposer(await liveModel(spec), spec));
  }
}

/** A request as it travels: without what belongs to one process alone. */
export type SentRequest = Omit<ProposeRequest, "signal" | "onCall">;

/** What the parent says. */
export type ToProposer =
  | { readonly kind: "start"; readonly spec: ProposerSpec }
  | { readonly kind: "propose"; readonly request: SentRequest };

/** What the proposer's process says. */
export type FromProposer =
  | { readonly kind: "called"; readonly call: ModelCall }
  | { readonly kind: "proposed"; readonly result: Result<Uint8Array, readonly Problem[]> };
