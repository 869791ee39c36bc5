import type { LanguageModel } from "ai";
import type { ModelDriver } from "./model-driver.ts";

/** A model of the AI SDK; a string would be routed through a hosted gateway, so only instances are taken. */
export type LanguageModelInstance = Exclude<LanguageModel, string>;

/** Where a model is reached. `apiKey` comes over the channel that started this process, never from its environment. */
export interface ModelAddress {
  /** Base URL of a server speaking the chat-completions protocol, such as `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey: string | null;
}

const outputTokenCountMax = 16_000;

/** A model behind any server that speaks the chat-completions protocol. The libraries are loaded when it is made. */
export async function liveModel(address: ModelAddress): Promise<ModelDriver> {
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const provider = createOpenAICompatible({
    name: "proposer",
    baseURL: address.baseUrl,
    supportsStructuredOutputs: true,
    ...(address.apiKey === null ? {} : { apiKey: address.apiKey }),
  });
  return modelDriver(provider.chatModel(address.model), address.model);
}

/** A driver on a model instance of the AI SDK. */
export function modelDriver(model: LanguageModelInstance, name: string): ModelDriver {
  return {
    model: name,
    ask: async (prompt, outputSchema, signal) => {
      const { Output, generateText, jsonSchema } = await import("ai");
      const reply = await generateText({
        model,
        instructions: prompt.instructions,
        messages: [...prompt.messages],
        temperature: 0,
        maxOutputTokens: outputTokenCountMax,
        // The schema constrains the provider; what is kept is the text, because the strict intake is the one that reads it.
        output: Output.object({ schema: jsonSchema(outputSchema as object), name: "proposal" }),
        // A retry would be a second call nobody recorded.
        maxRetries: 0,
        abortSignal: signal,
      });
      const { inputTokens, outputTokens } = reply.usage;
      return {
        kind: "said",
        text: reply.text,
        model: reply.response.modelId,
        inputTokenCount: inputTokens ?? null,
        outputTokenCount: outputTokens ?? null,
      };
    },
  };
}
