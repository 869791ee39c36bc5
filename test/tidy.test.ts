// The house rules that have a number or a direction, derived from the sources, so that no comment can switch them off.
import { describe, expect, test } from "vitest";
import { importsOf, isTest, type Source, sourcesBelow } from "./support/sources.ts";

const product = sourcesBelow("src");
const everything = ["src", "verifier", "lab", "test", "bench", "packs", "examples"].flatMap((folder) => {
  try {
    return sourcesBelow(folder);
  } catch {
    return [];
  }
});

/** Who may import whom: a folder imports from folders of a lower rank and from itself. */
const ranks: Readonly<Record<string, number>> = {
  cli: 5,
  server: 5,
  mcp: 5,
  export: 5,
  flow: 4,
  propose: 3,
  investigate: 3,
  authorize: 3,
  pack: 3,
  engine: 3,
  connectors: 2,
  core: 1,
};

/** Inside the core each folder imports from those before it. */
const coreOrder = ["value", "guard", "log", "domain", "belief", "plan", "approval", "run"];

/** `src/core/value/json.ts` → `core`; `src/flow.ts` → `flow`. */
function folderOf(path: string): string {
  return (path.split("/")[1] ?? "").replace(/\.ts$/, "");
}

function coreFolderOf(path: string): string {
  return path.split("/")[2] ?? "";
}

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
  test("every folder of the product has its rank", () => {
    const unknown = product.map(({ path }) => folderOf(path)).filter((folder) => !(folder in ranks));

    expect([...new Set(unknown)]).toEqual([]);
  });

  test("a folder imports downwards, siblings not at all", () => {
    const isDownwards = (source: Source, imported: string): boolean => {
      if (!imported.startsWith("src/")) return true;
      const [from, to] = [folderOf(source.path), folderOf(imported)];
      return from === to || (ranks[to] ?? 99) < (ranks[from] ?? -1);
    };

    expect(
      violations(
        isDownwards,
        product.filter(({ path }) => !isTest(path)),
      ),
    ).toEqual([]);
  });

  test("inside the core each folder imports from those before it", () => {
    const isBefore = (source: Source, imported: string): boolean =>
      !imported.startsWith("src/core/") ||
      coreOrder.indexOf(coreFolderOf(imported)) <= coreOrder.indexOf(coreFolderOf(source.path));

    expect(
      violations(
        isBefore,
        product.filter(({ path }) => path.startsWith("src/core/") && !isTest(path)),
      ),
    ).toEqual([]);
  });

  test("the product imports neither lab, tests, benches nor packs", () => {
    const isInside = (_: Source, imported: string): boolean =>
      !/^(?:lab|test|bench|packs|verifier|web)\//.test(imported);

    expect(
      violations(
        isInside,
        product.filter(({ path }) => !isTest(path)),
      ),
    ).toEqual([]);
  });

  test("the lab and the verifier know nothing of the product", () => {
    const outside = everything.filter(({ path }) => /^(?:lab|verifier)\//.test(path) && !isTest(path));

    expect(violations((_, imported) => !imported.startsWith("src/"), outside)).toEqual([]);
  });

  test("the verifier has no dependency", () => {
    const verifier = everything.filter(({ path }) => path.startsWith("verifier/") && !isTest(path));

    expect(
      violations((_, imported) => imported.startsWith("verifier/") || imported.startsWith("node:"), verifier),
    ).toEqual([]);
  });
});

describe("the core is pure", () => {
  const core = product.filter(({ path }) => path.startsWith("src/core/") && !isTest(path));

  test("it imports only itself and one small library", () => {
    const permitted = (_: Source, imported: string): boolean =>
      imported.startsWith("src/core/") || imported.startsWith("@noble/hashes/");

    expect(violations(permitted, core)).toEqual([]);
  });

  test("it reads no clock, no chance, no environment and waits for nothing", () => {
    const ambient =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\b|\bprocess\.|\bglobalThis\b|\bsetTimeout\b|\bfetch\(|\basync function\b|\bawait\b/;
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

describe("shape of code", () => {
  test("no file is longer than 500 lines", () => {
    const long = everything
      .filter(({ lines }) => lines.length > 501)
      .map(({ path, lines }) => `${path} ${lines.length}`);

    expect(long).toEqual([]);
  });

  test("no function is longer than 70 lines", () => {
    expect(everything.filter(({ path }) => !isTest(path)).flatMap(longFunctions)).toEqual([]);
  });

  test("no default export, enum, namespace or any", () => {
    const banned =
      /^export default (?!defineConfig)|^(?:export )?(?:const )?enum |^(?:export )?namespace |[:<]\s*any(?=[;,)\]>=|&{}[]|\s*[=|&{]|$)/;
    const found = everything
      .filter(({ path }) => !isTest(path))
      .flatMap(({ path, lines }) =>
        lines.flatMap((line, index) =>
          banned.test(line.replace(/\/\/.*|"[^"]*"|`[^`]*`|^\s*\/?\*.*/g, ""))
            ? [`${path}:${index + 1} ${line.trim()}`]
            : [],
        ),
      );

    expect(found).toEqual([]);
  });

  test("files are named in kebab-case, after a concept", () => {
    const odd = everything
      .map(({ path }) => path)
      .filter(
        (path) =>
          !/^[a-z0-9][a-z0-9-]*(?:\.test|\.fixture)?\.ts$/.test(path.split("/").at(-1) ?? "") ||
          /\b(?:utils|helpers|misc|common)\.ts$/.test(path),
      );

    expect(odd).toEqual([]);
  });

  test("exported functions and types of the core carry a docstring", () => {
    const bare = product
      .filter(({ path }) => path.startsWith("src/core/") && !isTest(path))
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

/** Functions and methods by their indentation: from the line that opens one to the brace that closes it. */
function longFunctions({ path, lines }: Source): readonly string[] {
  const found: string[] = [];
  lines.forEach((line, start) => {
    const match =
      /^(\s*)(?:export )?(?:async )?(?:function\b|(?:(?:static|async|override|get|set) )*[#\w]+\(.*\).*\{$)/.exec(line);
    if (match === null || /^\s*(?:if|for|while|switch|return|catch)\b/.test(line)) return;
    const closing = lines.findIndex((other, index) => index > start && other.startsWith(`${match[1] ?? ""}}`));
    if (closing - start > 70) found.push(`${path}:${start + 1} ${closing - start + 1} lines`);
  });
  return found;
}
