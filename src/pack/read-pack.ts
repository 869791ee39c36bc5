import { lstatSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { type ConnectorTraits } from "../core/domain/check-reference.ts";
import { checkDomain } from "../core/domain/check-domain.ts";
import type { Domain } from "../core/domain/domain.ts";
import { parseDomain } from "../core/domain/parse-domain.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { type Digest, digest, digestBytes } from "../core/value/digest.ts";
import { limits } from "../core/value/limits.ts";
import { type Result, fail, ok } from "../core/value/result.ts";
import { readYamlFile } from "./read-yaml-file.ts";
import { withPlace } from "./with-place.ts";

/** A pack as read from its folder: one digest over everything in it, which a person trusts before anything is observed. */
export interface Pack {
  readonly folder: string;
  readonly digest: Digest;
  readonly domain: Domain;
  /** Paths below the folder, sorted. */
  readonly files: readonly string[];
}

/** More files than this are no pack but a mistaken folder. */
const filesCountMax = 2_000;

/**
 * Reads a pack and checks its domain. Executes nothing.
 *
 * @returns the pack, or every problem with its line in `domain.yaml`
 */
export function readPack(folder: string, connectors: readonly ConnectorTraits[]): Result<Pack, readonly Problem[]> {
  const files = listFiles(folder);
  if (!files.ok) return fail([files.error]);
  if (!files.value.includes("domain.yaml")) return fail([problem("E_INPUT_MISSING", "", `there is no \`domain.yaml\` in \`${folder}\``, "name a pack's folder, or begin one with `interlock init`")]);
  const file = readYamlFile(join(folder, "domain.yaml"));
  if (!file.ok) return file;
  const domain = parseDomain(file.value.value);
  const problems = domain.ok ? checkDomain(domain.value, connectors) : domain.error;
  if (!domain.ok || problems.length > 0) return fail(problems.map((found) => withPlace(found, file.value.text, "domain.yaml")));
  return ok({ folder, digest: packDigest(folder, files.value), domain: domain.value, files: files.value });
}

/** The digest of a pack's files: path and bytes of each, in the order of their paths. */
export function packDigest(folder: string, files: readonly string[]): Digest {
  return digest("interlock.pack/1", files.map((path) => ({ path, digest: digestBytes("interlock.file/1", readFileSync(join(folder, path))) })));
}

/** Every file of the folder. A link could lead anywhere and change behind the digest: refused. */
export function listFiles(folder: string): Result<readonly string[], Problem> {
  const files: string[] = [];
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const entries = readFolder(next);
    if (entries === null) return fail(problem("E_INPUT_MISSING", "", `\`${next}\` is no folder that can be read`));
    for (const name of entries) {
      const path = join(next, name);
      const shown = relative(folder, path);
      const stat = lstatSync(path);
      if (stat.isSymbolicLink()) return fail(problem("E_PACK_FILE", "", `\`${shown}\` is a link`, "copy the file into the pack"));
      if (stat.isDirectory()) waiting.push(path);
      else if (stat.size > limits.bodyBytesMax) return fail(problem("E_PACK_FILE", "", `\`${shown}\` is larger than ${limits.bodyBytesMax} bytes`, "keep data outside the pack"));
      else files.push(shown);
      if (files.length > filesCountMax) return fail(problem("E_PACK_FILE", "", `the pack holds more than ${filesCountMax} files`, "name the pack's own folder"));
    }
  }
  return ok(files.sort());
}

/** Entries of a folder but what belongs to other tools; `null` where it cannot be read. */
function readFolder(folder: string): readonly string[] | null {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith(".") && name !== "node_modules");
  } catch {
    return null;
  }
}
