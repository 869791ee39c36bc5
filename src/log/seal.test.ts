import { describe, expect, it } from "vitest";
import { digest, digestBytes, digestText } from "../core/value/digest.ts";
import { bytesDigest, dataDigest, textDigest } from "./seal.ts";

describe("digests with node:crypto", () => {
  it("are those of the core, for data, for texts and for bytes", () => {
    const value = { b: [1, true, null], a: "é\u{1f600}" };
    const bytes = Uint8Array.of(0, 128, 255);

    expect(dataDigest("interlock.test/1", value)).toBe(digest("interlock.test/1", value));
    expect(textDigest("interlock.test/1", "é")).toBe(digestText("interlock.test/1", "é"));
    expect(bytesDigest("interlock.test/1", bytes)).toBe(digestBytes("interlock.test/1", bytes));
    expect(bytesDigest("interlock.test/1", new Uint8Array())).toBe(digestBytes("interlock.test/1", new Uint8Array()));
  });
});
