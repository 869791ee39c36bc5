import type { Domain } from "../core/domain/domain.ts";
import type { Fact, Proposer as ProposerIdentity } from "../core/plan/plan.ts";
import type { Problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import type { Result } from "../core/value/result.ts";

/**
 * What a proposer is asked. It contains no secret: the domain holds references at most, and facts are what was read.
 */
export interface ProposeRequest {
  /** What the operator wants, in words. Untrusted, like every text. */
  readonly intent: string;
  /** The same as a guard over facts, or `""`. */
  readonly goal: string;
  /** The text of an alert, from outside, or `null`. It is shown as data. */
  readonly alert: JsonValue;
  readonly domain: Domain;
  readonly facts: readonly Fact[];
  readonly inputs: readonly { readonly name: string; readonly value: JsonValue }[];
  /** The previous answer and why it was refused; `null` in the first round. */
  readonly repair: { readonly proposal: Uint8Array; readonly problems: readonly Problem[] } | null;
  readonly signal: AbortSignal;
  /** Called after every call of a language model, whether it succeeded or not. */
  readonly onCall: (call: ModelCall) => void;
}

/**
 * One call of a language model: enough to replay its answer and to account for its cost. `text` is for a cassette; the
 * log never records it.
 */
export interface ModelCall {
  /** The model that answered, as its provider names it; the model asked for if there was no answer. */
  readonly model: string;
  readonly request: Digest;
  readonly reply: Digest | null;
  readonly inputTokenCount: number | null;
  readonly outputTokenCount: number | null;
  readonly text: string | null;
}

/**
 * A source of proposals: a file, a workflow, a language model. It returns bytes, which become a proposal once the
 * strict reader has read them, and are never a plan. It returns expected failures as problems and does not throw them.
 */
export interface Proposer {
  readonly id: string;
  readonly kind: ProposerIdentity["kind"];
  propose(request: ProposeRequest): Promise<Result<Uint8Array, readonly Problem[]>>;
}
