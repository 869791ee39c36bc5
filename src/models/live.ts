// The only file that imports the AI SDK. It loads the SDK with the first request, so that nothing else waits for it.
import type { Model, ModelReply, ModelRequest } from "../ports.ts";

/**
 * Where a model is reached. The caller resolves `apiKey`, in the process that may hold it. The environment is not read.
 */
export interface ModelAddress {
  /** Base URL of a server that speaks the chat-completions protocol, such as `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey: string | null;
}

/** The most bytes that are read of one reply, decompressed. */
const replyBytesMax = 2_000_000;

/** A model behind any server that speaks the chat-completions protocol. */
export function liveModel(address: ModelAddress): Model {
  return {
    name: address.model,
    ask: async (request) => {
      const bounded = boundedFetch();
      try {
        return await generate(address, request, bounded.fetch);
      } catch (error) {
        const reason = bounded.isTooLong()
          ? `the server sent more than ${replyBytesMax} bytes`
          : describeFailure(error, request.signal);
        return { kind: "failed", reason };
      }
    },
  };
}

async function generate(address: ModelAddress, request: ModelRequest, fetchBounded: typeof fetch): Promise<ModelReply> {
  const [{ createOpenAICompatible }, { Output, generateText, jsonSchema }] = await Promise.all([
    import("@ai-sdk/openai-compatible"),
    import("ai"),
  ]);
  const { prompt, output, outputTokenCountMax, signal } = request;
  const provider = createOpenAICompatible({
    name: "model",
    baseURL: address.baseUrl,
    supportsStructuredOutputs: true,
    fetch: fetchBounded,
    ...(address.apiKey === null ? {} : { apiKey: address.apiKey }),
  });
  // A JSON Schema is an object; the library's own type for it lists every keyword.
  const schemaOf = (schema: object) => jsonSchema(schema);
  const reply = await generateText({
    model: provider.chatModel(address.model),
    instructions: prompt.instructions,
    messages: [...prompt.messages],
    temperature: 0,
    maxOutputTokens: outputTokenCountMax,
    // The schema only constrains the provider. The answer is returned as it came, because the strict reader checks it.
    ...(output === null
      ? {}
      : {
          output: {
            ...Output.object({ schema: schemaOf(output.schema), name: output.name }),
            parseCompleteOutput: async ({ text }: { readonly text: string }) => text,
          },
        }),
    // A retry would be a second call that nobody recorded.
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
}

/** A `fetch` that stops reading a reply at the limit. The library would hold all of it. */
function boundedFetch(): { readonly fetch: typeof fetch; readonly isTooLong: () => boolean } {
  let leftBytes = replyBytesMax;
  const counting = (): TransformStream<Uint8Array, Uint8Array> =>
    new TransformStream({
      transform: (chunk, controller) => {
        leftBytes -= chunk.length;
        if (leftBytes < 0) controller.error(new RangeError("the reply is too long"));
        else controller.enqueue(chunk);
      },
    });
  return {
    fetch: async (...request) => {
      const response = await fetch(...request);
      return response.body === null ? response : new Response(response.body.pipeThrough(counting()), response);
    },
    isTooLong: () => leftBytes < 0,
  };
}

/** What went wrong, in one line. The provider's own words are left out, because they may quote what was sent. */
function describeFailure(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return "interrupted";
  if (!(error instanceof Error)) return "error";
  const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : null;
  if (status !== null)
    return status < 400 ? "the server's reply is not one of the protocol" : `the server answered HTTP ${status}`;
  const code = codeOf(error);
  return code === null ? error.name : `the server cannot be reached (${code})`;
}

/** The system's code for a failed connection, which `fetch` passes on as the cause of a cause. */
function codeOf(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ("code" in cause && typeof cause.code === "string") return cause.code;
  return null;
}
