import fc from "fast-check";
import { expect, it } from "vitest";
import type { JsonValue } from "./json-value.ts";
import { childPointer, formatPointer, getAtPointer, parsePointer } from "./pointer.ts";

// RFC 6901, section 5.
const document: JsonValue = {
  foo: ["bar", "baz"],
  "": 0,
  "a/b": 1,
  "c%d": 2,
  "e^f": 3,
  "g|h": 4,
  "i\\j": 5,
  'k"l': 6,
  " ": 7,
  "m~n": 8,
};

it.each<[string, JsonValue]>([
  ["", document],
  ["/foo", ["bar", "baz"]],
  ["/foo/0", "bar"],
  ["/", 0],
  ["/a~1b", 1],
  ["/c%d", 2],
  ["/e^f", 3],
  ["/g|h", 4],
  ["/i\\j", 5],
  ['/k"l', 6],
  ["/ ", 7],
  ["/m~0n", 8],
])("%j leads where RFC 6901 section 5 says", (text, expected) => {
  const tokens = parsePointer(text);

  expect(tokens.ok && getAtPointer(document, tokens.value)).toEqual(expected);
});

it.each(["/foo/2", "/foo/-", "/foo/01", "/foo/length", "/toString", "/foo/0/0", "/nothing/at/all"])(
  "%j leads nowhere",
  (text) => {
    const tokens = parsePointer(text);

    expect(tokens.ok && getAtPointer(document, tokens.value)).toBeUndefined();
  },
);

it.each(["foo", "/~", "/~2", "/a~b"])("%j is not a pointer", (text) => {
  expect(parsePointer(text).ok).toBe(false);
});

it("what is written is read back", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (tokens) => {
      expect(parsePointer(formatPointer(tokens))).toEqual({ ok: true, value: tokens });
    }),
    { seed: 1, numRuns: 500 },
  );
});

it("~01 is ~1 and not a slash", () => {
  expect(parsePointer("/~01")).toEqual({ ok: true, value: ["~1"] });
});

it("a child pointer is escaped", () => {
  expect(childPointer("/steps/0", "a/b~c")).toBe("/steps/0/a~1b~0c");
});
