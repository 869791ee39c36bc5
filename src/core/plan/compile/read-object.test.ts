import { describe, expect, it } from "vitest";
import type { FactExtraction, FactType } from "../../domain/domain.ts";
import { parseAnswer } from "../../value/json.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { findReadingFlaw, type ObjectReading, readObject } from "./read-object.ts";

const whole: FactType = { kind: "integer", min: 1, max: 64 };
const words: FactType = { kind: "values", values: ["up", "down"] };

function readingOf(
  type: FactType,
  how: Partial<FactExtraction> = {},
  rest: Partial<ObjectReading> = {},
): ObjectReading {
  const fact = { fact: "it", pointer: "/value/it", map: null, atLeast: null, type, ...how };
  return { object: "config/web", facts: [fact], fingerprint: [], fence: null, ...rest };
}

function read(type: FactType, raw: JsonValue, how: Partial<FactExtraction> = {}, textsAt: readonly string[] = []) {
  const [fact] = readObject(readingOf(type, how), { value: { it: raw } }, undefined, textsAt).facts;
  return fact?.why ?? fact?.value;
}

describe("a fact that is read", () => {
  it.each<[FactType, JsonValue, string]>([
    [whole, "8", "found the text `8` at `/value/it`, expected a whole number from 1 to 64"],
    [whole, 4.5, "found the number 4.5 at `/value/it`, expected a whole number from 1 to 64"],
    [whole, 128, "found the number 128 at `/value/it`, expected a whole number from 1 to 64"],
    [{ kind: "boolean" }, "false", "found the text `false` at `/value/it`, expected true or false"],
    [{ kind: "boolean" }, 0, "found the number 0 at `/value/it`, expected true or false"],
    [words, "sideways", "found the text `sideways` at `/value/it`, expected one of `up`, `down`"],
    [words, ["up"], "found a list at `/value/it`, expected one of `up`, `down`"],
  ])("as something else than its type is unknown, and tells what was found (%o %o)", (type, raw, why) => {
    expect(read(type, raw)).toBe(why);
  });

  it("through a map tells a word that the map does not list", () => {
    const map = [{ from: "ON", to: "up" }];

    expect(read(words, "ON", { map })).toBe("up");
    expect(read(words, "up", { map })).toBe("found the text `up` at `/value/it`, which `map` does not list");
  });

  it("through a threshold tells what is no number", () => {
    expect(read({ kind: "boolean" }, 0.9, { atLeast: 0.5 })).toBe(true);
    expect(read({ kind: "boolean" }, "0.9", { atLeast: 0.5 })).toBe(
      "found the text `0.9` at `/value/it`, expected a number",
    );
  });

  it("as nothing, or as null, is unknown without a word: there is nothing to correct", () => {
    expect(readObject(readingOf(whole), { value: { it: null } }).facts).toEqual([
      { name: "config.web.it", value: null },
    ]);
    expect(readObject(readingOf(whole), { value: {} }).facts).toEqual([{ name: "config.web.it", value: null }]);
  });
});

describe("a fact in a part of the output that knows texts alone", () => {
  it.each<[FactType, string, JsonValue]>([
    [whole, "8", 8],
    [{ kind: "integer", min: -5, max: 5 }, "-3", -3],
    [{ kind: "boolean" }, "true", true],
    [{ kind: "boolean" }, "false", false],
    [words, "up", "up"],
  ])("is read by its type (%o %s)", (type, text, value) => {
    expect(read(type, text, {}, ["/value"])).toBe(value);
  });

  it.each<[FactType, string]>([
    [whole, "08"],
    [whole, "+8"],
    [whole, "8.0"],
    [whole, "0x8"],
    [whole, "8 "],
    [{ kind: "boolean" }, "on"],
    [{ kind: "boolean" }, "True"],
    [{ kind: "boolean" }, "1"],
  ])("is no value in a spelling that an edit would not write back (%o %s)", (type, text) => {
    expect(read(type, text, {}, ["/value"])).toMatch(/^found the text /);
  });

  it("is compared with a threshold in any exact decimal spelling", () => {
    const measured = ["0.98", "0.980", "1", "0.5", "1e0"].map((text) =>
      read({ kind: "boolean" }, text, { atLeast: 0.98 }, ["/value"]),
    );

    expect(measured).toEqual([true, true, true, false, "found the text `1e0` at `/value/it`, expected a number"]);
  });

  it("goes through its map as a text", () => {
    expect(read({ kind: "boolean" }, "1", { map: [{ from: "1", to: true }] }, ["/value"])).toBe(true);
  });

  it("that programs read in different ways is no value, and the message says why", () => {
    const disputed = { text: "up ; not down", disputed: "`;` has a meaning of its own for some" };

    expect(read(words, disputed, {}, ["/value"])).toBe(
      "found the text `up ; not down`, which programs read in different ways " +
        "(`;` has a meaning of its own for some), at `/value/it`, expected one of `up`, `down`",
    );
    expect(read(words, disputed)).toBe("found an object at `/value/it`, expected one of `up`, `down`");
  });

  it("is no part beside it: elsewhere a value is of the type that the output gives it", () => {
    expect(read(whole, "8", {}, ["/val"])).toMatch(/^found the text /);
  });
});

describe("an output", () => {
  const reading = readingOf(whole, {}, { fingerprint: ["/sha256", "/path"], fence: "/etag" });

  it.each<[string, JsonValue]>([
    ["an empty object", {}],
    ["null", null],
    ["a list", [{ value: { it: 1 } }]],
    ["the page of something else", { status: 200, body: "<html>" }],
  ])("in which no declared pointer leads to anything is no observation (%s)", (_, output) => {
    expect(findReadingFlaw(reading, output)).toBe(
      "the answer holds nothing at `/etag`, `/path`, `/sha256`, `/value/it`",
    );
  });

  it.each<[string, JsonValue]>([
    ["a fact", { value: { it: 1 } }],
    ["part of the fingerprint", { path: "a" }],
    ["the fence, though it is null", { etag: null }],
  ])("that shows %s is one", (_, output) => {
    expect(findReadingFlaw(reading, output)).toBeNull();
  });

  it("that says that the object is not there is none, unless a fact says what that means", () => {
    const there: FactExtraction & { readonly type: FactType } = {
      fact: "present",
      pointer: "/exists",
      map: null,
      atLeast: null,
      type: { kind: "boolean" },
    };
    const output = { path: "a", sha256: "absent", exists: false, value: null };

    expect(findReadingFlaw(reading, output)).toBe(
      "it is not there, and the domain does not say what that means: a fact at `/exists` would",
    );
    expect(findReadingFlaw({ ...reading, facts: [...reading.facts, there] }, output)).toBeNull();
    expect(findReadingFlaw({ ...reading, facts: [] }, output)).toBeNull();
    expect(findReadingFlaw(reading, { ...output, exists: true })).toBeNull();
  });

  it("is an observation if the domain declares nothing to see in it", () => {
    expect(findReadingFlaw({ ...reading, facts: [], fingerprint: [], fence: null }, {})).toBeNull();
  });

  it("names four of the pointers, and says that there are more", () => {
    const many = { ...reading, fingerprint: ["/a", "/b", "/c", "/d"] };

    expect(findReadingFlaw(many, {})).toBe("the answer holds nothing at `/a`, `/b`, `/c`, `/d`, …");
  });
});

/** An answer as a connector hands it on. */
function answered(text: string): JsonValue {
  const parsed = parseAnswer(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

describe("an output with something that no double or text can hold", () => {
  const reading = readingOf(whole, {}, { fingerprint: ["/sha256"], fence: "/etag" });
  const flawOf = (text: string) => findReadingFlaw(reading, answered(text));

  it("is an observation as long as no declared pointer leads there", () => {
    const output = answered('{"sha256":"a","etag":1,"value":{"it":3},"seenNs":1785000000123456789,"constructor":1}');

    expect(findReadingFlaw(reading, output)).toBeNull();
    expect(readObject(reading, output).facts).toEqual([{ name: "config.web.it", value: 3 }]);
  });

  it.each([
    ['{"sha256":7615917337495251231,"etag":1}', "/sha256", "the number `7615917337495251231`, which no double"],
    ['{"sha256":"a","etag":1,"etag":2}', "/etag", "the key `etag` twice"],
    ['{"sha256":["a",1e999],"etag":1}', "/sha256", "the number `1e999`, which no double holds exactly"],
  ])("is none where the fence or the fingerprint leads there (%s)", (text, pointer, said) => {
    expect(flawOf(text)).toContain(`\`${pointer}\` leads to ${said}`);
  });

  it("is none where a fact lies in a body that could not be read at all", () => {
    expect(findReadingFlaw(reading, { sha256: "a", value: { $unreadable: "document line 1" } })).toBe(
      "`/value/it` leads to a body that cannot be read: line 1",
    );
  });

  it("leaves a fact unknown that leads there, and says so", () => {
    expect(flawOf('{"sha256":"a","value":{"it":7615917337495251231}}')).toBeNull();
    expect(readObject(reading, answered('{"value":{"it":7615917337495251231}}')).facts).toEqual([
      {
        name: "config.web.it",
        value: null,
        why: "found the number `7615917337495251231`, which no double holds exactly, at `/value/it`",
      },
    ]);
  });

  it.each([
    ["0.97000000000000001", 0.98, false],
    ["0.99000000000000001", 0.98, true],
    ["1e999", 0.98, true],
    ["-1e999", 0.98, false],
    ["7615917337495251231", 1e15, true],
  ])("is compared with a threshold where the nearest double decides it (%s against %d)", (text, atLeast, value) => {
    const measured = readingOf({ kind: "boolean" }, { atLeast });

    expect(readObject(measured, answered(`{"value":{"it":${text}}}`)).facts[0]).toEqual({
      name: "config.web.it",
      value,
    });
  });

  it("is not compared where the nearest double is the threshold, or where it is no number", () => {
    const measured = readingOf({ kind: "boolean" }, { atLeast: 0.98 });

    for (const text of ["0.98000000000000001", '"\\ud83d"'])
      expect(readObject(measured, answered(`{"value":{"it":${text}}}`)).facts[0]).toMatchObject({ value: null });
  });
});
