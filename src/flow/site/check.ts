import { dirname, resolve } from "node:path";
import { findTemplateProblems, traitsOf } from "../../connectors/index.ts";
import type { Domain } from "../../core/domain/domain.ts";
import { domainDigest } from "../../core/domain/domain-digest.ts";
import { findUnenforced } from "../../core/domain/find-unenforced.ts";
import { draftPlan } from "../../core/plan/compile/compile.ts";
import { parseProposal } from "../../core/plan/wire/parse-proposal.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { readPack } from "../../packs/read-pack.ts";
import { readYamlFile } from "../../packs/read-yaml-file.ts";
import { parseSiteConfig } from "../../packs/site-config.ts";
import type { Workplace } from "./workplace.ts";

/** What to check. */
export type CheckRequest =
  | { readonly kind: "pack"; readonly folder: string }
  | { readonly kind: "situation"; readonly bytes: Uint8Array }
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

/** Names of the domain's invariants. They are recorded with every plan, and nothing enforces them in this release. */
export type RecordedInvariants = readonly string[];

/** Finds everything that can be refused without looking at the world. Executes nothing. */
export async function check(place: Workplace, request: CheckRequest): Promise<Result<Checked, readonly Problem[]>> {
  switch (request.kind) {
    case "pack": {
      const domain = readDomain(place, request.folder);
      if (!domain.ok) return domain;
      const { name, version, actions } = domain.value;
      const unenforced = findUnenforced(actions);
      const invariants = invariantsOf(domain.value);
      return ok({ kind: "pack", domain: name, version, actionCount: actions.length, unenforced, invariants });
    }
    case "situation": {
      const { readSituation } = await import("../../packs/read-situation.ts");
      const situation = readSituation(request.bytes);
      return situation.ok ? ok({ kind: "situation" }) : situation;
    }
    case "proposal":
      return checkProposal(place, request);
  }
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

function readDomain({ ports }: Workplace, folder: string): Result<Domain, readonly Problem[]> {
  const pack = readPack(resolve(folder), traitsOf(ports.connectors));
  if (!pack.ok) return pack;
  const problems = findTemplateProblems(pack.value.domain, ports.connectors);
  return problems.length === 0 ? ok(pack.value.domain) : fail(problems);
}
