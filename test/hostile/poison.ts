/** Values that a face decides by. Another value there would be no answer of the door. */
const words = new Set([
  "kind",
  "do",
  "code",
  "format",
  "state",
  "status",
  "outcome",
  "phase",
  "class",
  "world",
  "direction",
  "access",
  "how",
  "as",
  "input",
  "what",
]);

/** Text that the door composed: it escapes each foreign piece itself. `program` and `name` begin commands of ours. */
const composed = new Set(["texts", "text", "lines", "picture", "table", "paragraph", "document", "next", "figures"]);

/** Sentences of ours, in which each foreign piece was escaped when it was quoted. */
const sentences = new Set(["message", "hint"]);

/** What to put into which strings: into all of them, or only into sentences of ours. */
export interface Poison {
  readonly text: string;
  readonly isOnlyInSentences: boolean;
}

/**
 * A copy of what the door gives, with a text in every string of it, also in what its functions give later. Digests
 * stay: a face shortens them.
 */
export function poison<T>(value: T, hostile: Poison): T {
  // The copy has the shape of the original: only texts in it are others.
  return poisonUnder("", value, hostile) as T;
}

function poisonUnder(key: string, value: unknown, hostile: Poison): unknown {
  if (words.has(key) || composed.has(key)) return value;
  if (typeof value === "string") {
    if (/^sha256:/.test(value) || (hostile.isOnlyInSentences && !sentences.has(key))) return value;
    return `${value}${hostile.text}`;
  }
  if (typeof value === "function")
    return (...given: readonly unknown[]) =>
      poisonUnder("", (value as (...all: readonly unknown[]) => unknown)(...given), hostile);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Promise) return value.then((later) => poisonUnder(key, later, hostile));
  if (value instanceof Uint8Array || value instanceof AbortSignal || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map((item) => poisonUnder(key, item, hostile));
  if (Symbol.asyncIterator in value) return poisonEach(value as AsyncIterable<unknown>, hostile);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      typeof item === "function" ? poisonUnder(name, item.bind(value), hostile) : poisonUnder(name, item, hostile),
    ]),
  );
}

async function* poisonEach(items: AsyncIterable<unknown>, hostile: Poison): AsyncGenerator<unknown> {
  for await (const item of items) yield poisonUnder("", item, hostile);
}
