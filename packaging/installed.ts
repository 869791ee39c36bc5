import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { root } from "./run-tsc.ts";

/** How a command ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

/** A folder outside of the repository into which the package was installed, as a user would install it. */
export interface Installed {
  readonly folder: string;
  /** The package itself, below the folder. */
  readonly packageFolder: string;
  /** Runs an installed command below `where`, with this process's Node and an empty home. */
  run(where: string, command: string, ...args: readonly string[]): Ended;
  close(): void;
}

/** Packs this repository, which builds it, and installs the tarball into an empty folder. */
export function installPackage(name: string): Installed {
  const folder = mkdtempSync(join(tmpdir(), "interlock-package-"));
  const home = join(folder, "home");
  mkdirSync(home);
  const project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), `${JSON.stringify({ private: true, type: "module" })}\n`);
  const packed = runNpm(root, "pack", "--json", "--pack-destination", folder);
  // npm prints JSON under `--json`, after the output of the build.
  const [tarball] = JSON.parse(packed.slice(packed.indexOf("[\n"))) as readonly { readonly filename: string }[];
  if (tarball === undefined) throw new Error(`npm pack names no file: ${packed}`);
  const path = join(folder, tarball.filename.replace("@", "").replace("/", "-"));
  runNpm(project, "install", "--prefer-offline", "--no-audit", "--no-fund", path);
  const environment = environmentIn(home, join(project, "node_modules/.bin"));
  return {
    folder: project,
    packageFolder: join(project, "node_modules", name),
    run: (where, command, ...args) => {
      const cwd = join(project, where);
      const ended = spawnSync(command, args, { cwd, env: environment, encoding: "utf8", timeout: 60_000 });
      if (ended.error !== undefined) throw ended.error;
      return { exitCode: ended.status, out: ended.stdout, err: ended.stderr };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * Runs the npm that started this process, or the one on the PATH. Returns its output, or throws with everything that it
 * printed.
 */
function runNpm(cwd: string, ...args: readonly string[]): string {
  const script = process.env["npm_execpath"];
  const [program, before] = script === undefined ? ["npm", []] : [process.execPath, [script]];
  const { status, stdout, stderr } = spawnSync(program, [...before, ...args], { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** An environment without keys, settings or colours of the user. `node` is the one that runs this script. */
function environmentIn(home: string, bin: string): NodeJS.ProcessEnv {
  const path = [bin, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
  return { PATH: path, HOME: home, LANG: "C.UTF-8", NO_COLOR: "1" };
}
