import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { programName } from "./program-name.ts";

const nodeFolder = dirname(process.execPath);

const named = (
  script: string,
  given: { readonly event?: string; readonly isClone?: boolean; readonly path?: string } = {},
): string =>
  programName({
    script,
    node: process.execPath,
    environment: {
      PATH: given.path ?? `/usr/local/bin:${nodeFolder}:/usr/bin`,
      ...(given.event && { npm_lifecycle_event: given.event }),
    },
    isClone: given.isClone ?? false,
  });

const byPath = `${process.execPath} /src/bin/interlock.js`;

describe("the program in a hint", () => {
  it.each([
    ["from the PATH", "/usr/local/bin/interlock", {}, "interlock"],
    ["through npx in a project", "/srv/site/node_modules/.bin/interlock", {}, "npx interlock"],
    ["through npx in a clone", "/home/a/.npm/_npx/1f/node_modules/.bin/interlock", { isClone: true }, "npx interlock"],
    [
      "through npx without an installation",
      "/home/a/.npm/_npx/1f/node_modules/.bin/interlock",
      {},
      "npx @interlock-run/interlock",
    ],
    ["by `npm run`", "/src/bin/interlock.js", { event: "interlock", isClone: true }, "npm run -s interlock --"],
    ["by its file", "/my src/bin/interlock.js", { isClone: true }, "node '/my src/bin/interlock.js'"],
    ["by its file, with a Node that is not on the PATH", "/src/bin/interlock.js", { path: "/nowhere" }, byPath],
    ["by a path that is not on the PATH", "/opt/interlock/bin/interlock", {}, "/opt/interlock/bin/interlock"],
    ["by another script of npm, from the PATH", "/usr/bin/interlock", { event: "deploy" }, "interlock"],
  ])("is the one that was typed: %s", (_, script, given, expected) => {
    expect(named(script, given)).toBe(expected);
  });
});
