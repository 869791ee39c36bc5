import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { checkDomain } from "../core/domain/check-domain.ts";
import type { ConnectorTraits } from "../core/domain/check-reference.ts";
import type { Domain } from "../core/domain/domain.ts";
import { parseDomain } from "../core/domain/parse-domain.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import { limits } from "../core/value/limits.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { quote } from "../core/value/text.ts";
import { readRegular } from "../intake/read-file.ts";
import { bytesDigest, dataDigest } from "../log/seal.ts";
import { readYamlBytes } from "./read-yaml-file.ts";
import { withPlace } from "./with-place.ts";

/**
 * A pack as read from its folder. One digest covers everything in it; a person trusts the digest before anything is
 * observed.
 */
export interface Pack {
  readonly folder: string;
  readonly digest: Digest;
  readonly domain: Domain;
  /** Paths below the folder, sorted. */
  readonly files: readonly string[];
}

/** A file of a pack, as it was read once. */
interface PackFile {
  /** Below the folder, with `/` on every system, because the digest covers it. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A folder with more files than this is a mistake and not a pack. */
const filesCountMax = 2_000;
const bytesMax = 20_000_000;

/**
 * Reads a pack and checks its domain. Executes nothing. Every file is read once, so that what is parsed is what the
 * digest covers.
 *
 * @returns the pack, or every problem with its line in `domain.yaml`
 */
export function readPack(folder: string, connectors: readonly ConnectorTraits[]): Result<Pack, readonly Problem[]> {
  const files = readFiles(folder);
  if (!files.ok) return fail([files.error]);
  const source = files.value.find((file) => file.path === "domain.yaml");
  if (source === undefined)
    return fail([
      problem(
        "E_INPUT_MISSING",
        "",
        `there is no \`domain.yaml\` in ${quote(folder)}`,
        "name a pack's folder, or create one",
        { do: "init" },
      ),
    ]);
  const found = digestFiles(files.value);
  const checkedFor = JSON.stringify(connectors);
  if (last?.pack.folder === folder && last.pack.digest === found && last.checkedFor === checkedFor)
    return ok(last.pack);
  const yaml = readYamlBytes(source.bytes, join(folder, source.path));
  if (!yaml.ok) return yaml;
  const domain = parseDomain(yaml.value.value);
  const problems = domain.ok ? checkDomain(domain.value, connectors) : domain.error;
  if (!domain.ok || problems.length > 0)
    return fail(problems.map((found) => withPlace(found, yaml.value.text, "domain.yaml")));
  const paths = files.value.map((file) => file.path);
  const pack = freezeDeep<Pack>({ folder, digest: found, domain: domain.value, files: paths });
  last = { pack, checkedFor };
  return ok(pack);
}

/**
 * The pack that was read last. A command may need its pack several times, and the same bytes make the same pack; they
 * are read and hashed each time. It is frozen, so that nobody who was given a part of it can change it for the next.
 */
let last: { readonly pack: Pack; readonly checkedFor: string } | null = null;

function freezeDeep<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) freezeDeep(part);
  return Object.freeze(value);
}

/** The digest of a pack as it is on disk now, to find out whether it is still the one that was read. */
export function readPackDigest(folder: string): Result<Digest, Problem> {
  const files = readFiles(folder);
  return files.ok ? ok(digestFiles(files.value)) : files;
}

/** Path and bytes of each file, in the order of their paths. */
function digestFiles(files: readonly PackFile[]): Digest {
  return dataDigest(
    "interlock.pack/1",
    files.map(({ path, bytes }) => ({ path, digest: bytesDigest("interlock.file/1", bytes) })),
  );
}

/**
 * Every file below the folder, sorted by path. Links are refused: one could lead anywhere, and could change behind the
 * digest.
 */
function readFiles(folder: string): Result<readonly PackFile[], Problem> {
  const files: PackFile[] = [];
  const waiting = [""];
  let sizeBytes = 0;
  for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
    const names = readFolder(join(folder, below));
    if (names === null)
      return fail(problem("E_INPUT_MISSING", "", `${quote(join(folder, below))} is not a folder that can be read`));
    for (const name of names) {
      const path = below === "" ? name : `${below}/${name}`;
      const entry = readEntry(join(folder, path), path);
      if (!entry.ok) return entry;
      if (entry.value === "folder") waiting.push(path);
      else files.push({ path, bytes: entry.value });
      sizeBytes += entry.value === "folder" ? 0 : entry.value.length;
      if (files.length + waiting.length > filesCountMax || sizeBytes > bytesMax) {
        return fail(
          problem(
            "E_PACK_FILE",
            "",
            `the pack holds more than ${filesCountMax} files or ${bytesMax} bytes`,
            "name the pack's own folder",
          ),
        );
      }
    }
  }
  return ok(files.sort((left, right) => (left.path < right.path ? -1 : 1)));
}

/** The entries of a folder, without those of other tools; `null` if it cannot be read. */
function readFolder(folder: string): readonly string[] | null {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith(".") && name !== "node_modules");
  } catch {
    return null;
  }
}

function readEntry(path: string, shown: string): Result<Uint8Array | "folder", Problem> {
  const refuse = (why: string, hint?: string) => fail(problem("E_PACK_FILE", "", `${quote(shown)} ${why}`, hint));
  try {
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return refuse("is a link", "copy the file into the pack");
    if (stat.isDirectory()) return ok("folder");
    return readFile(path, refuse);
  } catch {
    return refuse("cannot be read");
  }
}

/** Does not follow a link: a file could have become one between looking at it and opening it. */
function readFile(path: string, refuse: (why: string, hint?: string) => Result<never, Problem>) {
  const bytes = readRegular(path, { bytesMax: limits.bodyBytesMax, links: "refused" });
  if (bytes.ok) return bytes;
  switch (bytes.error.kind) {
    case "too_large":
      return refuse(`is larger than ${limits.bodyBytesMax} bytes`, "keep data outside the pack");
    case "not_regular":
      return refuse("is not a regular file");
    case "link":
      return refuse("is a link", "copy the file into the pack");
    default:
      return refuse("cannot be read");
  }
}
