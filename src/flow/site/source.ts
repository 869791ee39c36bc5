import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";

/**
 * A document as it was written: its bytes, or a way to read them. A way to read is called only where the actor may
 * go on, and its
 * problem is a refusal like any other: it is recorded.
 */
export type Source = Uint8Array | (() => Promise<Result<Uint8Array, Problem>>);

/** The bytes of a document. */
export function readSource(source: Source): Promise<Result<Uint8Array, Problem>> {
  return source instanceof Uint8Array ? Promise.resolve(ok(source)) : source();
}
