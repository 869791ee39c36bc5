import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { codes } from "../src/core/value/codes.ts";
import { apiReference } from "./api-reference.ts";
import { anchorOf, headingOf } from "./describe-api.ts";
import { root } from "./run-tsc.ts";

describe("docs/api.md", () => {
  const { text, symbols } = apiReference();
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  const methods = symbols.find(({ name }) => name === "Interlock")?.methods ?? [];

  it("is what the docstrings say: `npm run docs:api` writes it", () => {
    expect(text).toBe(readFileSync(join(root, "docs/api.md"), "utf8"));
  });

  it("says something of every name that the package exports, and of every method of an exported interface", () => {
    const silent = symbols.flatMap(({ name, file, doc, methods: own }) => [
      ...(doc === "" ? [`${name} of ${file}`] : []),
      ...own.filter((method) => method.doc === "").map((method) => `${name}.${method.name} of ${file}`),
    ]);

    expect(silent).toEqual([]);
  });

  it("has a heading for each of them, and for each method of the door", () => {
    const wanted = [
      ...symbols.filter(({ name }) => name !== "Interlock").map(headingOf),
      ...methods.map(({ name }) => `\`interlock.${name}\``),
    ];

    expect(methods.length).toBeGreaterThan(30);
    expect(wanted.filter((heading) => headings.filter((one) => one === heading).length !== 1)).toEqual([]);
  });

  it("has links that lead to one heading each", () => {
    const anchors = headings.map(anchorOf);
    const targets = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, target = ""]) => target);

    expect(anchors.filter((anchor, index) => anchors.indexOf(anchor) !== index)).toEqual([]);
    expect(targets.filter((target) => !anchors.includes(target))).toEqual([]);
  });

  it("names no problem that does not exist", () => {
    const named = symbols
      .flatMap((symbol) => [symbol, ...symbol.methods])
      .flatMap(({ doc, tags }) =>
        [doc, ...tags.map((tag) => tag.text)].flatMap((part) => part.match(/\bE_[A-Z_]+\b/g) ?? []),
      );

    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((code) => !(code in codes))).toEqual([]);
  });
});
