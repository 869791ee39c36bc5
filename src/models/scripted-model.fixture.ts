import type { Model, ModelReply, ModelRequest } from "../ports.ts";

/**
 * A model that answers by a rule of the test and remembers what it was asked. If the rule returns an `Error`, the call
 * fails with it.
 */
export function scriptedModel(
  name: string,
  answer: (request: ModelRequest) => string | Error | Promise<string | Error>,
): Model & { readonly asked: readonly ModelRequest[] } {
  const asked: ModelRequest[] = [];
  return {
    name,
    asked,
    ask: (request) => {
      const { signal } = request;
      if (signal.aborted) return Promise.resolve(interrupted);
      asked.push(request);
      const aborted = new Promise<ModelReply>((resolve) =>
        signal.addEventListener("abort", () => resolve(interrupted), { once: true }),
      );
      return Promise.race([aborted, Promise.resolve(answer(request)).then((given) => replyOf(given, name))]);
    },
  };
}

const interrupted: ModelReply = { kind: "failed", reason: "interrupted" };

function replyOf(answer: string | Error, model: string): ModelReply {
  return answer instanceof Error
    ? { kind: "failed", reason: answer.name }
    : { kind: "said", text: answer, model, inputTokenCount: null, outputTokenCount: null };
}
