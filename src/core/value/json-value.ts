/** A JSON value as the strict reader produces it: finite numbers, well-formed strings, no `undefined`. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object; keys are own, and never `__proto__`, `constructor` or `prototype`. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A SHA-256 over a domain tag and bytes, written `sha256:` and 64 hexadecimal digits (`core/value/digest.ts`). */
export type Digest = `sha256:${string}`;
