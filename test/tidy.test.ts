// The rules of the house that have a number or a direction. They read the sources, so no comment can switch them off.
// There is no list of exceptions: what breaks a rule is repaired in the change that breaks it.
import { describe, expect, it } from "vitest";
import { importCycles } from "./support/import-cycles.ts";
import { importsOf, isTest, type Source, sourcesBelow, staticImportsOf, textsBelow } from "./support/sources.ts";

const folders = ["src", "packaging", "simulation", "verifier", "lab", "test", "bench", "packs", "examples"];
const everything = folders.flatMap(sourcesBelow);
const product = everything.filter(({ path }) => path.startsWith("src/"));
const code = product.filter(({ path }) => !isTest(path));

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

describe("hints", () => {
  // A next step is data. Only a face words it as a command.
  it("below the faces no text names a command or an option of the command line", () => {
    const rooms = /^src\/(?:core|log|owner|engine|identities|policies|packs|propose|investigate|recover|flow)\//;
    const spoken = product
      .filter(({ path }) => rooms.test(path) && !isTest(path))
      .flatMap(({ path, lines }) =>
        lines.flatMap((line, index) =>
          /["`]interlock [a-z]|(?:\\`|"\w[^"]*`)--[a-z]/.test(line.replace(/^\s*(?:\*|\/\/|\/\*).*/, ""))
            ? [`${path}:${index + 1} ${line.trim()}`]
            : [],
        ),
      );

    expect(spoken).toEqual([]);
  });
});

describe("commands in messages", () => {
  // Hints have to begin with the command that the user typed.
  it("in the command line's code only the help and its examples spell a command out", () => {
    const spelt = product
      .filter(({ path }) => path.startsWith("src/faces/cli/") && !isTest(path) && !path.endsWith("/examples.ts"))
      .flatMap(({ path, lines }) =>
        lines.flatMap((line, index) =>
          /["`(: ]interlock [a-z]/.test(line.replace(/^\s*(?:\*|\/\/|\/\*|\.(?:option|argument|description)\().*/, ""))
            ? [`${path}:${index + 1} ${line.trim()}`]
            : [],
        ),
      );

    expect(spelt).toEqual([]);
  });
});

describe("shape of code", () => {
  it("no file is longer than 500 lines", () => {
    const long = everything
      .map(({ path, text }) => ({ path, lineCount: text.trimEnd().split("\n").length }))
      .filter(({ lineCount }) => lineCount > 500)
      .map(({ path, lineCount }) => `${path} ${lineCount}`);

    expect(long).toEqual([]);
  });

  it("no line is longer than 120 characters", () => {
    // Neither the row of a table nor a quotation can be broken in Markdown.
    const texts = textsBelow("packs", ["yaml", "md"]).map((source) => ({
      ...source,
      lines: source.lines.map((line) => (/^[|>] /.test(line) ? "" : line)),
    }));
    const long = [...everything, ...texts].flatMap(({ path, lines }) =>
      lines.flatMap((line, index) => ([...line].length > 120 ? [`${path}:${index + 1}`] : [])),
    );

    expect(long).toEqual([]);
  });

  it("a database file is opened in one place, which looks at what it opens", () => {
    const opening = /new DatabaseSync\((?!\s*":memory:")/;
    const others = code.filter(({ path, text }) => path !== "src/log/sqlite/database-file.ts" && opening.test(text));

    expect(others.map(({ path }) => path)).toEqual([]);
  });

  it("the command line writes the files that a person names in one place, which waits for no pipe", () => {
    const writing = /\b(?:writeFile|writeFileSync|appendFileSync|createWriteStream)\b/;
    // One writes the reference of the commands into this repository, and one makes a new file (`wx`).
    const known = ["src/faces/cli/write-docs.ts", "src/faces/cli/commands/report-fault.ts"];
    const others = code.filter(
      ({ path, text }) =>
        path.startsWith("src/faces/") &&
        ![...known, "src/faces/cli/write-output.ts"].includes(path) &&
        writing.test(text),
    );

    expect(others.map(({ path }) => path)).toEqual([]);
  });

  it("the command line shows a time with its zone, through one function", () => {
    const others = everything.filter(
      ({ path, text }) =>
        path.startsWith("src/faces/") && path !== "src/faces/cli/show-time.ts" && /toISOString|toLocale/.test(text),
    );

    expect(others.map(({ path }) => path)).toEqual([]);
  });

  it("no function is longer than 70 lines", () => {
    const long = everything.filter(({ path }) => !isTest(path));

    expect(long.flatMap(longFunctions)).toEqual([]);
  });

  it("a long function is found, however its parameters are laid out, and a long call is none", () => {
    const body = Array.from({ length: 70 }, () => "    work();");
    const lines = [
      ...["export function f() {", ...body, "}"],
      ...["class C {", "  g(", "    x: string,", "  ): void {", ...body, "  }", "}"],
      ...["const h = (x) => {", ...body, "};"],
      ...["it(", ...body, ");"],
      ...["function short() {", ...body.slice(2), "}"],
    ];

    const found = longFunctions({ path: "x.ts", text: "", lines });

    expect(found).toEqual(["x.ts:1 72 lines", "x.ts:74 74 lines", "x.ts:149 72 lines"]);
  });

  it("no default export, enum, namespace or any", () => {
    const banned = anyOf(
      /^export default (?!defineConfig)|^(?:export )?(?:const )?enum |^(?:export )?namespace /,
      /[:<]\s*any(?=[;,)\]>=|&{}[]|\s*[=|&{]|$)/,
    );
    const found = everything.filter(({ path }) => !isTest(path)).flatMap((source) => linesWith(source, banned));

    expect(found).toEqual([]);
  });

  it("nothing is cast to `never`, by which the compiler would take any value for any other", () => {
    const found = everything.filter(({ path }) => !isTest(path)).flatMap((source) => linesWith(source, /\bas never\b/));

    expect(found).toEqual([]);
  });

  it("nothing is cast to a document: what is stored or received becomes one in its strict reader alone", () => {
    const documents = [
      ...["Plan", "Approval", "Grant", "SignedEnvelope", "Event", "StoreRecord", "BodyRemoved", "BodyRestored"],
      ...["SiteState", "ResponseReport", "ReportDraft", "ControlRequest", "ControlReply", "ControlInput", "Archive"],
    ].join("|");
    const cast = new RegExp(
      `\\bas (?:unknown as )?(?:Readonly<)?(?:${documents})\\b|: (?:${documents}) = JSON\\.parse`,
    );

    expect(code.flatMap((source) => linesWith(source, cast))).toEqual([]);
    expect(cast.test("const plan = value as unknown as Plan;")).toBe(true);
  });

  // The linter finds a promise that nobody waits for, and takes `void` for an excuse. Its rejection ends the process.
  it("no promise is thrown away with `void`: it is awaited, or its rejection is caught", () => {
    const thrownAway = /(?:^|[;{}]|\belse|\)) *void [\w#(]/;
    const places = [...code, ...everything.filter(({ path }) => path.startsWith("verifier/"))];

    expect(
      places.flatMap((source) => linesWith(source, thrownAway).filter((line) => !isArrowBody(source, line))),
    ).toEqual([]);
    expect(["void run();", "if (a) void run();", "else void run();"].map((line) => thrownAway.test(line))).toEqual([
      true,
      true,
      true,
    ]);
    expect(
      ["return void list.push(a);", "(a) => void list.push(a)", "f(): void {"].some((line) => thrownAway.test(line)),
    ).toBe(false);
  });

  it("a script refuses an option that it does not have with one line, and with no stack trace", () => {
    const reads = everything.filter(({ path, text }) => !isTest(path) && /\bparseArgs\(/.test(text));
    const unguarded = reads.filter(({ text }) => !/\bcatch\b/.test(text));

    expect(unguarded.map(({ path }) => path)).toEqual([]);
    expect(reads.map(({ path }) => path)).toContain("simulation/script-options.ts");
  });

  it("tests are written with `it`", () => {
    const others = everything.filter(({ text }) => /import \{[^}]*\btest\b[^}]*\} from "vitest"/.test(text));

    expect(others.map(({ path }) => path)).toEqual([]);
  });

  it("files are named in kebab-case, after a concept", () => {
    const odd = everything
      .map(({ path }) => path)
      .filter(
        (path) =>
          !/^[a-z0-9][a-z0-9-]*(?:\.test|\.fixture)?\.ts$/.test(path.split("/").at(-1) ?? "") ||
          /\b(?:utils|helpers|misc|common)\.ts$/.test(path),
      );

    expect(odd).toEqual([]);
  });

  it("exported functions and types of the core carry a docstring", () => {
    const bare = code
      .filter(({ path }) => path.startsWith("src/core/"))
      .flatMap(({ path, lines }) =>
        lines.flatMap((line, index) =>
          /^export (?:async )?(?:function|interface|class) /.test(line) &&
          !/\*\/\s*$|^\s*\/\//.test(lines[index - 1] ?? "")
            ? [`${path}:${index + 1} ${line}`]
            : [],
        ),
      );

    expect(bare).toEqual([]);
  });
});

/** Whether a line is the body of an arrow function that begins on the line before. */
function isArrowBody({ lines }: Source, found: string): boolean {
  const line = Number(/:(\d+) /.exec(found)?.[1] ?? 0);
  return lines[line - 2]?.trimEnd().endsWith("=>") ?? false;
}

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

/** Lines that a pattern matches outside comments and strings. */
function linesWith({ path, lines }: Source, pattern: RegExp): readonly string[] {
  return lines.flatMap((line, index) =>
    pattern.test(line.replace(/\/\/.*|"[^"]*"|`[^`]*`|^\s*\/?\*.*/g, ""))
      ? [`${path}:${index + 1} ${line.trim()}`]
      : [],
  );
}

/** Functions and methods by their indentation: from the line that opens one to the brace that closes it. */
function longFunctions({ path, lines }: Source): readonly string[] {
  const opening = anyOf(
    /^\s*(?:export )?(?:async )?function\b/,
    /^\s*(?:(?:static|async|override|get|set) )*[#\w]+\((?:.*\).*\{)?$/,
    /^\s*(?:export )?const \w+ = .*=> \{$/,
  );
  return lines.flatMap((line, start) => {
    if (!opening.test(line) || /^\s*(?:if|for|while|switch|return|catch)\b/.test(line)) return [];
    const indent = line.slice(0, line.length - line.trimStart().length);
    const isOpen = line.endsWith("{");
    const rest = lines.slice(start + 1);
    const heading = isOpen ? 0 : rest.findIndex((other) => other.startsWith(`${indent})`));
    if (!isOpen && !(rest[heading] ?? "").endsWith("{")) return [];
    const length = rest.findIndex((other) => other.startsWith(`${indent}}`)) + 2;
    return length > 70 ? [`${path}:${start + 1} ${length} lines`] : [];
  });
}

function anyOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join("|"));
}
