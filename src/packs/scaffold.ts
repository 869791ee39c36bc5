import { constants, copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Problem, problem } from "../core/value/codes.ts";
import { invariant } from "../core/value/invariant.ts";
import { limits } from "../core/value/limits.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { quote, suggestName } from "../core/value/text.ts";
import { readRegular } from "../intake/read-file.ts";
import { makeFolder } from "../log/make-folder.ts";

/** The packs that come with the program, to be copied and changed. */
export function bundledPacks(): readonly { readonly name: string; readonly summary: string }[] {
  const folder = bundleFolder();
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "domain.yaml")))
    .sort()
    .map((name) => ({
      name,
      summary: /^summary: (.*)$/m.exec(bundledText(join(folder, name, "domain.yaml")))?.[1] ?? "",
    }));
}

/** The files that a new site was given. */
export interface Scaffold {
  readonly folder: string;
  readonly files: readonly string[];
  /** A proposal to try first, relative to the folder. */
  readonly proposal: string | null;
  /**
   * The environment variables that the site takes secrets from. If there are any, the pack is about a system that must
   * be running; the pack's README says which.
   */
  readonly secrets: readonly string[];
}

/**
 * Copies a bundled pack and writes an `interlock.yaml` beside it. Nothing that exists is overwritten, and nothing is
 * written through a link that lies where a file of ours belongs.
 */
export function scaffoldSite(folder: string, pack: string): Result<Scaffold, Problem> {
  const known = bundledPacks().map(({ name }) => name);
  if (!known.includes(pack))
    return fail(problem("E_INPUT_MISSING", "", `there is no pack ${quote(pack)}`, suggestName(pack, known)));
  try {
    const inTheWay = ["interlock.yaml", "pack"].find((path) => isThere(join(folder, path)));
    if (inTheWay !== undefined) return fail(standsInTheWay(join(folder, inTheWay)));
    makeFolder(folder, 0o777);
    copyNew(join(bundleFolder(), pack), join(folder, "pack"));
    const extra = pack === "config-file" ? writeSettingsFiles(folder) : [];
    const site = siteText(folder, pack);
    writeNew(join(folder, "interlock.yaml"), site);
    const secrets = [...site.matchAll(/\benv:(\w+)/g)].map(([, name = ""]) => name);
    return ok({ folder, files: ["interlock.yaml", "pack/", ...extra], proposal: firstProposal(folder), secrets });
  } catch (error) {
    return fail(unwritable(error, folder));
  }
}

function firstProposal(folder: string): string | null {
  const proposals = existsSync(join(folder, "pack/proposals"))
    ? readdirSync(join(folder, "pack/proposals")).sort()
    : [];
  const [first] = proposals.filter((name) => !name.startsWith("wrong"));
  return first === undefined ? null : `pack/proposals/${first}`;
}

/** The files that the pack `config-file` is about: something real to change at once. Those that are there are kept. */
function writeSettingsFiles(folder: string): readonly string[] {
  const conf = join(folder, "conf");
  if (!isThere(conf)) mkdirSync(conf);
  else if (!lstatSync(conf).isDirectory()) throw new InTheWay(conf);
  const settings = { log: { level: "info", file: "app.log" }, workers: 4, maintenance: false, timeout: 30 };
  const status = { loaded: { timeout: 30 }, errors: 0 };
  for (const [name, content] of Object.entries({ "app.json": settings, "status.json": status })) {
    const file = join(conf, name);
    if (!isThere(file)) writeNew(file, `${JSON.stringify(content, null, 2)}\n`);
    else if (!lstatSync(file).isFile()) throw new InTheWay(file);
  }
  return ["conf/app.json", "conf/status.json"];
}

/** Copies a folder to a place where nothing is. */
function copyNew(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.name.endsWith(".test.ts")) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyNew(source, target);
    else copyFileSync(source, target, constants.COPYFILE_EXCL);
  }
}

/** Writes a file where nothing is: the system refuses where something is by now, a link included. */
function writeNew(path: string, text: string): void {
  writeFileSync(path, text, { flag: "wx" });
}

/** Whether anything is there; a link that leads nowhere is something too. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Something stands where a file or folder of ours belongs. Caught by `scaffoldSite`. */
class InTheWay extends Error {
  readonly path: string;

  constructor(path: string) {
    super("something stands in the way");
    this.path = path;
  }
}

function standsInTheWay(path: string): Problem {
  return problem("E_FILE_EXISTS", "", `\`${path}\` exists already`);
}

function unwritable(error: unknown, folder: string): Problem {
  if (error instanceof InTheWay) return standsInTheWay(error.path);
  const { code, path } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (code === undefined) throw error;
  if (code === "EEXIST") return standsInTheWay(path ?? folder);
  return problem("E_INPUT_MISSING", "", `\`${folder}\` cannot be written (${code})`);
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
        ? bundledText(example)
            .replace(/^[^]*?(?=connections:)/, "")
            .trimEnd()
            .split("\n")
        : ["connections: {}"];
  return `${[...head, ...connections].join("\n")}\n`;
}

/** The text of a file that comes with the program. */
function bundledText(path: string): string {
  const bytes = readRegular(path, { bytesMax: limits.bodyBytesMax });
  invariant(bytes.ok, "a file that comes with the program can be read");
  return bytes.value.toString("utf8");
}

/** The folder `packs/`, beside the sources and in the published package. */
function bundleFolder(): string {
  return fileURLToPath(new URL("../../packs/", import.meta.url));
}
