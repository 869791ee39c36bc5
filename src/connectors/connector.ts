import type { Reply } from "../core/run/words/input.ts";
import type { Problem } from "../core/value/codes.ts";
import type { JsonValue } from "../core/value/json.ts";
import type { Result } from "../core/value/result.ts";

/** One kind of outside: it turns a call into one effect and says what is known afterwards, in the kernel's terms. */
export interface Connector {
  readonly name: string;
  readonly operations: readonly ConnectorOperation[];
  /** Problems of a site's settings for this connector (`base`, `root`, …), before anything is called. */
  checkSettings(settings: JsonValue, pointer: string): readonly Problem[];
  /** Never throws: an exception of a library becomes a reply. Must not retry, and must stop when the signal aborts. */
  perform(request: ConnectorRequest): Promise<Reply>;
}

export interface ConnectorOperation {
  readonly name: string;
  /** Whether `access: "read"` is enforced here by credential, method or open mode, and not by label (I13). */
  readonly enforcesRead: boolean;
  /** Problems of a template for this operation, found before any run. */
  checkTemplate(template: JsonValue, access: "read" | "write", pointer: string): readonly Problem[];
}

export interface ConnectorRequest {
  readonly operation: string;
  readonly access: "read" | "write";
  /** The call's `with`, every binding resolved, secrets included: never logged, never returned. */
  readonly with: JsonValue;
  readonly settings: JsonValue;
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  readonly signal: AbortSignal;
}

/** Resolves a secret's reference (`env:NAME`, `file:PATH`, `exec:…`) inside the driver call. */
export type ResolveSecret = (reference: string) => Promise<Result<string, Problem>>;
