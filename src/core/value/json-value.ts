/** Plain data: the only shape in which anything enters, is hashed or is stored. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object. `parseJson` builds it without a prototype, so that looking up `toString` finds nothing. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Whether a JSON value is an array; narrows as `Array.isArray` does not for readonly arrays. */
export function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Whether a JSON value is an object. */
export function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
