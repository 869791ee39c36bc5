import { fileURLToPath } from "node:url";
import { invariant } from "../core/value/invariant.ts";
import { parseJson } from "../core/value/json.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../core/value/json-value.ts";
import { limits } from "../core/value/limits.ts";
import { readRegular } from "../intake/read-file.ts";

const editorSchema = fileURLToPath(new URL("../../schemas/proposal.schema.json", import.meta.url));

/** Keywords that serve editors only, and bounds that some providers refuse in structured output. */
const dropped = new Set(["$schema", "$id", "title", "pattern", "minLength", "maxLength", "maxItems"]);

/**
 * The schema that asks a language model for a proposal: the one for editors, without its bounds. The strict reader
 * checks the bounds on the answer.
 */
export function proposalOutputSchema(): JsonObject {
  const bytes = readRegular(editorSchema, { bytesMax: limits.bodyBytesMax });
  invariant(bytes.ok, "the schema of proposals comes with the program");
  const parsed = parseJson(bytes.value);
  invariant(parsed.ok && isJsonObject(parsed.value), "the schema of proposals is a JSON object");
  const { description: _, ...schema } = parsed.value;
  const plain = withoutBounds(schema);
  invariant(isJsonObject(plain), "a schema without its bounds is a JSON object");
  return plain;
}

function withoutBounds(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(withoutBounds);
  if (!isJsonObject(value)) return value;
  // When the value is an object, the name is a property's and not a keyword.
  const kept = Object.entries(value).filter(([keyword, inner]) => isJsonObject(inner) || !dropped.has(keyword));
  return Object.fromEntries(kept.map(([keyword, inner]) => [keyword, withoutBounds(inner)]));
}
