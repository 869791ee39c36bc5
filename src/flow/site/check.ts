import { dirname, join, resolve } from "node:path";
import { findTemplateProblems, traitsOf } from "../../connectors/index.ts";
import type { Domain } from "../../core/domain/domain.ts";
import { domainDigest } from "../../core/domain/domain-digest.ts";
import { findUnenforced } from "../../core/domain/find-unenforced.ts";
import { draftPlan } from "../../core/plan/compile/compile.ts";
import { parseProposal } from "../../core/plan/wire/parse-proposal.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { limits } from "../../core/value/limits.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { unreadProblem } from "../../intake/bounds.ts";
import { readRegular } from "../../intake/read-file.ts";
import { type Pack, readPack } from "../../packs/read-pack.ts";
import { readYamlFile } from "../../packs/read-yaml-file.ts";
import { parseSiteConfig } from "../../packs/site-config.ts";
import type { Workplace } from "./workplace.ts";

/** What to check. */
export type CheckRequest =
  | { readonly kind: "pack"; readonly folder: string }
  | {
      readonly kind: "situation";
      readonly bytes: Uint8Array;
      /** The folder of the pack to hold it against; absent or `null` to read the situation alone. */
      readonly pack?: string | null;
    }
  | {
      readonly kind: "proposal";
      readonly bytes: Uint8Array;
      /** The folder of the pack to check it against; `null` for the one that interlock.yaml names. */
      readonly pack: string | null;
      /** The operator's goal, a guard over facts; `""` for the proposal's own. */
      readonly goal: string;
      readonly inputs: readonly { readonly name: string; readonly value: JsonValue }[];
    };

/** What was checked, and found without fault. */
export type Checked =
  | {
      readonly kind: "pack";
      readonly domain: string;
      readonly version: string;
      readonly actionCount: number;
      readonly unenforced: Unenforced;
      readonly invariants: RecordedInvariants;
    }
  | { readonly kind: "situation" }
  | {
      readonly kind: "proposal";
      readonly domain: string;
      readonly stepCount: number;
      readonly unenforced: Unenforced;
      readonly invariants: RecordedInvariants;
    };

/** Arguments, as `action.argument`, whose `confidentiality` is recorded but not enforced yet. */
export type Unenforced = readonly string[];

/** Names of the domain's invariants. `plan` holds them against declared effects, and a run against what it reads. */
export type RecordedInvariants = readonly string[];

/** Finds everything that can be refused without looking at the world. Executes nothing. */
export async function check(place: Workplace, request: CheckRequest): Promise<Result<Checked, readonly Problem[]>> {
  switch (request.kind) {
    case "pack":
      return checkPack(place, request.folder);
    case "situation":
      return checkSituation(place, request);
    case "proposal":
      return checkProposal(place, request);
  }
}

async function checkPack(place: Workplace, folder: string): Promise<Result<Checked, readonly Problem[]>> {
  const pack = readFittingPack(place, folder);
  if (!pack.ok) return pack;
  const { domain, files } = pack.value;
  const { readFittingSituation } = await import("../../packs/read-situation.ts");
  const problems = files.filter(isSituation).flatMap((file) => {
    const bytes = readRegular(join(pack.value.folder, file), { bytesMax: limits.bodyBytesMax, links: "refused" });
    if (!bytes.ok) return [unreadProblem(file, bytes.error)];
    const situation = readFittingSituation(bytes.value, domain);
    return situation.ok ? [] : situation.error.map((one) => ({ ...one, message: `${file}: ${one.message}` }));
  });
  if (problems.length > 0) return fail(problems);
  const { name, version, actions } = domain;
  const unenforced = findUnenforced(actions);
  const invariants = invariantsOf(domain);
  return ok({ kind: "pack", domain: name, version, actionCount: actions.length, unenforced, invariants });
}

/** Whether a file of a pack is a situation. */
export function isSituation(file: string): boolean {
  return /^situations\/.*\.ya?ml$/.test(file);
}

async function checkSituation(
  place: Workplace,
  { bytes, pack = null }: Extract<CheckRequest, { readonly kind: "situation" }>,
): Promise<Result<Checked, readonly Problem[]>> {
  const { readFittingSituation, readSituation } = await import("../../packs/read-situation.ts");
  const domain = pack === null ? null : readDomain(place, pack);
  if (domain !== null && !domain.ok) return domain;
  const situation = domain === null ? readSituation(bytes) : readFittingSituation(bytes, domain.value);
  return situation.ok ? ok({ kind: "situation" }) : situation;
}

function checkProposal(
  place: Workplace,
  { bytes, pack, goal, inputs }: Extract<CheckRequest, { readonly kind: "proposal" }>,
): Result<Checked, readonly Problem[]> {
  const proposal = parseProposal(bytes);
  if (!proposal.ok) return proposal;
  const folder = pack === null ? findPack(place) : ok(pack);
  if (!folder.ok) return folder;
  const domain = readDomain(place, folder.value);
  if (!domain.ok) return domain;
  const draft = draftPlan({
    proposal: proposal.value,
    domain: domain.value,
    proposer: { kind: "file", id: "check", onBehalfOf: "check" },
    goal,
    inputs,
    // Digests do not matter to anything that can be refused here.
    pins: { pack: null, connections: domainDigest(domain.value), policies: null, situation: null, evidence: null },
    roundTrips: [],
    parent: null,
  });
  if (!draft.ok) return draft;
  const { name, actions } = domain.value;
  const { steps } = proposal.value;
  const unenforced = findUnenforced(actions.filter((action) => steps.some((step) => step.action === action.name)));
  const invariants = invariantsOf(domain.value);
  return ok({ kind: "proposal", domain: name, stepCount: steps.length, unenforced, invariants });
}

function invariantsOf({ invariants }: Domain): RecordedInvariants {
  return invariants.map(({ name }) => name);
}

/** The folder of the pack that interlock.yaml names. Nothing else of the site is read, because it may be broken. */
function findPack({ configPath }: Workplace): Result<string, readonly Problem[]> {
  if (configPath === null)
    return fail([
      problem(
        "E_INPUT_MISSING",
        "",
        "the proposal can be read; there is no pack to check it against",
        "name a pack, or work where an interlock.yaml is",
      ),
    ]);
  const file = readYamlFile(configPath);
  if (!file.ok) return file;
  const site = parseSiteConfig(file.value.value);
  return site.ok ? ok(resolve(dirname(configPath), site.value.pack)) : site;
}

function readDomain(place: Workplace, folder: string): Result<Domain, readonly Problem[]> {
  const pack = readFittingPack(place, folder);
  return pack.ok ? ok(pack.value.domain) : pack;
}

function readFittingPack({ ports }: Workplace, folder: string): Result<Pack, readonly Problem[]> {
  const pack = readPack(resolve(folder), traitsOf(ports.connectors));
  if (!pack.ok) return pack;
  const problems = findTemplateProblems(pack.value.domain, ports.connectors);
  return problems.length === 0 ? pack : fail(problems);
}
