import type { Model, ModelReply, ModelRequest } from "../ports.ts";

/**
 * The longest answer that is accepted, in UTF-16 code units. JSON needs at most 6 bytes for each, so that every
 * accepted answer fits on one line of a cassette (`limits.bodyBytesMax`) and can be read back.
 */
export const answerCharsMax = 150_000;

/**
 * Asks a model once. The promise always resolves: a model that throws has failed, and so has one that says too much, or
 * nothing in time. A model that ignores the signal is not waited for.
 *
 * @param timeoutMs - how long to wait, or `null` if only the signal ends the wait
 */
export async function askModel(
  model: Model,
  request: ModelRequest,
  { timeoutMs }: { readonly timeoutMs: number | null },
): Promise<ModelReply> {
  if (request.signal.aborted) return { kind: "failed", reason: "interrupted" };
  const stop = new AbortController();
  return new Promise((resolve) => {
    const settle = (reply: ModelReply): void => {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", interrupt);
      resolve(reply);
    };
    const giveUp = (reason: string): void => {
      settle({ kind: "failed", reason });
      stop.abort();
    };
    const interrupt = (): void => giveUp("interrupted");
    const timer =
      timeoutMs === null ? undefined : setTimeout(() => giveUp(`no answer within ${timeoutMs} ms`), timeoutMs);
    request.signal.addEventListener("abort", interrupt, { once: true });
    ask(model, { ...request, signal: stop.signal }).then(settle, (error: unknown) =>
      settle({ kind: "failed", reason: nameOf(error) }),
    );
  });
}

async function ask(model: Model, request: ModelRequest): Promise<ModelReply> {
  const reply = await model.ask(request);
  return reply.kind === "said" && reply.text.length > answerCharsMax
    ? { kind: "failed", reason: `its answer is longer than ${answerCharsMax} characters` }
    : reply;
}

/** The name of an error. Its message may quote what was sent, so it stays here. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "error";
}
