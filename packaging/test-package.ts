// `npm run test:package`: packs, installs the tarball outside of the repository and walks the way with it.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkTypes, runProgram, snippetsOf, writeSnippets } from "../test/support/snippets.ts";
import { fencesOf, matchesTranscript, parseTranscript } from "../test/support/transcripts.ts";
import { bundledLibraries, licencesFile } from "./bundled.ts";
import { type Ended, installPackage } from "./installed.ts";
import { root, runTsc } from "./run-tsc.ts";

const startMs = performance.now();
const seconds = (): string => ((performance.now() - startMs) / 1000).toFixed(1);
// Our own package.json.
const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Readonly<
  Record<"name" | "version", string>
>;

const installed = installPackage(name);
console.log(`${seconds()} s: packed ${name} ${version} and installed it into ${installed.folder}`);
try {
  typeTheReadme();
  readLicences();
  walkTheWay();
  decideAndPropose();
  useAsLibrary();
  followThePage();
  console.log(`${seconds()} s: the installed package does what it should`);
} finally {
  installed.close();
}

/** Types every console session of the README in the installed package, and compares the output. */
function typeTheReadme(): void {
  const settings = `export XDG_CONFIG_HOME='${join(installed.folder, ".readme")}' npm_config_update_notifier=false`;
  const sessions = fencesOf("README.md").filter(({ info }) => info === "console run");
  const steps = sessions.flatMap(({ text }) => parseTranscript(text));
  expectTrue(steps.length > 0, "the README shows no session");
  for (const { command, expected } of steps) {
    // In an installed package, the examples are in its folder, as the README says.
    const typed = command.replace(" examples/", ` node_modules/${name}/examples/`);
    const { out } = installed.run(".", "bash", "-c", `{ ${settings}; ${typed}\n} 2>&1`);
    const printed = out.split("\n").filter((line) => line.trim() !== "");
    expectTrue(matchesTranscript(expected, printed), `README.md: \`${typed}\` printed something else:\n${out}`);
    console.log(`${seconds()} s: README.md: ${typed.slice(0, 100)}`);
  }
}

/** The command's files hold parts of libraries, so the text of each licence lies beside them. */
function readLicences(): void {
  const text = readFileSync(join(installed.packageFolder, "dist/cli", licencesFile), "utf8");
  const missing = bundledLibraries.filter((library) => !text.includes(`\n${library} `));
  expectTrue(missing.length === 0, `dist/cli/${licencesFile} does not name ${missing.join(", ")}`);
  console.log(`${seconds()} s: ${licencesFile} names every library in the command's files`);
}

function walkTheWay(): void {
  expectEnd(".", [version], "interlock", "--version");
  expectEnd(".", ["config-file"], "interlock", "init", "--list");
  expectEnd(".", ["wrote interlock.yaml"], "interlock", "init", "site");
  // From a folder below the project. With `--no`, npx never takes a package of that name from the registry.
  expectEnd("site", [version], "npx", "--no", "--", "interlock", "--version");
  expectEnd("site", ["trusted `config-file`", "next: npx interlock plan"], "npx", "--no", "--", "interlock", "trust");
  expectEnd("site", ["created `me`"], "interlock", "identity", "create", "me", "--person", "reviewer", "--unattended");
  expectEnd("site", ["nothing to refuse"], "interlock", "check", "pack/proposals/log-more.json");
  expectEnd("site", ["plan pl_"], "interlock", "plan", "pack/proposals/log-more.json");
  expectRefusal("site", 11, "E_APPROVAL_MISSING", "interlock", "apply");
  expectEnd(
    "site",
    ["approved by reviewer"],
    "interlock",
    "approve",
    "--target",
    "config.log_level config/app",
    "--target",
    "config.workers config/app",
  );
  expectEnd("site", ["✔ succeeded"], "interlock", "apply");
  expectEnd("site", ["records hold"], "interlock", "log", "verify");
  const settings = readFileSync(join(installed.folder, "site/conf/app.json"), "utf8");
  expectTrue(settings.includes('"debug"'), `the file was not changed:\n${settings}`);
  const exported = expectEnd("site", ["interlock.log/1"], "interlock", "log", "export");
  writeFileSync(join(installed.folder, "site/log.jsonl"), exported.out);
  expectEnd("site", ['"ok":true'], "interlock-verify", "log.jsonl");
  writeFileSync(join(installed.folder, "site/changed.jsonl"), exported.out.replace("reviewer", "somebody"));
  expectRefusal("site", 15, '"ok":false', "interlock-verify", "changed.jsonl");
}

/**
 * Uses what needs the package's files: an example, and a proposer in a process of its own, which may read little else.
 */
function decideAndPropose(): void {
  const situation = join(installed.packageFolder, "examples/situations/fast-or-safe.yaml");
  expectEnd(".", ["chosen"], "interlock", "decide", situation, "--explain");
  expectEnd(".", ["wrote interlock.yaml"], "interlock", "init", "second");
  const folder = join(installed.folder, "second");
  appendFileSync(
    join(folder, "interlock.yaml"),
    "proposers:\n  taped: { kind: cassette, file: taped.jsonl, model: none }\n",
  );
  const answer = {
    format: "interlock.proposal-cassette/1",
    request: "any",
    source: "hand",
    model: "none",
    text: readFileSync(join(folder, "pack/proposals/log-more.json"), "utf8"),
  };
  writeFileSync(join(folder, "taped.jsonl"), `${JSON.stringify(answer)}\n`);
  expectEnd("second", ["trusted"], "interlock", "trust");
  expectEnd("second", ["plan pl_"], "interlock", "propose", "--with", "taped", "--intent", "log more");
}

/** A user's script: it runs, its types hold outside of the repository, and nothing behind the entry can be imported. */
function useAsLibrary(): void {
  const script = readFileSync(join(root, "packaging/user-script.ts"), "utf8");
  writeFileSync(join(installed.folder, "script.ts"), script);
  expectEnd(".", ["run_ended", "succeeded and"], "node", "script.ts");
  const options = {
    strict: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    module: "nodenext",
    target: "es2024",
    noEmit: true,
    allowImportingTsExtensions: true,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
  };
  const config = join(installed.folder, "tsconfig.json");
  writeFileSync(config, JSON.stringify({ compilerOptions: options, files: ["script.ts"] }));
  runTsc("-p", config);
  console.log(`${seconds()} s: the types of the package hold in a strict project`);
  const deep = `import("${name}/dist/core/value/codes.js").catch(({ code }) => console.log(code))`;
  expectEnd(".", ["ERR_PACKAGE_PATH_NOT_EXPORTED"], "node", "--input-type=module", "--eval", deep);
}

/** Runs every program of docs/library.md, for a reader who has installed the package and has no clone. */
function followThePage(): void {
  const page = snippetsOf("docs/library.md");
  const programs = page.programs.filter(({ text }) => !text.includes('"./src/'));
  const path = join(installed.folder, "page");
  writeSnippets({ ...page, programs }, path);
  for (const program of programs) {
    const { status, stdout, stderr } = runProgram({ path }, program);
    const isAsSaid =
      program.printed === null || matchesTranscript(program.printed.split("\n"), stdout.trim().split("\n"));
    expectTrue(status === 0 && isAsSaid, `docs/library.md:${program.line} ended with ${status}:\n${stdout}${stderr}`);
  }
  const complaints = checkTypes({ path });
  expectTrue(complaints === "", complaints);
  console.log(`${seconds()} s: the ${programs.length} programs of docs/library.md run, and their types hold`);
}

/** Runs a command that must succeed and print each of these texts. Prints what was run. */
function expectEnd(where: string, printed: readonly string[], command: string, ...args: readonly string[]): Ended {
  return expectExit(0, where, printed, command, ...args);
}

function expectRefusal(
  where: string,
  exitCode: number,
  printed: string,
  ...call: readonly [string, ...string[]]
): Ended {
  return expectExit(exitCode, where, [printed], ...call);
}

function expectExit(
  exitCode: number,
  where: string,
  printed: readonly string[],
  command: string,
  ...args: readonly string[]
): Ended {
  const line = [command, ...args].join(" ").replace(installed.folder, ".").slice(0, 100);
  const ended = installed.run(where, command, ...args);
  const said = `${ended.out}${ended.err}`;
  const missing = printed.filter((text) => !said.includes(text));
  expectTrue(
    ended.exitCode === exitCode && missing.length === 0,
    `\`${line}\` ended with ${ended.exitCode}, not ${exitCode}, or did not print ${JSON.stringify(missing)}:\n${said}`,
  );
  console.log(`${seconds()} s: ${where === "." ? "" : `(in ${where}) `}${line} → ${exitCode}`);
  return ended;
}

function expectTrue(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
