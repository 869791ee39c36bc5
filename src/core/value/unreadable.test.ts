import { describe, expect, it } from "vitest";
import { parseAnswer } from "./json.ts";
import type { JsonValue } from "./json-value.ts";
import { describeUnreadable, findUnreadable, readUnreadable, unreadable } from "./unreadable.ts";

function answer(text: string): JsonValue {
  const parsed = parseAnswer(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const found = (text: string, ...tokens: readonly string[]): string | null => {
  const marker = findUnreadable(answer(text), tokens);
  return marker === null ? null : describeUnreadable(marker);
};

describe("a pointer", () => {
  it("beside a marker leads to what is there", () => {
    const text = '{"id":7615917337495251231,"open":true,"list":[1e999,2],"a":1,"a":2,"constructor":3}';

    expect([found(text, "open"), found(text, "list", "1"), found(text, "gone", "deeper")]).toEqual([null, null, null]);
  });

  it.each<[string, readonly string[], string]>([
    ['{"id":7615917337495251231}', ["id"], "the number `7615917337495251231`, which no double holds exactly"],
    ['{"id":7615917337495251231}', ["id", "part"], "the number `7615917337495251231`, which no double holds exactly"],
    ['{"a":[1,{"b":1e999}]}', ["a"], "the number `1e999`, which no double holds exactly"],
    ['{"a":1,"a":2}', ["a"], "the key `a` twice"],
    ['{"a":"\\ud83d"}', ["a"], "the text `\ufffd`, which is not well-formed Unicode"],
    ['{"a":{"constructor":1}}', ["a", "constructor"], "the key `constructor`, which is not accepted"],
    ['{"a":{"__proto__":1}}', ["a"], "the key `__proto__`, which is not accepted"],
    [
      `${"[".repeat(40)}${"]".repeat(40)}`,
      Array.from({ length: 35 }, () => "0"),
      "a value that is nested deeper than 32 levels",
    ],
  ])("that leads to a marker, through one or to a value around one is told of it (%s %o)", (text, tokens, said) => {
    expect(found(text, ...tokens)).toBe(said);
  });
});

describe("a marker", () => {
  it("cannot be imitated by an answer: its key there is a name that is not accepted", () => {
    const forged = answer('{"a":{"$unreadable":"number 1"}}');

    expect(readUnreadable((forged as { readonly a: JsonValue }).a)).toBeNull();
    expect(findUnreadable(forged, ["a", "$unreadable"])).toEqual({ kind: "name", detail: "$unreadable" });
  });

  it("of another connector's making is taken for a body that cannot be read", () => {
    expect(readUnreadable({ $unreadable: "some words" })).toEqual({ kind: "document", detail: "`some words`" });
    expect(readUnreadable({ $unreadable: 7 })).toBeNull();
  });

  it("keeps what was there, as text that can be sealed", () => {
    expect(readUnreadable(unreadable("text", "a \ud83d b"))).toEqual({ kind: "text", detail: "a \ufffd b" });
    expect(unreadable("deep", "")).toEqual({ $unreadable: "deep " });
  });

  it("names at most twenty keys of one object, each once", () => {
    const keys = Array.from({ length: 30 }, (_, index) => `"x${index}\\ud83d":1`).join();

    expect(answer(`{${keys},"constructor":1,"constructor":2}`)).toEqual({
      $unreadable: Array.from({ length: 20 }, (_, index) => `x${index}\ufffd`),
    });
  });
});
