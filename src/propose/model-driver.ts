import { type Digest, digest } from "../core/value/digest.ts";
import type { JsonObject } from "../core/value/json-value.ts";

/** What is sent: fixed instructions, then the material and, in a repair round, the answer before and what was wrong with it. */
export interface ModelPrompt {
  readonly instructions: string;
  readonly messages: readonly { readonly role: "user" | "assistant"; readonly content: string }[];
}

/** What came back, before anything is made of it. */
export type ModelReply =
  | {
      readonly kind: "said";
      readonly text: string;
      readonly model: string;
      readonly inputTokenCount: number | null;
      readonly outputTokenCount: number | null;
    }
  | { readonly kind: "failed"; readonly reason: string };

/** The seam: live and recorded models answer through it. */
export interface ModelDriver {
  /** The model as its provider names it. */
  readonly model: string;
  readonly ask: (prompt: ModelPrompt, outputSchema: JsonObject, signal: AbortSignal) => Promise<ModelReply>;
}

/** Names one request: the key of a cassette. */
export function requestDigest(model: string, prompt: ModelPrompt): Digest {
  return digest("interlock.proposer-request/1", {
    model,
    instructions: prompt.instructions,
    messages: prompt.messages,
  });
}
