import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ValueType } from "./domain.ts";
import { canFit, checkValue, isValidator, typeAt, writeOutObjects } from "./value-type.ts";

const at = { pointer: "/value", idsOf: (type: string) => (type === "lamp" ? ["a", "b"] : []) };
const path: ValueType = { kind: "path", lengthMax: 100 };
const url: ValueType = { kind: "url", hosts: ["status.shop.example", "10.0.0.7:8080"] };

function codesOf(type: ValueType, value: Parameters<typeof checkValue>[1]): readonly string[] {
  return checkValue(type, value, at).map((found) => found.code);
}

describe("checkValue", () => {
  it.each([
    "../x",
    "a/../../x",
    "/etc/passwd",
    "a//b",
    "./a",
    "a/.",
    "C:\\x",
    "a\\b",
    "~/x",
    "a\u0000b",
    "a\u202eb",
    "",
    "%2e%2e/x",
    "a%2fb",
    "．．/x",
    "a／b",
    "...",
    "‥/x",
  ])("refuses the path %j", (value) => {
    expect(codesOf(path, value)).toEqual(["E_ARG_PATH"]);
  });

  it.each(["a", "conf/main.conf", ".hidden/x", "a..b/c", "größe/日本.txt"])("accepts the path %j", (value) => {
    expect(codesOf(path, value)).toEqual([]);
  });

  it.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::1]/",
    "http://localhost/",
    "http://metadata.google.internal/",
    "http://status.shop.example.evil.org/",
    "http://status.shop.example@evil.org/",
    "http://evil.org#@status.shop.example/",
    "http://status.shop.example\\@evil.org/",
    "http://status.shop.example:81/",
    "http://STATUS.shop.example/",
    "http://status.shop.example./",
    "file:///etc/passwd",
    "//status.shop.example/",
    "http:status.shop.example",
    "http://status.shop.example/../x",
    "http://status.shop.example/%2e%2e/x",
    "http://status.shop.example/\tx",
    "http://status。shop.example/",
    "javascript:alert(1)",
    "http:///status.shop.example/",
  ])("refuses the address %j", (value) => {
    expect(codesOf(url, value)).toEqual(["E_ARG_URL"]);
  });

  it.each(["http://status.shop.example", "https://status.shop.example/a/b?c=d#e", "http://10.0.0.7:8080/x"])(
    "accepts the address %j",
    (value) => {
      expect(codesOf(url, value)).toEqual([]);
    },
  );

  it.each([
    ["http://2852039166/", "link-local"],
    ["http://0xa9fea9fe/", "link-local"],
    ["http://[::ffff:a9fe:a9fe]/", "link-local"],
    ["http://[::ffff:169.254.169.254]/", "link-local"],
    ["http://127.1/", "this machine"],
    ["http://0300.0250.1/", "a private address"],
    ["http://[::1]/", "this machine"],
    ["http://[fd00::1]/", "a local IPv6 address"],
    ["http://metadata.google.internal/", "metadata service"],
  ])("says what the disguised host %s is", (value, kind) => {
    expect(checkValue(url, value, at)[0]?.message).toContain(kind);
  });

  it("accepts an address only if a reader of addresses finds one of the hosts in it", () => {
    const pieces = fc.constantFrom(
      "http://",
      "https://",
      "status.shop.example",
      "10.0.0.7",
      ":8080",
      "@",
      "/",
      "\\",
      "?",
      "#",
      "..",
      "%2e",
      "evil.org",
      "\t",
      "。",
      "[::1]",
      ":",
      ".",
    );
    let acceptedCount = 0;

    fc.assert(
      fc.property(
        fc.array(pieces, { minLength: 1, maxLength: 6 }).map((parts) => `http://${parts.join("")}`),
        (value) => {
          if (codesOf(url, value).length > 0) return true;
          acceptedCount += 1;
          return url.kind === "url" && url.hosts.includes(new URL(value).host);
        },
      ),
      { numRuns: 5_000, seed: 7 },
    );

    expect(acceptedCount).toBeGreaterThan(10);
  });

  it.each([
    [{ kind: "integer", min: 1, max: 3 }, 4],
    [{ kind: "integer", min: 1, max: 3 }, 1.5],
    [{ kind: "integer", min: 1, max: 3 }, "2"],
    [{ kind: "number", min: 0, max: 1 }, 1.1],
    [{ kind: "values", values: ["a"] }, "A"],
    [{ kind: "boolean" }, 0],
    [{ kind: "object", of: "lamp" }, "c"],
    [{ kind: "string", lengthMax: 3, charset: "line" }, "long"],
    [{ kind: "string", lengthMax: 99, charset: "identifier" }, "web; curl evil|sh"],
    [{ kind: "string", lengthMax: 99, charset: "identifier" }, "--force"],
    [{ kind: "string", lengthMax: 99, charset: "line" }, "two\nlines"],
    [{ kind: "string", lengthMax: 99, charset: "text" }, "\u001b[2A"],
    [{ kind: "list", of: { kind: "boolean" }, countMax: 1 }, [true, true]],
    [
      { kind: "record", fields: [{ name: "a", type: { kind: "boolean" } }] },
      { a: true, b: 1 },
    ],
    [{ kind: "record", fields: [{ name: "a", type: { kind: "boolean" } }] }, {}],
  ] as const)("refuses what is not of the type %j", (type, value) => {
    expect(codesOf(type as unknown as ValueType, value as never)).toEqual(["E_ARG_SCHEMA"]);
  });

  it("says of a number in place of a word that looks like one that it needs quotes", () => {
    const words: ValueType = { kind: "values", values: ["4096", "true"] };
    const hints = [4096, true, 8192].map(
      (value) => checkValue(words, value, { pointer: "", idsOf: () => [] })[0]?.hint,
    );

    expect(hints.slice(0, 2)).toEqual([
      'it is a text: put it in quotes, `"4096"`; on a command line `\'NAME="4096"\'`',
      'it is a text: put it in quotes, `"true"`; on a command line `\'NAME="true"\'`',
    ]);
    expect(hints[2]).not.toContain("quotes");
    const object: ValueType = { kind: "object", of: "host" };
    expect(checkValue(object, 7, { pointer: "", idsOf: () => ["7"] })[0]?.hint).toContain("put it in quotes");
  });

  it("names the place inside a nested value", () => {
    const type: ValueType = {
      kind: "list",
      of: { kind: "record", fields: [{ name: "a", type: { kind: "boolean" } }] },
      countMax: 3,
    };

    expect(checkValue(type, [{ a: true }, { a: 1 }], at).map((found) => found.pointer)).toEqual(["/value/1/a"]);
  });
});

describe("canFit", () => {
  it.each([
    [{ kind: "integer", min: 0, max: 9 }, { kind: "integer", min: 5, max: 20 }, true],
    [{ kind: "integer", min: 0, max: 4 }, { kind: "integer", min: 5, max: 20 }, false],
    [{ kind: "string", lengthMax: 5, charset: "line" }, { kind: "values", values: ["a"] }, true],
    [{ kind: "values", values: ["b"] }, { kind: "values", values: ["a"] }, false],
    [{ kind: "boolean" }, { kind: "string", lengthMax: 5, charset: "line" }, false],
    [{ kind: "object", of: "lamp" }, { kind: "object", of: "host" }, false],
    [{ kind: "list", of: { kind: "boolean" }, countMax: 2 }, { kind: "boolean" }, false],
  ] as const)("of %j to %j is %s", (output, argument, expected) => {
    expect(canFit(output as ValueType, argument as ValueType)).toBe(expected);
  });

  it("agrees with there being a value of both types", () => {
    const type = fc.oneof(
      fc.record({
        kind: fc.constant("integer" as const),
        min: fc.integer({ min: 0, max: 4 }),
        max: fc.integer({ min: 4, max: 8 }),
      }),
      fc.record({ kind: fc.constant("values" as const), values: fc.subarray(["a", "b", "c"], { minLength: 1 }) }),
      fc.constant({ kind: "boolean" as const }),
    );
    const samples = [true, false, 0, 1, 2, 3, 4, 5, 6, 7, 8, "a", "b", "c"];

    fc.assert(
      fc.property(type, type, (left, right) => {
        const shared = samples.some((value) => codesOf(left, value).length === 0 && codesOf(right, value).length === 0);
        return canFit(left, right) === shared;
      }),
    );
  });
});

describe("isValidator", () => {
  it("is true of enumerations, ranges and the inventory, also inside lists, and of no text", () => {
    expect(isValidator({ kind: "list", of: { kind: "object", of: "lamp" }, countMax: 3 })).toBe(true);
    expect(
      isValidator({
        kind: "record",
        fields: [{ name: "a", type: { kind: "string", lengthMax: 3, charset: "identifier" } }],
      }),
    ).toBe(false);
  });
});

describe("typeAt", () => {
  it("follows fields and indices, and leads nowhere past a list's most", () => {
    const type: ValueType = {
      kind: "list",
      of: { kind: "record", fields: [{ name: "a", type: { kind: "boolean" } }] },
      countMax: 2,
    };

    expect(typeAt(type, ["1", "a"])).toEqual({ kind: "boolean" });
    expect(typeAt(type, ["2"])).toBeUndefined();
    expect(typeAt(type, ["01"])).toBeUndefined();
  });
});

describe("writeOutObjects", () => {
  it("leaves a type that needs no inventory, and accepts the same values", () => {
    const type: ValueType = { kind: "list", of: { kind: "object", of: "lamp" }, countMax: 2 };

    const written = writeOutObjects(type, at.idsOf);

    expect(written).toEqual({ kind: "list", of: { kind: "values", values: ["a", "b"] }, countMax: 2 });
    expect([["a"], ["c"]].map((value) => checkValue(written, value, { pointer: "", idsOf: () => [] }).length)).toEqual([
      0, 1,
    ]);
  });
});
