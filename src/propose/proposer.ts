import type { Domain } from "../core/domain/domain.ts";
import type { Fact, Proposer as ProposerIdentity } from "../core/plan/plan.ts";
import type { Problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import type { Result } from "../core/value/result.ts";

/**
 * What a proposer is asked. No secret is part of it: the domain holds references at most, and facts are what was
 * read.
 */
export interface ProposeRequest {
  /** What the operator wants, in words. It is untrusted, like every text. */
  readonly intent: string;
  /** The same as a guard over facts, or `""`. */
  readonly goal: string;
  /** Text of an alert, from outside: shown as data, or `null`. */
  readonly alert: JsonValue;
  readonly domain: Domain;
  readonly facts: readonly Fact[];
  readonly inputs: readonly { readonly name: string; readonly value: JsonValue }[];
  /** The answer of the round before and why it was refused; `null` in the first round. */
  readonly repair: { readonly proposal: Uint8Array; readonly problems: readonly Problem[] } | null;
  readonly signal: AbortSignal;
  /** Told of every call of a language model, whatever came of it. */
  readonly onCall: (call: ModelCall) => void;
}

/**
 * One call of a language model: enough to hear it again and to pay for it. `text` is for a cassette and is never
 * recorded in the log.
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
 * A source of proposals: a file, a workflow, a language model. It gives bytes, which become a proposal once the strict
 * intake has read them, and are never a plan. It returns expected failures as problems and does not throw them.
 */
export interface Proposer {
  readonly id: string;
  readonly kind: ProposerIdentity["kind"];
  propose(request: ProposeRequest): Promise<Result<Uint8Array, readonly Problem[]>>;
}
