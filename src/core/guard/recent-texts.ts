/**
 * What some texts come to, of those that were asked for last. There are two generations: once the younger one is full,
 * it becomes the older one, and what was in that is forgotten unless somebody asked for it meanwhile. So texts for
 * which one generation has room are kept, however often all of them are gone through in turn.
 */
export class RecentTexts<T> {
  readonly #countMax: number;
  readonly #charsMax: number;
  #younger = new Map<string, T>();
  #older: ReadonlyMap<string, T> = new Map();
  #charCount = 0;

  /** @param size - of one generation. A text that is longer is kept by itself. */
  constructor(size: { readonly countMax: number; readonly charsMax: number }) {
    this.#countMax = size.countMax;
    this.#charsMax = size.charsMax;
  }

  get(text: string): T | undefined {
    const young = this.#younger.get(text);
    if (young !== undefined) return young;
    const old = this.#older.get(text);
    if (old !== undefined) this.set(text, old);
    return old;
  }

  set(text: string, value: T): void {
    if (this.#younger.size >= this.#countMax || this.#charCount + text.length > this.#charsMax) {
      this.#older = this.#younger;
      this.#younger = new Map();
      this.#charCount = 0;
    }
    this.#younger.set(text, value);
    this.#charCount += text.length;
  }
}
