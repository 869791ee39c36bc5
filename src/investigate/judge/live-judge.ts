import type { LanguageModel } from "ai";
import type { JudgeDriver } from "./ask-judge.ts";

/** A model of the AI SDK; a string would be routed through a hosted gateway, so only instances are taken. */
export type LanguageModelInstance = Exclude<LanguageModel, string>;

/** Where a live judge is reached. `apiKey` is resolved by the caller, in the process that may hold it. */
export interface LiveJudgeAddress {
  /** Base URL of a server speaking the chat-completions protocol, such as `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey: string | null;
}

/** A judge behind any server that speaks the chat-completions protocol. The libraries are loaded when it is made. */
export async function liveJudge(address: LiveJudgeAddress): Promise<JudgeDriver> {
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const provider = createOpenAICompatible({
    name: "judge",
    baseURL: address.baseUrl,
    ...(address.apiKey === null ? {} : { apiKey: address.apiKey }),
  });
  return modelJudge(provider.chatModel(address.model), address.model);
}

/** A judge on a model instance of the AI SDK. */
export function modelJudge(model: LanguageModelInstance, name: string): JudgeDriver {
  return {
    model: name,
    ask: async (prompt, signal) => {
      const { generateText } = await import("ai");
      const reply = await generateText({
        model,
        instructions: prompt.instructions,
        prompt: prompt.material,
        temperature: 0,
        maxOutputTokens: 2_000,
        // One question is one request: a retry would be a second, dependent observation paid for twice.
        maxRetries: 0,
        abortSignal: signal,
      });
      const { inputTokens, outputTokens } = reply.usage;
      const tokenCounts =
        inputTokens === undefined || outputTokens === undefined ? null : { input: inputTokens, output: outputTokens };
      return { kind: "said", text: reply.text, model: reply.response.modelId, tokenCounts };
    },
  };
}
