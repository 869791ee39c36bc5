import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalText } from "./canonical.ts";
import { parseAnswer, parseJson } from "./json.ts";
import type { JsonValue } from "./json-value.ts";
import { limits } from "./limits.ts";

function codesOf(input: string | Uint8Array): readonly string[] {
  const parsed = parseJson(input);
  return parsed.ok ? [] : parsed.error.map((found) => found.code);
}

function firstProblem(input: string | Uint8Array) {
  const parsed = parseJson(input);
  return parsed.ok ? undefined : parsed.error[0];
}

describe("what is read", () => {
  it("any value JSON.stringify writes is read as JSON.parse reads it", () => {
    const arbitrary = fc.jsonValue({ maxDepth: 6 }).filter((value) => !mentionsForbiddenKey(value));
    fc.assert(
      fc.property(arbitrary, fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const expected: unknown = JSON.parse(text);

        const parsed = parseJson(text);

        if (parsed.ok) expect(toPlain(parsed.value)).toEqual(expected);
        else for (const found of parsed.error) expect(["E_JSON_NUMBER", "E_JSON_UNICODE"]).toContain(found.code);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });

  it("whatever JSON.parse refuses is refused, and nothing else as E_JSON_INVALID", () => {
    const pieces = [
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      '"a"',
      '"b"',
      "1",
      "-",
      "0",
      ".5",
      "e1",
      "true",
      "null",
      " ",
      "\n",
      '"\\u0041"',
      '"\\x"',
      "'",
      "/",
    ];
    const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(texts, (text) => {
        const isJson = isAcceptedByJsonParse(text);

        const isInvalid = codesOf(text).includes("E_JSON_INVALID");

        expect(isInvalid).toBe(!isJson);
      }),
      { seed: 2, numRuns: 5_000 },
    );
  });

  it("canonical text is read back as the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const first = parseJson(JSON.stringify(value));
        if (!first.ok) return;

        const second = parseJson(canonicalText(first.value));

        expect(second).toEqual(first);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it("bytes and text give the same value", () => {
    const text = '{"name":"größe 🚀","n":[1,2.5,-3e-7]}';

    expect(parseJson(new TextEncoder().encode(text))).toEqual(parseJson(text));
  });

  it("an object has no prototype, so a name like toString finds nothing", () => {
    const parsed = parseJson('{"a":1}');

    expect(parsed.ok && (parsed.value as Record<string, JsonValue>)["toString"]).toBeUndefined();
  });

  it("all simple escapes mean what RFC 8259 says", () => {
    expect(parseJson('"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude80"')).toEqual({
      ok: true,
      value: '"\\/\b\f\n\r\té🚀',
    });
  });
});

describe("what is refused", () => {
  it.each([
    ['{"a":{"__proto__":{"admin":true}}}', "E_JSON_KEY_FORBIDDEN", "/a/__proto__"],
    ['{"\\u005f_proto__":1}', "E_JSON_KEY_FORBIDDEN", "/__proto__"],
    ['{"constructor":1}', "E_JSON_KEY_FORBIDDEN", "/constructor"],
    ['{"prototype":1}', "E_JSON_KEY_FORBIDDEN", "/prototype"],
    ['[{"action":"get","action":"delete"}]', "E_JSON_DUPLICATE_KEY", "/0/action"],
    ['{"a":1,"\\u0061":2}', "E_JSON_DUPLICATE_KEY", "/a"],
    ['{"n":1e400}', "E_JSON_NUMBER", "/n"],
    ['{"n":9007199254740993}', "E_JSON_NUMBER", "/n"],
    ['{"n":9007199254740992}', "E_JSON_NUMBER", "/n"],
    ['{"n":-0}', "E_JSON_NUMBER", "/n"],
    ['{"n":-0.0e5}', "E_JSON_NUMBER", "/n"],
    ['{"n":1e-400}', "E_JSON_NUMBER", "/n"],
    ['{"n":0.10000000000000000555}', "E_JSON_NUMBER", "/n"],
    ['{"a/b":[1,NaN]}', "E_JSON_INVALID", "/a~1b/1"],
    ["[1,]", "E_JSON_INVALID", "/1"],
    ["[01]", "E_JSON_INVALID", ""],
    ["[+1]", "E_JSON_INVALID", "/0"],
    ["[1]/*x*/", "E_JSON_INVALID", ""],
    ["", "E_JSON_INVALID", ""],
    ['"a\nb"', "E_JSON_INVALID", ""],
    ['"a', "E_JSON_INVALID", ""],
    ['{"g":"\\ud800"}', "E_JSON_UNICODE", "/g"],
    ['{"g":"\ud800"}', "E_JSON_UNICODE", "/g"],
    ['"\\ude80\\ud83d"', "E_JSON_UNICODE", ""],
    ["\ufeff{}", "E_JSON_UNICODE", ""],
  ])("%j is refused with %s at %j", (text, code, pointer) => {
    expect(firstProblem(text)).toMatchObject({ code, pointer });
  });

  it.each([
    ["a lone continuation byte", [0x22, 0x80, 0x22]],
    ["an overlong slash", [0x22, 0xc0, 0xaf, 0x22]],
    ["an encoded surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["a truncated sequence", [0x22, 0xe2, 0x82]],
    ["a byte order mark", [0xef, 0xbb, 0xbf, 0x31]],
  ])("%s is E_JSON_UNICODE", (_title, bytes) => {
    expect(codesOf(Uint8Array.from(bytes))).toEqual(["E_JSON_UNICODE"]);
  });

  it("100,000 nested arrays are E_JSON_DEPTH and do not overflow the stack", () => {
    expect(codesOf("[".repeat(100_000) + "]".repeat(100_000))).toEqual(["E_JSON_DEPTH"]);
  });

  it("32 levels are read and 33 are not", () => {
    expect(codesOf("[".repeat(32) + "]".repeat(32))).toEqual([]);
    expect(codesOf('{"a":'.repeat(33) + "1" + "}".repeat(33))).toEqual(["E_JSON_DEPTH"]);
  });

  it("size is counted in bytes before anything is decoded", () => {
    const nearlyFull = `"${"é".repeat(limits.bodyBytesMax / 2 - 1)}"`;

    expect(codesOf(nearlyFull)).toEqual([]);
    expect(codesOf(`${nearlyFull} `)).toEqual(["E_JSON_SIZE"]);
    expect(codesOf(new Uint8Array(50_000_000))).toEqual(["E_JSON_SIZE"]);
  });

  it("all problems of a document are reported in its order, up to the first that the grammar refuses", () => {
    const text = '{"a":1,"a":2,"n":1e999,"__proto__":3,"x":tru}';

    expect(codesOf(text)).toEqual(["E_JSON_DUPLICATE_KEY", "E_JSON_NUMBER", "E_JSON_KEY_FORBIDDEN", "E_JSON_INVALID"]);
  });

  it("a flood of problems is cut off", () => {
    expect(codesOf(`[${"1e999,".repeat(5_000)}1]`)).toHaveLength(limits.problemsCountMax);
  });

  it("the message names line and column and quotes nothing that is not JSON's own", () => {
    expect(firstProblem('{\n  "a": \u001b[2K}')?.message).toBe(
      "line 2, column 8: expected a value, found another character",
    );
    expect(firstProblem("hunter2SecretToken")?.message).toBe("line 1, column 1: expected a value, found a word");
    expect(firstProblem("[1 }")?.message).toBe("line 1, column 4: expected `,` or `]`, found `}`");
  });
});

function isAcceptedByJsonParse(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function mentionsForbiddenKey(value: unknown): boolean {
  return /"(?:__proto__|constructor|prototype)":/.test(JSON.stringify(value));
}

function toPlain(value: JsonValue): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe("an answer of the world", () => {
  it("that the strict reader takes is read as the strict reader reads it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        const strict = parseJson(text);
        if (!strict.ok || text.includes("$unreadable")) return;

        expect(parseAnswer(text)).toEqual(strict);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it("is read if JSON.parse reads it, refused if JSON.parse refuses it, and can always be sealed", () => {
    const pieces = [
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"\\ud83d"',
      '"__proto__"',
      "1e999",
      "-0.0",
      "7615917337495251231",
      " ",
    ];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces), { maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        (parts, depth) => {
          const text = parts.join("");
          const read = parseAnswer(text, { bytesMax: 1_000, depthLevelsMax: depth });

          expect(read.ok).toBe(isJson(text));
          if (read.ok) expect(JSON.parse(canonicalText(read.value))).toEqual(toPlain(read.value));
        },
      ),
      { seed: 3, numRuns: 3_000 },
    );
  });

  it.each([
    ["-0", 0],
    ["-0.0", 0],
    ["-0e7", 0],
    ["-1e-400", { $unreadable: "number -1e-400" }],
    ["1e-400", { $unreadable: "number 1e-400" }],
    ["0.10000000000000001", { $unreadable: "number 0.10000000000000001" }],
    ["0.1", 0.1],
  ])("holds %s as %o", (text, value) => {
    expect(parseAnswer(text)).toEqual({ ok: true, value });
  });

  it("may be nested a million levels deep: that is passed over without recursion, and what follows is read", () => {
    const deep = `${'{"a":['.repeat(500_000)}1${"]}".repeat(500_000)}`;

    const read = parseAnswer(`{"deep":${deep},"open":true}`, { bytesMax: 10_000_000, depthLevelsMax: 4 });

    expect(read.ok && toPlain(read.value)).toMatchObject({ open: true });
    expect(
      parseAnswer(`{"deep":${deep.slice(0, -1)},"open":true}`, { bytesMax: 10_000_000, depthLevelsMax: 4 }).ok,
    ).toBe(false);
  });

  it("of bytes that are not UTF-8 keeps every text but those that they are in", () => {
    const bytes = Buffer.from('{"name":"caf\xe9","open":true,"caf\xe9":1}', "latin1");

    expect(parseAnswer(bytes)).toEqual({
      ok: true,
      value: { name: { $unreadable: "text caf\ufffd" }, open: true, $unreadable: ["caf\ufffd"] },
    });
    expect(parseAnswer('{"name":"caf\ufffd"}')).toEqual({ ok: true, value: { name: "caf\ufffd" } });
  });

  it("larger than it may be is refused before it is read", () => {
    expect(parseAnswer("é", { bytesMax: 1, depthLevelsMax: 4 })).toMatchObject({
      ok: false,
      error: { code: "E_JSON_SIZE" },
    });
    expect(parseAnswer(Buffer.alloc(9), { bytesMax: 8, depthLevelsMax: 4 })).toMatchObject({
      ok: false,
      error: { code: "E_JSON_SIZE" },
    });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
