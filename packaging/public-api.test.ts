import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reachableDeclarations } from "./declarations.ts";
import { describePublicApi, listPublicDeclarations } from "./public-api.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-api-test-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** The names in the listing, by file. */
function listed(): Readonly<Record<string, readonly string[]>> {
  const [, ...sections] = describePublicApi(folder, "entry.d.ts").split("\n--- ");
  return Object.fromEntries(
    sections.map((section) => {
      const [file = "", ...lines] = section.split("\n");
      return [
        file,
        lines.flatMap(
          (line) => /^export (?:declare )?(?:interface|type|class|function|const) (\w+)/.exec(line)?.[1] ?? [],
        ),
      ];
    }),
  );
}

describe("the public types", () => {
  it("are what the entry exports and what those lead to, through other names and inline imports", () => {
    write({
      "entry.d.ts": 'export { open as openIt } from "./room/open.ts";\nexport type { Kept } from "./kept.ts";\n',
      "kept.d.ts":
        "export interface Kept {\n    readonly a: 1;\n}\nexport interface Unasked {\n    readonly b: 2;\n}\n",
      "room/open.d.ts":
        'import type { Given as Taken } from "../given.ts";\n' +
        'export declare function open(given: Taken): import("../back.ts").Back;\n',
      "given.d.ts": "export type Given = Part | string;\nexport interface Part {\n    readonly c: `x/*${string}`;\n}\n",
      "back.d.ts": "export declare class Back {\n    #private;\n    close(): void;\n}\n",
    });

    expect(listed()).toEqual({
      back: ["Back"],
      given: ["Given", "Part"],
      kept: ["Kept"],
      "room/open": ["open"],
    });
  });

  it("lead to a value after `typeof` or in brackets, and not to one that a method is only called like", () => {
    write({
      "entry.d.ts":
        'import { close, brand, list } from "./values.ts";\n' +
        "export interface Door {\n    close(): typeof list;\n    readonly [brand]: true;\n}\n",
      "values.d.ts":
        "export declare function close(): void;\nexport declare const brand: unique symbol;\n" +
        "export declare const list: readonly string[];\n",
    });

    expect(listed()).toEqual({ entry: ["Door"], values: ["brand", "list"] });
  });

  it("change with a type, and not with a comment", () => {
    const entry = (comment: string, type: string): string => {
      write({ "entry.d.ts": `/** ${comment} */\nexport interface Door {\n    readonly a: ${type};\n}\n` });
      return describePublicApi(folder, "entry.d.ts");
    };

    const first = entry("One.", "string");

    expect(entry("Two; { ( [.", "string")).toBe(first);
    expect(entry("One.", "string | null")).not.toBe(first);
  });

  it("name the libraries whose types they show", () => {
    write({
      "entry.d.ts": 'import type { KeyObject } from "node:crypto";\nexport declare const key: KeyObject;\n',
    });

    expect(describePublicApi(folder, "entry.d.ts")).toContain("from other packages:\n  node:crypto KeyObject\n");
  });

  it("go on through a file that is handed on whole", () => {
    write({
      "entry.d.ts": 'export type * from "./words.ts";\n',
      "words.d.ts": 'export type { Plan } from "./plan.ts";\nexport type Word = string;\n',
      "plan.d.ts": "export interface Plan {\n    readonly a: 1;\n}\n",
    });

    expect(listed()).toEqual({ plan: ["Plan"], words: ["Word"] });
    expect(describePublicApi(folder, "entry.d.ts")).toContain("exported:\n  Plan\n  Word\n");
  });

  it("hold the keys of a table and not what the table holds, where only its keys are named", () => {
    write({
      "entry.d.ts":
        "export interface Row {\n    readonly a: 1;\n}\ndeclare const table: {\n    A: Row;\n};\n" +
        "export type Name = keyof typeof table;\n",
    });
    write({ "names.d.ts": 'export type { Name } from "./entry.ts";\n' });

    const found = listPublicDeclarations(folder, "names.d.ts").map(({ name, isType, isExported }) => [
      name,
      isType,
      isExported,
    ]);

    expect(found).toEqual([
      ["table", false, false],
      ["Name", true, true],
    ]);
  });

  it("are refused where a statement is not understood, because it would be left out unseen", () => {
    write({ "entry.d.ts": 'export default "other";\n' });

    expect(() => describePublicApi(folder, "entry.d.ts")).toThrow("a statement of a kind not known");
  });
});

describe("the declaration files that are kept", () => {
  it("are those that the entry leads to", () => {
    write({
      "entry.d.ts": 'import type { A } from "./a.ts";\nexport declare const a: A;\n',
      "a.d.ts": 'export type A = import("./b.js").B;\n',
      "b.d.ts": "export type B = string;\n",
      "c.d.ts": "export type C = string;\n",
    });

    expect(reachableDeclarations(folder, "entry.d.ts").map(({ file }) => file)).toEqual([
      "a.d.ts",
      "b.d.ts",
      "entry.d.ts",
    ]);
  });
});
