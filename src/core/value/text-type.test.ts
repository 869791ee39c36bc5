import { describe, expect, it } from "vitest";
import { findFactTextFlaw, isCharsetWithin, isOfCharset } from "./text-type.ts";

const line = { lengthMax: 30, charset: "line" } as const;

describe("a text that a fact may be", () => {
  it.each(["", "registry.local/web:v1.2.4", "it's", "a,b", "café", "שלום", "日本語", "🙂"])("may be %j", (text) => {
    expect(findFactTextFlaw(line, text)).toBeNull();
  });

  it.each([
    ["x".repeat(31), "has 31 characters"],
    ["two\nrows", "holds characters that are not `line`"],
    ["\u202egnp.exe", "holds characters that are not `line`"],
    ["\u001b[2K", "holds characters that are not `line`"],
    ["\ud800", "holds characters that are not `line`"],
    ["v1.2.4\u200b", "holds an invisible character"],
    ["\ufeffv1", "holds an invisible character"],
    ["soft\u00adhyphen", "holds an invisible character"],
    ["cafe\u0301", "writes a letter in parts that Unicode composes (it is not NFC)"],
    ["\u212b", "writes a letter in parts that Unicode composes (it is not NFC)"],
  ])("is not %j, which %s", (text, flaw) => {
    expect(findFactTextFlaw(line, text)).toBe(flaw);
  });

  it("has newlines only where its charset has them, and is no option where it is an identifier", () => {
    expect(isOfCharset("text", "two\nrows")).toBe(true);
    expect(isOfCharset("identifier", "v1.2.4")).toBe(true);
    expect(isOfCharset("identifier", "-rf")).toBe(false);
    expect(isOfCharset("identifier", "")).toBe(false);
    expect(isCharsetWithin("identifier", "line")).toBe(true);
    expect(isCharsetWithin("text", "line")).toBe(false);
  });
});
