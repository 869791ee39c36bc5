import { type Digest, digest } from "../core/value/digest.ts";
import { invariant } from "../core/value/invariant.ts";
import type { ModelPrompt } from "../ports.ts";

/**
 * What a model is asked for. Each use has its own request digest and its own cassette format, both older than this
 * folder.
 */
export type ModelUse = "proposal" | "judgement";

/**
 * Names one request: the key of a cassette, and what the log keeps instead of the words. It depends on the model's name
 * and the prompt alone, so that an answer recorded once is found again by every later release.
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
