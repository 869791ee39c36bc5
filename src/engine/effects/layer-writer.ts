/** A text that was decoded out of another one. */
export interface Layer {
  readonly text: string;
  /** Whether its end is the end of what it was decoded from, so that a text that was cut is cut here too. */
  readonly reachesEnd: boolean;
  /** Where each of its code units begins and ends in the first text; `null` for the first text itself. */
  readonly places: { readonly from: Int32Array; readonly to: Int32Array } | null;
}

/** Puts a layer together. Bytes that are UTF-8 become characters at the end, and other bytes those of Latin-1. */
export class LayerWriter {
  readonly #parent: Layer;
  readonly #units: Uint16Array;
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  #high: Uint8Array | null = null;
  #length = 0;

  constructor(parent: Layer, unitsMax: number) {
    this.#parent = parent;
    // A gap is written for each row, and a row takes at least six characters.
    const size = unitsMax + 1;
    this.#units = new Uint16Array(size);
    this.#from = new Int32Array(size);
    this.#to = new Int32Array(size);
  }

  write(unit: number, from: number, to: number): void {
    const places = this.#parent.places;
    this.#units[this.#length] = unit;
    this.#from[this.#length] = places === null ? from : (places.from[from] ?? from);
    this.#to[this.#length] = places === null ? to : (places.to[to - 1] ?? to);
    this.#length += 1;
  }

  writeByte(byte: number, from: number, to: number): void {
    if (byte >= 0x80) {
      this.#high ??= new Uint8Array(this.#units.length);
      this.#high[this.#length] = 1;
    }
    this.write(byte, from, to);
  }

  writeDecoded(value: number, isByte: boolean, { from, to }: { readonly from: number; readonly to: number }): void {
    if (isByte) this.writeByte(value, from, to);
    else for (const unit of unitsOf(value)) this.write(unit, from, to);
  }

  finish(reachesEnd: boolean): Layer {
    if (this.#high !== null) this.#joinBytes(this.#high);
    const bytes = Buffer.from(this.#units.buffer, 0, this.#length * 2);
    const places = { from: this.#from.subarray(0, this.#length), to: this.#to.subarray(0, this.#length) };
    return { text: bytes.toString("utf16le"), reachesEnd, places };
  }

  #joinBytes(high: Uint8Array): void {
    const length = this.#length;
    let kept = 0;
    for (let at = 0; at < length; ) {
      const count = high[at] === 1 ? this.#sequenceLength(at, high) : 1;
      const [from = 0, to = 0] = [this.#from[at], this.#to[at + count - 1]];
      const units = count === 1 ? [this.#units[at] ?? 0] : unitsOf(this.#codePoint(at, count));
      for (const unit of units) {
        this.#units[kept] = unit;
        this.#from[kept] = from;
        this.#to[kept] = to;
        kept += 1;
      }
      at += count;
    }
    this.#length = kept;
  }

  /** How many bytes the character has that begins here; 1 for a byte that is no UTF-8. */
  #sequenceLength(at: number, high: Uint8Array): number {
    const lead = this.#units[at] ?? 0;
    const count = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
    if (lead >= 0xf5 || at + count > this.#length) return 1;
    for (let next = at + 1; next < at + count; next += 1)
      if (high[next] !== 1 || ((this.#units[next] ?? 0) & 0xc0) !== 0x80) return 1;
    return this.#codePoint(at, count) > 0x10ffff ? 1 : count;
  }

  #codePoint(at: number, count: number): number {
    let value = (this.#units[at] ?? 0) & (count === 2 ? 0x1f : count === 3 ? 0x0f : 0x07);
    for (let next = at + 1; next < at + count; next += 1) value = value * 64 + ((this.#units[next] ?? 0) & 0x3f);
    return value;
  }
}

function unitsOf(codePoint: number): readonly number[] {
  if (codePoint < 0x10000) return [codePoint];
  const rest = codePoint - 0x10000;
  return [0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff)];
}
