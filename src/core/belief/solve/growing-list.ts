/**
 * A list of numbers that grows, at the size of the numbers themselves. A plain list of numbers takes two to three times
 * as much while it grows.
 */
export interface GrowingList<T extends Float64Array | Int32Array> {
  readonly length: number;
  readonly at: (index: number) => number;
  readonly push: (value: number) => void;
  /** What the list holds, without room to grow. */
  readonly finish: () => T;
}

/** An empty list of fractions. */
export function growingFloats(): GrowingList<Float64Array> {
  return growing((length) => new Float64Array(length));
}

/** An empty list of whole numbers of 32 bits. */
export function growingIntegers(): GrowingList<Int32Array> {
  return growing((length) => new Int32Array(length));
}

const firstRoom = 1024;

function growing<T extends Float64Array | Int32Array>(make: (length: number) => T): GrowingList<T> {
  let room = make(firstRoom);
  let length = 0;
  return {
    get length() {
      return length;
    },
    at: (index) => room[index] ?? 0,
    push: (value) => {
      if (length === room.length) {
        const wider = make(2 * length);
        wider.set(room);
        room = wider;
      }
      room[length] = value;
      length += 1;
    },
    finish: () => {
      const whole = make(length);
      whole.set(room.subarray(0, length));
      return whole;
    },
  };
}
