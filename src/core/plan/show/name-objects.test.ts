import { describe, expect, it } from "vitest";
import { nameRanges } from "./name-objects.ts";

describe("nameRanges", () => {
  it("makes a range of names that are all there, in the order of their numbers", () => {
    expect(nameRanges(["w10", "w9", "w11", "w8"])).toEqual(["w8 … w11"]);
    expect(nameRanges(["d09", "d10", "d11"])).toEqual(["d09 … d11"]);
    expect(nameRanges(["rack1-a", "rack2-a", "rack3-a"])).toEqual(["rack1-a … rack3-a"]);
  });

  it("never runs over a name that is missing or of another kind", () => {
    expect(nameRanges(["w1", "w2", "w3", "w5", "w6", "w7"])).toEqual(["w1 … w3", "w5 … w7"]);
    expect(nameRanges(["w1", "db1", "w2", "w3"])).toEqual(["db1", "w1 … w3"]);
    expect(nameRanges(["w1", "w2x", "w3"])).toEqual(["w1", "w3", "w2x"]);
    expect(nameRanges(["w9", "w010", "w11"])).toEqual(["w9", "w010", "w11"]);
    expect(nameRanges(["w1", "w01", "w2"])).toEqual(["w01", "w1", "w2"]);
  });

  it("names few one by one", () => {
    expect(nameRanges(["b", "a"])).toEqual(["a", "b"]);
    expect(nameRanges(["w1", "w2"])).toEqual(["w1", "w2"]);
    expect(nameRanges([])).toEqual([]);
  });
});
