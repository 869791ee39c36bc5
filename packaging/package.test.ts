// What can be checked about the package without building it. `npm run test:package` builds it, installs it and uses it.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { importsOf, isTest, sourcesBelow } from "../test/support/sources.ts";
import { bundledLibraries, isExternal } from "./bundled.ts";
import { entryDeclarations } from "./entry.ts";
import { root } from "./run-tsc.ts";

const text = (path: string): string => readFileSync(join(root, path), "utf8");

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

// These are our own files.
const manifest = JSON.parse(text("package.json")) as Manifest;
const compiled = JSON.parse(text("packaging/tsconfig.json")) as { readonly files: readonly string[] };
const sources = compiled.files.map((path) => join("packaging", path));

/** The files that would be packed, except those that a build makes. */
function packedFiles(): readonly string[] {
  const script = process.env["npm_execpath"];
  const [program, before] = script === undefined ? ["npm", []] : [process.execPath, [script]];
  const call = [...before, "pack", "--dry-run", "--json", "--ignore-scripts"];
  const { stdout, stderr } = spawnSync(program, call, { cwd: root, encoding: "utf8" });
  expect(stdout, stderr).not.toBe("");
  const [packed] = JSON.parse(stdout) as readonly { readonly files: readonly { readonly path: string }[] }[];
  return (packed?.files ?? []).map(({ path }) => path).filter((path) => !path.startsWith("dist/"));
}

describe("the package's files", () => {
  const files = packedFiles();

  it("are those of the folders that users need, and the pages at the top", () => {
    const tops = new Set(files.map((path) => path.split("/")[0]));

    expect([...tops].sort()).toEqual(
      [
        ...["bin", "docs", "examples", "packs", "schemas"],
        ...["ARCHITECTURE.md", "CHANGELOG.md", "GLOSSARY.md", "LICENSE", "README.md", "SECURITY.md", "package.json"],
      ].sort(),
    );
  });

  it("hold no source, no test, and nothing of the simulator or the lab's program", () => {
    expect(files.filter((path) => /\.ts$|\btest|fixture|golden|^simulation|^lab|^bench/.test(path))).toEqual([]);
  });

  it("link only to files inside", () => {
    const pages = files.filter((path) => path.endsWith(".md"));
    const folders = new Set(
      files.flatMap((path) => path.split("/").map((_, end, parts) => parts.slice(0, end).join("/"))),
    );
    const dead = pages.flatMap((page) =>
      [...text(page).matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)]
        .map(([, target = ""]) => join(dirname(page), target).replace(/\/$/, ""))
        .filter((target) => !files.includes(target) && !folders.has(target))
        .map((target) => `${page} → ${target}`),
    );

    expect(pages.length).toBeGreaterThan(20);
    expect(dead).toEqual([]);
  });

  it("hold every schema, every pack, and every page that a message names", () => {
    const named = sourcesBelow("src")
      .filter(({ path }) => !isTest(path))
      .flatMap(({ lines }) => lines.filter((line) => !/^\s*(?:\*|\/\/|\/\*)/.test(line)))
      .flatMap((line) => line.match(/\bdocs\/[\w-]+\.md/g) ?? []);
    const wanted = [...globSync(["schemas/*.json", "packs/*/domain.yaml"], { cwd: root }), ...named];

    expect(named.length).toBeGreaterThan(0);
    expect(wanted.filter((path) => !files.includes(path))).toEqual([]);
  });
});

describe("the package's manifest", () => {
  it("exports one door, which the build makes from a source that is there", () => {
    const [door, ...others] = Object.entries(manifest.exports);
    const built = entryDeclarations.replace(/\.d\.ts$/, "");

    expect(door).toEqual([".", { types: `./dist/${built}.d.ts`, default: `./dist/${built}.js` }]);
    expect(others).toEqual([["./package.json", "./package.json"]]);
    expect(sources).toContain(`src/${built}.ts`);
  });

  it("has commands that are there, can be run and start Node", () => {
    for (const path of Object.values(manifest.bin)) {
      accessSync(join(root, path), constants.X_OK);
      expect(text(path)).toMatch(/^#!\/usr\/bin\/env node\n/);
    }
    expect(Object.keys(manifest.bin)).toEqual(["interlock", "interlock-verify"]);
  });

  it("has a scoped name and one version: the bare name belongs to somebody else on the registry", () => {
    const lock = JSON.parse(text("package-lock.json")) as Pick<Manifest, "name" | "version">;

    expect(manifest.name).toMatch(/^@[a-z-]+\/interlock$/);
    expect([lock.name, lock.version]).toEqual([manifest.name, manifest.version]);
  });

  it("names exactly the libraries that the sources load, and the one that `ai` asks for", () => {
    const imported = sourcesBelow("src")
      .filter(({ path }) => !isTest(path) && !path.endsWith("-contract.ts"))
      .flatMap(importsOf)
      .filter((specifier) => !/^(?:src|schemas)\/|^node:/.test(specifier))
      .map((specifier) => (/^(?:@[^/]+\/)?[^/]+/.exec(specifier) ?? [""])[0]);

    expect(Object.keys(manifest.dependencies).sort()).toEqual([...new Set([...imported, "zod"])].sort());
  });
});

describe("the libraries in the command's files", () => {
  it("are dependencies with one exact version, so that an installed copy would be the same", () => {
    const versions = bundledLibraries.map((library) => manifest.dependencies[library] ?? "missing");

    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it("are found by their name and by a path below it, and by no longer name", () => {
    const specifiers = ["yaml", "@noble/hashes/sha2.js", "./main.js", "yaml-ast", "node:fs", "ai"];

    expect(specifiers.filter(isExternal)).toEqual(["yaml-ast", "node:fs", "ai"]);
  });
});

describe("the build", () => {
  it("begins at sources that are there", () => {
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("includes every module that is started as a process, which no import leads to", () => {
    const started = sourcesBelow("src")
      .filter(({ path }) => !isTest(path))
      .flatMap(({ path, text: source }) =>
        [...source.matchAll(/new URL\("(\.\.?\/[\w/-]*\w)", import\.meta\.url\)/g)].map(
          ([, module = ""]) => `${join(path, "..", module)}.ts`,
        ),
      );

    expect(started.length).toBeGreaterThan(0);
    expect(started.filter((path) => !sources.includes(path))).toEqual([]);
  });
});
