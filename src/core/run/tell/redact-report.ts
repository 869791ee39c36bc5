import { isJsonArray, isJsonObject, type JsonValue } from "../../value/json-value.ts";

/**
 * Makes a copy of documents without what they say: their shape, the words of our own formats, our codes, times and
 * counts stay. Every other text becomes `text 7 (12)`, with the same number wherever the same text stands in one
 * report, and its length. Values of facts, arguments and answers become their kinds.
 *
 * What is kept is listed, and everything else goes: a field that a later release adds is redacted until somebody
 * lists it here.
 */
export class Redactor {
  readonly #numbers = new Map<string, number>();

  /** The copy of one document. */
  redact(value: JsonValue): JsonValue {
    return this.#redact(value, null);
  }

  #redact(value: JsonValue, key: string | null): JsonValue {
    if (key !== null && foreignFields.has(key)) return this.#shapeOf(value);
    if (isJsonArray(value)) return value.map((item) => this.#redact(item, key));
    if (isJsonObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, child]) => [this.#fieldOf(name), this.#redact(child, name)]),
      );
    }
    if (typeof value === "string") return this.#textOf(value, key);
    if (typeof value === "number") return key !== null && isCount(key) ? value : "number";
    return value;
  }

  #textOf(text: string, key: string | null): string {
    const isKept = key !== null && wordFields.has(key) && /^[a-zA-Z][\w./]{0,60}$/.test(text);
    return isKept ? text : this.#pseudonym(text);
  }

  /** Our own fields are short words. A field of any other form is data. */
  #fieldOf(name: string): string {
    return /^[a-z][A-Za-z]{0,30}$/.test(name) ? name : this.#pseudonym(name);
  }

  #pseudonym(text: string): string {
    const number = this.#numbers.get(text) ?? this.#numbers.size + 1;
    this.#numbers.set(text, number);
    return `text ${number} (${text.length})`;
  }

  #shapeOf(value: JsonValue): string {
    if (value === null) return "null";
    if (isJsonArray(value)) return `list of ${value.length}`;
    if (isJsonObject(value)) return `object of ${Object.keys(value).length}`;
    return typeof value === "string" ? this.#pseudonym(value) : typeof value;
  }
}

/** Fields that hold what a domain, a proposer or a target says, in any form. */
const foreignFields = new Set(["with", "settings", "output", "value", "literal", "body", "args", "properties", "map"]);

/** Fields whose texts are words of our formats. */
const wordFields = new Set([
  "format",
  "kind",
  "code",
  "class",
  "idempotency",
  "access",
  "direction",
  "durability",
  "environment",
  "onFailure",
  "outcome",
  "input",
  "release",
  "state",
]);

/** Times, counts, sizes and limits. A fact's value never stands under such a name. */
function isCount(key: string): boolean {
  return /(?:Ms|Count|Max|Min|Left|Bytes|Usd)$/.test(key) || ["n", "epoch", "seq", "attempts", "version"].includes(key);
}
