import { problem } from "../core/value/codes.ts";
import { digest } from "../core/value/digest.ts";
import type { JsonObject } from "../core/value/json-value.ts";
import { fail, ok } from "../core/value/result.ts";
import { askModel } from "../models/ask.ts";
import { requestDigest } from "../models/request-digest.ts";
import type { Model, ModelPrompt, ModelReply } from "../ports.ts";
import { composePrompt, type PromptConfidentiality } from "./compose-prompt.ts";
import type { ModelCall, Proposer } from "./proposer.ts";

/** How a model is asked. */
export interface ModelProposerOptions {
  readonly id: string;
  readonly outputSchema: JsonObject;
  readonly confidentiality: PromptConfidentiality;
}

const outputTokenCountMax = 16_000;

/** Proposes what a language model answers: one request a round, with structured output. Every call is reported. */
export function createModelProposer(model: Model, options: ModelProposerOptions): Proposer {
  const { id, outputSchema, confidentiality } = options;
  const output = { name: "proposal", schema: outputSchema };
  return {
    id,
    kind: "model",
    propose: async (request) => {
      const prompt = composePrompt(request, confidentiality);
      // The process that started us keeps the time, and ends us when the time is over.
      const asked = { prompt, output, outputTokenCountMax, signal: request.signal };
      const reply = await askModel(model, asked, { timeoutMs: null });
      request.onCall(callOf(model.name, prompt, reply));
      return reply.kind === "said"
        ? ok(new TextEncoder().encode(reply.text))
        : fail([problem("E_PROPOSER_FAILED", "", `the proposer \`${id}\` gave no answer: ${reply.reason}`)]);
    },
  };
}

function callOf(model: string, prompt: ModelPrompt, reply: ModelReply): ModelCall {
  const request = requestDigest("proposal", model, prompt);
  if (reply.kind === "failed")
    return { model, request, reply: null, inputTokenCount: null, outputTokenCount: null, text: null };
  const { inputTokenCount, outputTokenCount, text } = reply;
  return {
    // The model that answered, not the one asked for: an alias may come to mean another model.
    model: reply.model,
    request,
    reply: digest("interlock.proposer-reply/1", { text: text.toWellFormed() }),
    inputTokenCount,
    outputTokenCount,
    text,
  };
}
