import { describe, expect, it } from "vitest";
import { accountForRemoval, toRanges } from "./removal.ts";

describe("numbers as ranges", () => {
  it("join if no number is missing between them", () => {
    expect(toRanges([])).toEqual([]);
    expect(toRanges([7])).toEqual([{ fromSeq: 7, count: 1 }]);
    expect(toRanges([1, 2, 3, 5, 8, 9])).toEqual([
      { fromSeq: 1, count: 3 },
      { fromSeq: 5, count: 1 },
      { fromSeq: 8, count: 2 },
    ]);
  });
});

describe("a record that says which bodies were removed", () => {
  const left = (body: string): readonly number[] => {
    const missing = new Set([2, 3, 4, 5, 6]);
    accountForRemoval(missing, body);
    return [...missing];
  };

  it("accounts for the bodies in its ranges and for no other", () => {
    expect(left('{"ranges":[{"fromSeq":3,"count":2}]}')).toEqual([2, 5, 6]);
    expect(left('{"ranges":[{"fromSeq":0,"count":3},{"fromSeq":6,"count":9}]}')).toEqual([3, 4, 5]);
    expect(left('{"ranges":[{"fromSeq":3,"count":0}]}')).toEqual([2, 3, 4, 5, 6]);
  });

  it("accounts for nothing if its body has another shape, and only for its well-formed ranges", () => {
    for (const body of [
      "",
      "null",
      "3",
      '"ranges"',
      "[]",
      "{}",
      '{"ranges":null}',
      '{"ranges":3}',
      '{"ranges":{"fromSeq":3,"count":2}}',
      '{"ranges":[null,3,[],{},{"fromSeq":3},{"count":2},{"fromSeq":"3","count":2},{"fromSeq":3,"count":"2"}]}',
    ])
      expect(left(body)).toEqual([2, 3, 4, 5, 6]);
    expect(left('{"ranges":[null,{"fromSeq":3},[{"fromSeq":2,"count":1}],{"fromSeq":4,"count":1}]}')).toEqual([
      2, 3, 5, 6,
    ]);
  });
});
