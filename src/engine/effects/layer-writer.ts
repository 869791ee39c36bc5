/** A text that was decoded out of another one. */
export interface Layer {
  readonly text: string;
  /** Whether its end is the end of what it was decoded from, so that a text that was cut is cut here too. */
  readonly reachesEnd: boolean;
  /** Where each of its code units begins and ends in the first text; `null` for the first text itself. */
  readonly places: { readonly from: Int32Array; readonly to: Int32Array } | null;
}

const shortMax = 64;
const noUnits = new Uint16Array(0);
const noPlaces = new Int32Array(0);

/** Puts a layer together. Bytes that are UTF-8 become characters at the end, and other bytes those of Latin-1. */
export class LayerWriter {
  readonly #parent: Layer;
  /** A gap is written for each row, and a row takes at least six characters. */
  readonly #size: number;
  #units = noUnits;
  #from = noPlaces;
  #to = noPlaces;
  #high: Uint8Array | null = null;
  #length = 0;

  constructor(parent: Layer, unitsMax: number) {
    this.#parent = parent;
    this.#size = unitsMax + 1;
  }

  write(unit: number, from: number, to: number): void {
    // Most texts are short and have nothing encoded in them. Room for nothing would take most of the search.
    if (this.#length === 0) this.#makeRoom();
    const places = this.#parent.places;
    const at = this.#length;
    this.#units[at] = unit;
    this.#from[at] = places === null ? from : (places.from[from] ?? from);
    this.#to[at] = places === null ? to : (places.to[to - 1] ?? to);
    this.#length = at + 1;
  }

  #makeRoom(): void {
    this.#units = new Uint16Array(this.#size);
    this.#from = new Int32Array(this.#size);
    this.#to = new Int32Array(this.#size);
  }

  writeByte(byte: number, from: number, to: number): void {
    if (byte >= 0x80) {
      this.#high ??= new Uint8Array(this.#size);
      this.#high[this.#length] = 1;
    }
    this.write(byte, from, to);
  }

  writeDecoded(value: number, isByte: boolean, { from, to }: { readonly from: number; readonly to: number }): void {
    if (isByte) this.writeByte(value, from, to);
    else if (value < 0x10000) this.write(value, from, to);
    else for (const unit of unitsOf(value)) this.write(unit, from, to);
  }

  finish(reachesEnd: boolean): Layer {
    if (this.#high !== null) this.#joinBytes(this.#high);
    const places = { from: this.#from.subarray(0, this.#length), to: this.#to.subarray(0, this.#length) };
    return { text: this.#text(), reachesEnd, places };
  }

  /** A short text is put together from its units: making a buffer of it takes longer than the text. */
  #text(): string {
    const length = this.#length;
    if (length <= shortMax) return String.fromCharCode(...this.#units.subarray(0, length));
    return Buffer.from(this.#units.buffer, 0, length * 2).toString("utf16le");
  }

  #joinBytes(high: Uint8Array): void {
    const length = this.#length;
    let kept = 0;
    for (let at = 0; at < length; ) {
      const count = high[at] === 1 ? this.#sequenceLength(at, high) : 1;
      const from = this.#from[at] ?? 0;
      const to = this.#to[at + count - 1] ?? 0;
      if (count === 1) {
        this.#units[kept] = this.#units[at] ?? 0;
        this.#from[kept] = from;
        this.#to[kept] = to;
        kept += 1;
        at += 1;
        continue;
      }
      for (const unit of unitsOf(this.#codePoint(at, count))) {
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
