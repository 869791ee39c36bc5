import { describe, expect, it } from "vitest";
import { bindTemplate, hasBinding } from "./template.ts";

describe("a template", () => {
  it("is bound to arguments, fence and key, and keeps secrets as references", () => {
    const bound = bindTemplate(
      { a: [{ $arg: "x" }], f: { $fence: true }, k: { $key: true }, s: { $secret: "token" } },
      { args: [{ name: "x", value: 3 }], fence: null, key: "key" },
    );

    expect(bound).toEqual({ a: [3], f: null, k: "key", s: { $secret: "token" } });
  });

  it("has something to bind at any depth, in lists too, and nothing if it binds only secrets", () => {
    expect(
      [{ a: [1, { $arg: "x" }] }, { a: [[{ $key: true }]] }, { a: [1, { b: "c" }] }, { a: [{ $secret: "token" }] }].map(
        hasBinding,
      ),
    ).toEqual([true, true, false, false]);
  });

  it("with a binding of the compiler's, or an undeclared argument, breaks an invariant", () => {
    expect(() => bindTemplate({ a: { $target: "id" } }, { args: [], fence: null, key: "key" })).toThrow(
      "a plan's template has nothing of compile time left",
    );
    expect(() => bindTemplate({ a: { $arg: "x" } }, { args: [], fence: null, key: "key" })).toThrow(
      "a template binds declared arguments alone",
    );
  });
});
