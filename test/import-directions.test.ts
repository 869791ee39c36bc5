// Which file may import which, and what only some of them may do. The rules read the sources, so no comment can switch
// them off. There is no list of exceptions: what breaks a rule is repaired in the change that breaks it.
import { describe, expect, it } from "vitest";
import { importCycles } from "./support/import-cycles.ts";
import { anyOf, code, everything, product } from "./support/ruled-sources.ts";
import { importsOf, isTest, type Source, staticImportsOf } from "./support/sources.ts";

/** Which folder may import which: itself, and those of a lower rank; never a sibling. */
const order: readonly (readonly string[])[] = [
  ["core"],
  ["intake"],
  ["contract", "ports"],
  ["connectors", "notifiers"],
  ["log"],
  ["engine", "models", "identities", "policies", "packs"],
  ["propose", "investigate", "recover", "owner"],
  ["flow"],
  ["public-types"],
  ["interlock"],
  ["faces"],
];

/** Inside the core each folder imports from those before it. */
const coreOrder = ["value", "guard", "log", "domain", "belief", "plan", "approval", "run", "proof"];

/** Rooms of a folder of the core, each of which imports from those before it. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  "src/core/plan": [
    "plan.ts",
    "plan-format.ts",
    "plan-hash.ts",
    "kinds",
    "read-plan.ts",
    "wire",
    "branches",
    "compile",
    "show",
    "policy",
  ],
  "src/core/run": ["collections", "words", "ready", "apply", "due", "decide", "tell"],
};

/** `src/core/value/json.ts` → `core`; `src/interlock.ts` → `interlock`. */
function folderOf(path: string): string {
  return (path.split("/")[1] ?? "").replace(/\.ts$/, "");
}

function coreFolderOf(path: string): string {
  return path.split("/")[2] ?? "";
}

/** The forbidden imports. */
function violations(
  check: (source: Source, imported: string) => boolean,
  sources: readonly Source[],
): readonly string[] {
  return sources.flatMap((source) =>
    importsOf(source)
      .filter((imported) => !check(source, imported))
      .map((imported) => `${source.path} → ${imported}`),
  );
}

describe("import directions", () => {
  it("every folder of the product has its rank", () => {
    const unknown = product.map(({ path }) => folderOf(path)).filter((folder) => !order.flat().includes(folder));

    expect([...new Set(unknown)]).toEqual([]);
  });

  it("a folder imports downwards, siblings not at all", () => {
    const rankOf = (path: string): number => order.findIndex((rank) => rank.includes(folderOf(path)));
    const isDownwards = (source: Source, imported: string): boolean =>
      !imported.startsWith("src/") ||
      folderOf(source.path) === folderOf(imported) ||
      rankOf(imported) < rankOf(source.path);

    expect(violations(isDownwards, code)).toEqual([]);
  });

  it("a face imports the door, the core's values and itself", () => {
    const faces = code.filter(({ path }) => path.startsWith("src/faces/"));
    const isPermitted = (source: Source, imported: string): boolean =>
      !imported.startsWith("src/") ||
      imported === "src/interlock.ts" ||
      imported.startsWith("src/core/value/") ||
      imported.startsWith(`${source.path.split("/").slice(0, 3).join("/")}/`);

    expect(violations(isPermitted, faces)).toEqual([]);
  });

  it("inside the core each folder imports from those before it", () => {
    const isBefore = (source: Source, imported: string): boolean =>
      !imported.startsWith("src/core/") ||
      coreOrder.indexOf(coreFolderOf(imported)) <= coreOrder.indexOf(coreFolderOf(source.path));
    const core = code.filter(({ path }) => path.startsWith("src/core/"));

    expect(core.map(({ path }) => coreFolderOf(path)).filter((folder) => !coreOrder.includes(folder))).toEqual([]);
    expect(violations(isBefore, core)).toEqual([]);
  });

  it("only the arrow that plans follows effects: the compiler and the kernel know nothing of it", () => {
    const askers = code.filter((source) => importsOf(source).some((path) => path.startsWith("src/core/proof/")));

    expect(askers.filter(({ path }) => !/^src\/(?:core\/proof\/|flow\/plan\/|public-)/.test(path))).toEqual([]);
  });

  it("inside a folder with rooms each room imports from those before it", () => {
    const wrong = Object.entries(rooms).flatMap(([folder, roomOrder]) => {
      const rankOf = (path: string): number => roomOrder.indexOf(path.slice(folder.length + 1).split("/")[0] ?? "");
      const inside = code.filter(({ path }) => path.startsWith(`${folder}/`));
      const isBefore = (source: Source, imported: string): boolean =>
        !imported.startsWith(`${folder}/`) || rankOf(imported) <= rankOf(source.path);
      return [
        ...inside.filter(({ path }) => rankOf(path) < 0).map(({ path }) => `${path} is in no room`),
        ...violations(isBefore, inside),
      ];
    });

    expect(wrong).toEqual([]);
  });

  it("only upkeep, verifying, exporting, measuring and examining see the store under the log", () => {
    const may = /^src\/flow\/(?:upkeep\/|site\/(?:site-log|examine)\.ts|tell\/(?:verify|metrics)\.ts)/;
    const seen = code.filter(
      ({ path, text }) => path.startsWith("src/flow/") && /\b(?:withStore|openStoreLog)\b/.test(text),
    );

    expect(seen.length).toBeGreaterThan(3);
    expect(seen.filter(({ path }) => !may.test(path)).map(({ path }) => path)).toEqual([]);
    const readers = /\.store\.read\(|sqlite\/(?:reader|read|open)\.ts/;
    const around = code.filter(
      ({ path, text }) => path.startsWith("src/flow/") && !may.test(path) && readers.test(text),
    );
    expect(around.map(({ path }) => path)).toEqual([]);
  });

  it("the product imports neither simulation, lab, tests, benches nor packs", () => {
    const isInside = (_: Source, imported: string): boolean =>
      !/^(?:simulation|lab|test|bench|packs|examples|verifier|web)\//.test(imported);

    expect(violations(isInside, code)).toEqual([]);
  });

  it("one file alone imports the AI SDK, and only once a model is asked", () => {
    const isSdk = (imported: string): boolean => imported === "ai" || imported.startsWith("@ai-sdk/");

    expect(code.filter((source) => importsOf(source).some(isSdk)).map(({ path }) => path)).toEqual([
      "src/models/live.ts",
    ]);
    expect(code.filter((source) => staticImportsOf(source).some(isSdk))).toEqual([]);
  });

  // A name may lead to a pipe without a writer, a device without an end, or a file that grows.
  it("files and streams are read in src/intake alone, where everything is bounded and nothing blocks", () => {
    const outside = code.filter(({ path }) => !path.startsWith("src/intake/"));

    expect(outside.flatMap(({ path, text }) => rawReadsOf(text).map((name) => `${path} ${name}`))).toEqual([]);
  });

  it("a read that goes around is found, however it is imported", () => {
    const found = [
      'import { closeSync, readFileSync } from "node:fs";',
      'import {\n  open,\n  readFile as read,\n} from "node:fs/promises";',
      'import * as fs from "node:fs";',
      'import fs from "fs";',
      'import { text } from "node:stream/consumers";',
      'import { createInterface } from "node:readline";',
      "const bytes = await handle.readFile();",
      "for await (const chunk of process.stdin) use(chunk);",
      "const body = await response.text();",
      'const { readFileSync } = await import("node:fs");',
      'import { openSync } from "node:fs";\nreturn openSync(path, constants.O_RDONLY);',
    ].map(rawReadsOf);

    expect(found.map((names) => names.length > 0)).toEqual(found.map((_, index) => index !== found.length - 1));
  });

  it("the product contains no simulator", () => {
    expect(product.map(({ path }) => path).filter((path) => /simulat/.test(path))).toEqual([]);
  });

  it("the lab and the verifier know nothing of the product", () => {
    const outside = everything.filter(({ path }) => /^(?:lab|verifier)\//.test(path) && !isTest(path));

    expect(violations((_, imported) => !imported.startsWith("src/"), outside)).toEqual([]);
  });

  it("the verifier has no dependency", () => {
    const verifier = everything.filter(({ path }) => path.startsWith("verifier/") && !isTest(path));

    expect(
      violations((_, imported) => imported.startsWith("verifier/") || imported.startsWith("node:"), verifier),
    ).toEqual([]);
  });

  it("no file reaches itself by its imports, those of types included", () => {
    const cycles = importCycles(new Map(everything.map((source) => [source.path, staticImportsOf(source)])));

    expect(cycles).toEqual([]);
  });

  it("a cycle of imports is found however long it is, and nothing else is one", () => {
    const imports = new Map([
      ["a", ["b", "c"]],
      ["b", ["d"]],
      ["c", ["d"]],
      ["d", ["e", "elsewhere"]],
      ["e", ["f"]],
      ["f", ["d"]],
      ["g", ["g"]],
    ]);

    expect(importCycles(imports)).toEqual([["d", "e", "f"], ["g"]]);
  });
});

describe("the core is pure", () => {
  const core = code.filter(({ path }) => path.startsWith("src/core/"));

  it("it imports only itself and one small library", () => {
    const permitted = (_: Source, imported: string): boolean =>
      imported.startsWith("src/core/") || imported.startsWith("@noble/hashes/");

    expect(violations(permitted, core)).toEqual([]);
  });

  it("it reads no clock, no chance, no environment and waits for nothing", () => {
    const ambient = anyOf(
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\b|\bprocess\.|\bglobalThis\b/,
      /\bsetTimeout\b|\bfetch\(|\basync function\b|\bawait\b/,
    );
    const found = core.flatMap(({ path, lines }) =>
      lines.flatMap((line, index) =>
        ambient.test(line.replace(/^\s*(?:\*|\/\/|\/\*).*/, "").replace(/"[^"]*"|`[^`]*`/g, ""))
          ? [`${path}:${index + 1} ${line.trim()}`]
          : [],
      ),
    );

    expect(found).toEqual([]);
  });
});

/** The ways of reading that a source uses and that know no bound. */
function rawReadsOf(text: string): readonly string[] {
  const plain = text.replace(/^\s*(?:\/?\*|\/\/).*$/gm, "");
  const modules = /(?:import|export)\s+([^;'"]*?)\s+from\s+["'](?:node:)?(?:fs|fs\/promises|readline)["']/g;
  const unbounded = /\b(?:readFile|readFileSync|readSync|readvSync|createReadStream|createInterface)\b/;
  return [
    ...[...plain.matchAll(modules)].flatMap(([, names = ""]) =>
      /^(?:\*|\w)/.test(names) && !names.startsWith("type ") ? [names] : (unbounded.exec(names) ?? []),
    ),
    ...(/["']node:(?:stream\/consumers|readline\/promises)["']/.exec(plain) ?? []),
    ...(/import\(\s*["'](?:node:)?fs/.exec(plain) ?? []),
    ...(/\.(?:readFile|readLines|readFileSync|createReadStream|arrayBuffer|text|json|bytes|blob)\(\)/.exec(plain) ??
      []),
    ...(/\bof process\.stdin\b|\bprocess\.stdin\.(?:on|once|pipe|read|iterator)\b/.exec(plain) ?? []),
  ];
}
