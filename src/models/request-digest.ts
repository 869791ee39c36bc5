import { type Digest, digest } from "../core/value/digest.ts";
import { invariant } from "../core/value/invariant.ts";
import type { ModelPrompt } from "../ports.ts";

/**
 * What a model is asked for. Each use has a request digest and a cassette format of its own, which are older than this
 * folder.
 */
export type ModelUse = "proposal" | "judgement";

/**
 * Identifies a request: the key in a cassette, and what the log keeps instead of the words. It depends only on the
 * model's name and the prompt, so that every later release finds an answer that was recorded once.
 */
export function requestDigest(use: ModelUse, model: string, { instructions, messages }: ModelPrompt): Digest {
  switch (use) {
    case "proposal":
      return digest("interlock.proposer-request/1", { model, instructions, messages });
    case "judgement": {
      const [only, ...others] = messages;
      invariant(only !== undefined && others.length === 0, "a judge is asked about one piece of material");
      return digest("interlock.judge-request/1", { model, instructions, material: only.content });
    }
  }
}
