import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";

/**
 * A document: its bytes, or a function that reads them. The function is called only if the actor may go on, and its
 * problem is recorded like any refusal.
 */
export type Source = Uint8Array | (() => Promise<Result<Uint8Array, Problem>>);

/** The bytes of a document. */
export function readSource(source: Source): Promise<Result<Uint8Array, Problem>> {
  return source instanceof Uint8Array ? Promise.resolve(ok(source)) : source();
}
