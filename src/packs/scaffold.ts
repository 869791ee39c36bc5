import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Problem, problem } from "../core/value/codes.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { quote, suggestName } from "../core/value/text.ts";

/** The packs that come with the program, to be copied and changed. */
export function bundledPacks(): readonly { readonly name: string; readonly summary: string }[] {
  const folder = bundleFolder();
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "domain.yaml")))
    .sort()
    .map((name) => ({
      name,
      summary: /^summary: (.*)$/m.exec(readFileSync(join(folder, name, "domain.yaml"), "utf8"))?.[1] ?? "",
    }));
}

/** The files that a new site was given. */
export interface Scaffold {
  readonly folder: string;
  readonly files: readonly string[];
  /** A proposal to try first, relative to the folder. */
  readonly proposal: string | null;
}

/** Copies a bundled pack and writes an `interlock.yaml` beside it. Overwrites nothing. */
export function scaffoldSite(folder: string, pack: string): Result<Scaffold, Problem> {
  const known = bundledPacks().map(({ name }) => name);
  if (!known.includes(pack))
    return fail(problem("E_INPUT_MISSING", "", `there is no pack ${quote(pack)}`, suggestName(pack, known)));
  for (const path of ["interlock.yaml", "pack"]) {
    if (existsSync(join(folder, path)))
      return fail(problem("E_FILE_EXISTS", "", `\`${join(folder, path)}\` exists already`));
  }
  mkdirSync(folder, { recursive: true });
  const isOurs = (source: string): boolean => !source.endsWith(".test.ts");
  cpSync(join(bundleFolder(), pack), join(folder, "pack"), { recursive: true, filter: isOurs });
  const extra = pack === "config-file" ? writeSettingsFile(folder) : [];
  writeFileSync(join(folder, "interlock.yaml"), siteText(folder, pack));
  const proposals = existsSync(join(folder, "pack/proposals"))
    ? readdirSync(join(folder, "pack/proposals")).sort()
    : [];
  const [first] = proposals.filter((name) => !name.startsWith("wrong"));
  return ok({
    folder,
    files: ["interlock.yaml", "pack/", ...extra],
    proposal: first === undefined ? null : `pack/proposals/${first}`,
  });
}

/** The settings file that the pack `config-file` describes: something real to change at once. */
function writeSettingsFile(folder: string): readonly string[] {
  mkdirSync(join(folder, "conf"), { recursive: true });
  if (!existsSync(join(folder, "conf/app.json"))) {
    writeFileSync(
      join(folder, "conf/app.json"),
      `${JSON.stringify({ log: { level: "info", file: "app.log" }, workers: 4, maintenance: false }, null, 2)}\n`,
    );
  }
  return ["conf/app.json"];
}

function siteText(folder: string, pack: string): string {
  const head = [
    "# What is true of this place: which pack, where its connections lead, how approvals are handled.",
    "format: interlock.site/1",
    "pack: pack",
    "# A single operator may approve their own proposals. Every such approval is marked SOLO everywhere.",
    "solo: true",
    "approvals: { validFor: 1h, validForMax: 24h }",
  ];
  const example = join(fileURLToPath(new URL("../../", import.meta.url)), "examples", pack, "interlock.yaml");
  const connections =
    pack === "config-file"
      ? ["connections:", `  disk: { settings: { root: ${JSON.stringify(resolve(folder, "conf"))} } }`]
      : existsSync(example)
        ? readFileSync(example, "utf8")
            .slice(readFileSync(example, "utf8").indexOf("connections:"))
            .trimEnd()
            .split("\n")
        : ["connections: {}"];
  return `${[...head, ...connections].join("\n")}\n`;
}

/** The folder `packs/`, beside the sources and in the published package. */
function bundleFolder(): string {
  return fileURLToPath(new URL("../../packs/", import.meta.url));
}
