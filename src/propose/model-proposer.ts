import { type Problem, problem } from "../core/value/codes.ts";
import { digest } from "../core/value/digest.ts";
import type { JsonObject } from "../core/value/json-value.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { composePrompt, type PromptConfidentiality } from "./compose-prompt.ts";
import { type ModelDriver, type ModelPrompt, type ModelReply, requestDigest } from "./model-driver.ts";
import type { ModelCall, Proposer } from "./proposer.ts";

/** How a model is asked. */
export interface ModelProposerOptions {
  readonly id: string;
  readonly outputSchema: JsonObject;
  readonly confidentiality: PromptConfidentiality;
}

/** Proposes what a language model answers: one request a round, structured output, every call told. */
export function createModelProposer(driver: ModelDriver, options: ModelProposerOptions): Proposer {
  return {
    id: options.id,
    kind: "model",
    propose: async (request) => {
      const prompt = composePrompt(request, options.confidentiality);
      const reply = await driver
        .ask(prompt, options.outputSchema, request.signal)
        .catch((error: unknown): ModelReply => ({ kind: "failed", reason: reasonOf(error) }));
      request.onCall(callOf(driver.model, prompt, reply));
      return answerOf(reply, options.id);
    },
  };
}

/** What kind of failure it was; the provider's own words stay with it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "error";
  const status = "statusCode" in error && typeof error.statusCode === "number" ? ` (HTTP ${error.statusCode})` : "";
  return `${error.name}${status}`;
}

function callOf(model: string, prompt: ModelPrompt, reply: ModelReply): ModelCall {
  const request = requestDigest(model, prompt);
  if (reply.kind === "failed")
    return { model, request, reply: null, inputTokenCount: null, outputTokenCount: null, text: null };
  const { inputTokenCount, outputTokenCount, text } = reply;
  // The model that answered, not the one asked for: an alias may move.
  return {
    model: reply.model,
    request,
    reply: digest("interlock.proposer-reply/1", { text: text.toWellFormed() }),
    inputTokenCount,
    outputTokenCount,
    text,
  };
}

function answerOf(reply: ModelReply, id: string): Result<Uint8Array, readonly Problem[]> {
  if (reply.kind === "failed")
    return fail([problem("E_PROPOSER_FAILED", "", `the proposer \`${id}\` gave no answer: ${reply.reason}`)]);
  return ok(new TextEncoder().encode(reply.text));
}
