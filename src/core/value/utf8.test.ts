import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeUtf8, encodeUtf8, utf8SizeBytes } from "./utf8.ts";

it("size is what Node counts, for every text, halves of surrogate pairs included", () => {
  const piece = fc.constantFrom("a", "é", "€", "🚀", "\ud83d", "\ude80", "\u0000", "\u07ff", "\u0800", "\uffff");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join("");

      expect(utf8SizeBytes(text)).toBe(Buffer.byteLength(text, "utf8"));
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

it("what is encoded is decoded as the same text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(decodeUtf8(encodeUtf8(text))).toEqual({ ok: true, value: text });
    }),
    { seed: 2, numRuns: 500 },
  );
});

it("bytes are decoded exactly when they are the UTF-8 of some text", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 6 }), (bytes) => {
      const decoded = decodeUtf8(bytes);
      const isUtf8 = Buffer.from(Buffer.from(bytes).toString("utf8"), "utf8").equals(bytes);

      expect(decoded.ok).toBe(isUtf8);
    }),
    { seed: 3, numRuns: 2_000 },
  );
});
