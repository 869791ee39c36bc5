import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalText } from "./canonical.ts";
import { type Digest, digest, digestBytes, parseDigest, shortDigest } from "./digest.ts";
import { InvariantError } from "./invariant.ts";
import type { JsonValue } from "./json-value.ts";

interface Vector {
  readonly domain: `interlock.${string}/${number}`;
  readonly value: never;
  readonly canonical: string;
  readonly digest: string;
}
const vectors: readonly Vector[] = JSON.parse(readFileSync("test/golden/digest-vectors.json", "utf8")).vectors;

describe("canonical text", () => {
  it("keys are sorted by UTF-16 code unit, as in RFC 8785 section 3.2.3", () => {
    const value = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 };

    expect(canonicalText(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
  });

  it("numbers and texts are written as in RFC 8785 section 3.2.2", () => {
    const value = {
      // biome-ignore lint/correctness/noPrecisionLoss: the literal of RFC 8785, appendix
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 1e-27],
      string: "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
    };

    expect(canonicalText(value)).toBe(
      '{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it("is what the library writes, for any plain data", () => {
    const text = fc.string({ unit: "binary" }).filter((value) => value.isWellFormed());
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(
          text,
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.integer(),
          fc.boolean(),
          fc.constant(null),
        ),
        fc.array(tie("tree"), { maxLength: 6 }),
        fc.dictionary(fc.oneof(text, fc.nat(20).map(String), fc.constantFrom("", "__proto__", "a", "A")), tie("tree"), {
          maxKeys: 40,
        }),
      ),
    }));

    fc.assert(
      fc.property(tree, (value) => {
        expect(canonicalText(value as object)).toBe(canonicalize(value));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("is what the library writes for numbers of every magnitude", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(canonicalText([value])).toBe(canonicalize([value]));
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  it("the same object twice, side by side, is no cycle", () => {
    const shared = { a: 1 };

    expect(canonicalText([shared, { b: shared }])).toBe('[{"a":1},{"b":{"a":1}}]');
  });

  it("the order of fields does not matter", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key.isWellFormed()),
          fc.integer(),
        ),
        (value) => {
          const reversed = Object.fromEntries(Object.entries(value).reverse());

          expect(canonicalText(reversed)).toBe(canonicalText(value));
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it.each([
    ["undefined in a field", { a: undefined }],
    ["undefined in a list", [undefined]],
    ["a hole in a list", [, 1]],
    ["a function", { a: () => 1 }],
    ["NaN", [Number.NaN]],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["a lone surrogate", "\ud800"],
    ["a lone surrogate in a key", { "\udc00": 1 }],
    ["a date", new Date(0)],
    [
      "an object with a class",
      new (class Plan {
        readonly a = 1;
      })(),
    ],
    ["a map", new Map()],
    ["a big integer", 1n],
  ])("%s is refused", (_title, value) => {
    expect(() => canonicalText(value as object)).toThrow(InvariantError);
  });

  it("a toJSON method is refused, not called", () => {
    expect(() => canonicalText({ toJSON: () => "something else" })).toThrow(InvariantError);
  });

  it("a cycle far below is refused, and a value that is only deep is not", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = [{ both: [1, cycle], again: cycle }];
    const nest = (inner: JsonValue, depth: number): JsonValue =>
      Array.from({ length: depth }).reduce<JsonValue>((value) => ({ value }), inner);

    // A cast, because the type excludes a cycle.
    expect(() => canonicalText(nest(cycle as JsonValue, 300))).toThrow(InvariantError);
    expect(canonicalText(nest(7, 1_000))).toBe(`${'{"value":'.repeat(1_000)}7${"}".repeat(1_000)}`);
  });

  it("a cycle is refused", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;

    expect(() => canonicalText(cycle)).toThrow(InvariantError);
  });
});

describe("digest", () => {
  it.each(vectors)("the vector of $domain for $canonical holds by node:crypto over hand-written bytes", (vector) => {
    const bytes = Buffer.concat([
      Buffer.from(vector.domain, "utf8"),
      Buffer.from([0]),
      Buffer.from(vector.canonical, "utf8"),
    ]);
    const independent = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

    expect(independent).toBe(vector.digest);
    expect(canonicalText(vector.value)).toBe(vector.canonical);
    expect(digest(vector.domain, vector.value)).toBe(vector.digest);
  });

  it("the same value under another tag or another version has another digest", () => {
    const digests = [
      digest("interlock.plan/1", {}),
      digest("interlock.plan/2", {}),
      digest("interlock.approval/1", {}),
    ];

    expect(new Set(digests).size).toBe(3);
  });

  it("digestBytes agrees with node:crypto on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const independent = createHash("sha256").update("interlock.bytes/1\0").update(bytes).digest("hex");

        expect(digestBytes("interlock.bytes/1", bytes)).toBe(`sha256:${independent}`);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it.each(["plan/1", "interlock.plan/0", "interlock.plan/1\u00002", "interlock.Plan/1"])(
    "the tag %j is refused",
    (tag) => {
      expect(() => digest(tag as "interlock.plan/1", {})).toThrow(InvariantError);
    },
  );

  it("a digest has one spelling", () => {
    const written = `sha256:${"0123456789abcdef".repeat(4)}`;

    expect(parseDigest(written)).toEqual({ ok: true, value: written });
    expect(parseDigest(written.toUpperCase()).ok).toBe(false);
    expect(parseDigest(written.slice(0, -1)).ok).toBe(false);
    expect(parseDigest(`${written}\n`).ok).toBe(false);
  });

  it("the short form is the first 12 hexadecimal digits", () => {
    expect(shortDigest(`sha256:${"0123456789abcdef".repeat(4)}` as Digest)).toBe("0123456789ab");
  });
});
