import type { OutputField, ValueType } from "../../domain/domain.ts";
import { typeAt } from "../../domain/value-type.ts";
import { formatPointer, parsePointer } from "../../value/pointer.ts";

/** A reference as written: a step and where in its declared output. */
export interface Reference {
  readonly stepId: string;
  readonly field: string;
  /** JSON Pointer below the field. */
  readonly pointer: string;
  readonly tokens: readonly string[];
}

/** Whether a text is meant as a reference, whether or not it is well-formed. */
export function looksLikeReference(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_]*#/.test(text);
}

/**
 * Reads `s2#/hosts/0`: a step's id, `#`, and a JSON Pointer whose first token is a field of the step's declared output.
 *
 * @returns the reference, or why the text is not one
 */
export function parseReference(text: string): Reference | string {
  const hash = text.indexOf("#");
  if (!looksLikeReference(text) || hash < 0) return "a reference is a step, `#` and a JSON Pointer: `s2#/hosts/0`";
  const parsed = parsePointer(text.slice(hash + 1));
  if (!parsed.ok) return parsed.error;
  const [field, ...tokens] = parsed.value;
  if (field === undefined) return "a reference names a field of the step's output: `s2#/hosts`";
  return { stepId: text.slice(0, hash), field, pointer: formatPointer(tokens), tokens };
}

/** The declared type of what a reference leads to, or `undefined` where the output declares nothing. */
export function typeOfReference(reference: Reference, output: readonly OutputField[]): ValueType | undefined {
  const field = output.find((candidate) => candidate.name === reference.field);
  return field && typeAt(field.type, reference.tokens);
}
