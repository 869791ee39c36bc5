import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createE2eSite, type E2eSite } from "./e2e-site.fixture.ts";

/** A folder with JSON files that hold a level, and the programs that set it. */
export interface ProgramFolder {
  readonly folder: string;
  /** Writes a file under its name as an installer does: as another file, and executable unless it is to be read. */
  put(name: string, text: string, options?: { readonly mode?: number }): void;
  /** The level that a file holds. */
  level(file: string): string;
  /** A site with an action on these files that runs a program. */
  createSite(options: ProgramSite): Promise<E2eSite>;
  remove(): void;
}

/** What a test says of a site whose action runs a program. */
export interface ProgramSite {
  readonly action: string;
  /** The template of its call. */
  readonly call: string;
  /** Where the file of an object stands, and which objects there are, as YAML in one line. */
  readonly path: string;
  readonly inventory: string;
  /** The programs that the connection lists, by name. */
  readonly programs: Readonly<Record<string, string>>;
}

/** A new folder whose files hold the level `info`. */
export function createProgramFolder(...files: readonly string[]): ProgramFolder {
  const folder = mkdtempSync(join(tmpdir(), "interlock-programs-"));
  const put: ProgramFolder["put"] = (name, text, { mode = 0o755 } = {}) => {
    const path = join(folder, name);
    writeFileSync(`${path}.new`, text);
    chmodSync(`${path}.new`, mode);
    renameSync(`${path}.new`, path);
  };
  for (const file of files) put(file, '{"level":"info"}', { mode: 0o644 });
  return {
    folder,
    put,
    level: (file) => (JSON.parse(readFileSync(join(folder, file), "utf8")) as { readonly level: string }).level,
    createSite: ({ programs, ...declared }) =>
      createE2eSite({
        domain: domainOf(declared),
        connections: {
          disk: { settings: { root: folder } },
          tools: { settings: { cwd: folder, programs } },
        },
      }),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

function domainOf({ action, call, path, inventory }: Omit<ProgramSite, "programs">): string {
  return `
format: interlock.domain/1
name: levels
version: "1"
environment: lab
connections: { disk: { connector: file }, tools: { connector: process } }
types:
  config:
    facts: { level: [debug, info, warn, error] }
    observe:
      uses: disk/read
      with: { path: ${path}, as: json }
      facts: { level: /value/level }
      fingerprint: [/path]
inventory: { config: ${inventory} }
actions:
  ${action}:
    class: reversible
    uses: tools/run
    with: ${call}
    target: config
    input: { config: { object: config }, level: [debug, info, warn, error] }
    effect: [self.level = arg.level]
    post: { expect: self.level == arg.level, within: 1s, every: 50ms }
    compensate: { action: ${action}, args: { level: { before: level } } }
    landsWithin: 1s
`;
}
