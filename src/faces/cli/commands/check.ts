import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import type { Domain } from "../../../core/domain/domain.ts";
import { type Problem, problem } from "../../../core/value/codes.ts";
import { fail, ok, type Result } from "../../../core/value/result.ts";
import { escapeForTerminal, quote } from "../../../core/value/text.ts";
import { counted } from "../../../core/value/units.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import { type CliContext, readInput } from "../context.ts";
import { exitCodeOf, printDocument, reportProblems } from "../report.ts";
import { configPath } from "../site.ts";

interface CheckOptions {
  readonly pack: string | null;
  readonly goal: string;
  readonly input: readonly string[];
  readonly json: boolean;
}

/** `interlock check`: everything that can be refused without looking at the world. Executes nothing. */
export function registerCheck(program: Command, run: RunCommand): void {
  program
    .command("check")
    .argument("<file>", "a proposal (`-` for stdin), a situation, or a pack's folder")
    .description("check a proposal, a situation or a pack; executes nothing and reads nothing of the world")
    .option("--pack <folder>", "check against this pack (default: the one interlock.yaml names)")
    .option("--goal <guard>", "the operator's goal, a guard over facts", "")
    .option("--input <name=json>", "an input of the proposal, once each", collect, [])
    .option("--json", "one JSON document: {format, ok, problems}")
    .action((file: string, options: { pack?: string; goal: string; input: readonly string[]; json?: boolean }) =>
      run((context, globals) =>
        checkCommand(context, globals, file, {
          pack: options.pack ?? null,
          goal: options.goal,
          input: options.input,
          json: options.json === true,
        }),
      ),
    );
}

/** Gathers an option that may be given more than once. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

async function checkCommand(
  context: CliContext,
  globals: GlobalOptions,
  file: string,
  options: CheckOptions,
): Promise<number> {
  const checked = await checkFile(context, globals, file, options);
  const problems = checked.ok ? [] : checked.error;
  if (options.json) {
    printDocument(context, { format: "interlock.check/1", ok: problems.length === 0, problems });
    return exitCodeOf(problems);
  }
  if (checked.ok) context.out(`${escapeForTerminal(checked.value)}: nothing to refuse\n`);
  return reportProblems(context, problems);
}

/** What was checked, in words, or why it is refused. */
type Checked = Result<string, readonly Problem[]>;

async function checkFile(
  context: CliContext,
  globals: GlobalOptions,
  file: string,
  options: CheckOptions,
): Promise<Checked> {
  const path = resolve(context.cwd, file);
  if (file !== "-" && existsSync(path) && statSync(path).isDirectory()) return checkPack(path);
  const bytes = await readInput(context, file === "-" ? file : path);
  if (!bytes.ok) return fail([bytes.error]);
  if (/\.ya?ml$/.test(file)) return checkYaml(path, bytes.value);
  return checkProposal(context, globals, bytes.value, options);
}

async function checkPack(folder: string): Promise<Checked> {
  const domain = await readDomain(folder);
  return domain.ok
    ? ok(`pack ${quote(domain.value.name)} ${domain.value.version}, ${counted(domain.value.actions.length, "action")}`)
    : domain;
}

async function checkYaml(path: string, bytes: Uint8Array): Promise<Checked> {
  if (path.endsWith("domain.yaml")) return checkPack(dirname(path));
  const { readSituation } = await import("../../../packs/read-situation.ts");
  const situation = readSituation(bytes);
  return situation.ok ? ok("situation") : situation;
}

async function checkProposal(
  context: CliContext,
  globals: GlobalOptions,
  bytes: Uint8Array,
  options: CheckOptions,
): Promise<Checked> {
  const { parseProposal } = await import("../../../core/plan/wire/parse-proposal.ts");
  const { draftPlan } = await import("../../../core/plan/compile/compile.ts");
  const { parseInputs } = await import("../parse-inputs.ts");
  const proposal = parseProposal(bytes);
  if (!proposal.ok) return proposal;
  const inputs = parseInputs(options.input);
  if (!inputs.ok) return inputs;
  const domain = await findDomain(context, globals, options.pack);
  if (!domain.ok) return domain;
  const { domainDigest } = await import("../../../core/domain/domain-digest.ts");
  const nobody = { kind: "file", id: "check", onBehalfOf: "check" } as const;
  const draft = draftPlan({
    proposal: proposal.value,
    domain: domain.value,
    proposer: nobody,
    goal: options.goal,
    inputs: inputs.value,
    // Digests change nothing of what can be refused here.
    pins: { pack: null, connections: domainDigest(domain.value), policies: null, situation: null, evidence: null },
    roundTrips: [],
    parent: null,
  });
  return draft.ok
    ? ok(`proposal of ${counted(proposal.value.steps.length, "step")}, against the domain ${quote(domain.value.name)}`)
    : draft;
}

async function findDomain(
  context: CliContext,
  globals: GlobalOptions,
  pack: string | null,
): Promise<Result<Domain, readonly Problem[]>> {
  if (pack !== null) return readDomain(resolve(context.cwd, pack));
  const config = configPath(context, globals);
  if (config === null)
    return fail([
      problem(
        "E_INPUT_MISSING",
        "",
        "the proposal can be read; there is no pack to check it against",
        "name one with `--pack FOLDER`, or work where an interlock.yaml is",
      ),
    ]);
  const { readYamlFile } = await import("../../../packs/read-yaml-file.ts");
  const { parseSiteConfig } = await import("../../../packs/site-config.ts");
  const file = readYamlFile(config);
  if (!file.ok) return file;
  const site = parseSiteConfig(file.value.value);
  return site.ok ? readDomain(resolve(dirname(config), site.value.pack)) : site;
}

async function readDomain(folder: string): Promise<Result<Domain, readonly Problem[]>> {
  const { connectorTraits, connectors, findTemplateProblems } = await import("../../../connectors/index.ts");
  const { readPack } = await import("../../../packs/read-pack.ts");
  const pack = readPack(folder, connectorTraits);
  if (!pack.ok) return pack;
  const problems = findTemplateProblems(pack.value.domain, connectors);
  return problems.length === 0 ? ok(pack.value.domain) : fail(problems);
}
