import { limits } from "../value/limits.ts";
import { type Parser, refine, text } from "../value/shape.ts";
import type { OperationRef } from "./domain.ts";

/** Reads `connection/operation`. */
export function operationRef(): Parser<OperationRef> {
  const says = "`connection/operation`";
  const written = text({
    charsMax: 2 * limits.nameCharsMax,
    pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]*\/[A-Za-z0-9][A-Za-z0-9_.-]*$/,
    says,
  });
  return refine(written, (value) => {
    const slash = value.indexOf("/");
    return { connection: value.slice(0, slash), operation: value.slice(slash + 1) };
  });
}

/** Reads a JSON Pointer (RFC 6901). */
export function jsonPointer(): Parser<string> {
  return text({ charsMax: 512, pattern: /^(\/([^~]|~[01])*)?$/, says: "a JSON Pointer: empty, or beginning with `/`" });
}
