import { describe, expect, it } from "vitest";
import { type CommandKind, type ModuleGraph, sharesOf } from "./shares.ts";

const imports: Readonly<Record<string, readonly string[]>> = {
  "/dist/main.js": ["/dist/text.js"],
  "/dist/door.js": ["/dist/text.js", "/dist/log.js"],
  "/dist/plan.js": ["/dist/compile.js", "/dist/log.js"],
  "/dist/show.js": ["/dist/compile.js", "/dist/draw.js"],
  "/dist/text.js": [],
  "/dist/log.js": [],
  "/dist/compile.js": [],
  "/dist/draw.js": [],
  "/dist/rare.js": ["/dist/log.js"],
};
const loads: Readonly<Record<string, readonly string[]>> = {
  "/dist/main.js": ["/dist/door.js"],
  "/dist/door.js": ["/dist/plan.js", "/dist/show.js", "/dist/rare.js"],
};
const graph: ModuleGraph = {
  getModuleInfo: (id) => {
    const importedIds = imports[id];
    return importedIds === undefined ? null : { importedIds, dynamicallyImportedIds: loads[id] ?? [] };
  },
};
const kinds: Readonly<Record<string, CommandKind>> = {
  start: { begins: /^main\.js$/, isFirst: true },
  site: { begins: /^door\.js$/ },
  plan: { begins: /^(plan|show)\.js$/, after: "site" },
  show: { begins: /^show\.js$/, after: "site" },
};
const shares = sharesOf(graph, { entry: "/dist/main.js", below: "/dist", kinds });

describe("what commands share", () => {
  it("is named after the kinds that load it", () => {
    expect(Object.fromEntries(shares)).toMatchObject({
      "/dist/plan.js": "plan",
      "/dist/compile.js": "plan-show",
      "/dist/draw.js": "plan-show",
    });
  });

  it("is named after the kind that comes first, if that one loads it too", () => {
    expect(shares.get("/dist/text.js")).toBe("start");
    expect(shares.get("/dist/log.js")).toBe("site");
  });

  it("says nothing of a module that no kind begins at", () => {
    expect(shares.has("/dist/rare.js")).toBe(false);
  });

  it("refuses a kind that begins nowhere", () => {
    const lost = { ...kinds, gone: { begins: /^gone\.js$/ } };

    expect(() => sharesOf(graph, { entry: "/dist/main.js", below: "/dist", kinds: lost })).toThrow('"gone"');
  });
});
