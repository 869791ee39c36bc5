import { describe, expect, it } from "vitest";
import { RecentTexts } from "./recent-texts.ts";

function recentOf(size: { readonly countMax: number; readonly charsMax: number }, ...texts: readonly string[]) {
  const recent = new RecentTexts<string>(size);
  for (const text of texts) recent.set(text, text.toUpperCase());
  return recent;
}

describe("recent texts", () => {
  it("are kept while one generation has room for them, however often they are asked for", () => {
    const recent = recentOf({ countMax: 3, charsMax: 100 }, "before", "a", "b", "c");

    for (let round = 0; round < 3; round += 1)
      expect(["a", "b", "c"].map((text) => recent.get(text))).toEqual(["A", "B", "C"]);
  });

  it("are forgotten if nobody asked for them in a whole generation", () => {
    const recent = recentOf({ countMax: 2, charsMax: 100 }, "a", "b", "c");
    recent.get("a");
    recent.set("d", "D");

    expect(recent.get("b")).toBeUndefined();
    expect(recent.get("a")).toBe("A");
  });

  it("make room by their length too", () => {
    const long = "a text that fills more than a generation";
    const recent = recentOf({ countMax: 100, charsMax: 10 }, long, "short", "another");

    expect(recent.get(long)).toBeUndefined();
    expect(recent.get("another")).toBe("ANOTHER");
  });
});
