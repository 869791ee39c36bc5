import { dirname, resolve } from "node:path";
import { connectors as builtInConnectors, findTemplateProblems, traitsOf } from "../../connectors/index.ts";
import type { ApprovalRules } from "../../core/approval/check-approval.ts";
import type { Domain } from "../../core/domain/domain.ts";
import { domainDigest } from "../../core/domain/domain-digest.ts";
import type { Pins, Plan } from "../../core/plan/plan.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { Connection, Connections } from "../../engine/effects/connections.ts";
import { findMovedFolder, foldersOf } from "../../engine/effects/folders.ts";
import { callsOf, findChangedProgram, programsOf } from "../../engine/effects/programs.ts";
import { dataDigest } from "../../log/seal.ts";
import { type Pack, readPack, readPackDigest } from "../../packs/read-pack.ts";
import { readYamlFile } from "../../packs/read-yaml-file.ts";
import {
  checkConnections,
  connectionsDigest,
  parseSiteConfig,
  type SiteConfig,
  siteConfigDigest,
} from "../../packs/site-config.ts";
import { withPlace } from "../../packs/with-place.ts";
import type { Connector } from "../../ports.ts";

/** One place where Interlock works: its configuration, its pack, and where its connections lead. */
export interface Site {
  readonly configPath: string;
  readonly config: SiteConfig;
  readonly pack: Pack;
  readonly connections: Connections;
  /** The pins that all plans made here now have in common. */
  readonly pins: Pick<Pins, "domain" | "pack" | "connections" | "policies">;
  readonly rules: ApprovalRules;
  /** What `interlock.yaml` says. Together with the pack it is what a person trusts. */
  readonly configDigest: Digest;
}

/**
 * Opens a site from its `interlock.yaml`. Reports every problem of configuration, pack and domain at once, with its
 * line.
 */
export function openSite(
  configPath: string,
  connectors: ReadonlyMap<string, Connector> = builtInConnectors,
): Result<Site, readonly Problem[]> {
  const file = readYamlFile(configPath);
  if (!file.ok) return file;
  const config = parseSiteConfig(file.value.value);
  if (!config.ok) return fail(config.error.map((found) => withPlace(found, file.value.text, "interlock.yaml")));
  const pack = readPack(resolve(dirname(configPath), config.value.pack), traitsOf(connectors));
  if (!pack.ok) return pack;
  const { domain } = pack.value;
  const bound = bindConnections(config.value, domain, { folder: dirname(configPath), connectors });
  const problems = [
    ...findTemplateProblems(domain, connectors),
    ...checkConnections(config.value, domain),
    ...bound.problems,
  ];
  if (problems.length > 0) return fail(problems);
  const pins = {
    domain: domainDigest(domain, dataDigest),
    pack: pack.value.digest,
    connections: connectionsDigest(config.value, domain),
    policies: null,
  };
  const rules = { solo: config.value.solo, validMsMax: config.value.approvals.validForMaxMs };
  return ok({
    configPath,
    config: config.value,
    pack: pack.value,
    connections: bound.connections,
    pins,
    rules,
    configDigest: siteConfigDigest(config.value),
  });
}

/**
 * What has changed on disk since the site was opened, or `null`. It is asked before every write: a plan stops if its
 * definitions change under it (I12), although it has a copy of its own.
 */
export function findDrift(site: Site): Problem | null {
  const now = readPackDigest(site.pack.folder);
  if (!now.ok) return problem("E_DOMAIN_DRIFT", "", `the pack can no longer be read: ${now.error.message}`);
  if (now.value !== site.pack.digest) return problem("E_DOMAIN_DRIFT", "", "the pack was changed while the plan ran");
  const file = readYamlFile(site.configPath);
  const config = file.ok ? parseSiteConfig(file.value.value) : file;
  if (!config.ok || connectionsDigest(config.value, site.pack.domain) !== site.pins.connections) {
    return problem("E_CONNECTION_CHANGED", "", "the connections in interlock.yaml were changed while the plan ran");
  }
  return null;
}

/**
 * A program or a folder of the plan that is not what was approved, or `null`. A plan that runs programs and pins none
 * is stale. A plan of an older release pins no folders, and works where they lead now.
 */
export function findFileDrift(site: Site, plan: Plan): Problem | null {
  const { programs = [], folders } = plan.pins;
  const changed = findChangedProgram(programsOf(plan, site.connections), programs);
  if (changed !== null || folders === undefined) return changed;
  return findMovedFolder(foldersOf(callsOf(plan), site.connections), folders);
}

/** What differs from the site that a plan was made for, or `null` (I12). */
export function findPinDrift(site: Site, pins: Site["pins"]): Problem | null {
  if (site.pins.domain !== pins.domain || site.pins.pack !== pins.pack)
    return problem("E_DOMAIN_DRIFT", "", "the pack is not the one the plan was made from");
  if (site.pins.connections !== pins.connections)
    return problem("E_CONNECTION_CHANGED", "", "the connections in interlock.yaml are not those the plan was made for");
  return site.pins.policies === pins.policies
    ? null
    : problem("E_POLICY_CHANGED", "", "the policies are not those the plan was made under");
}

function bindConnections(
  config: SiteConfig,
  domain: Domain,
  { folder, connectors }: { readonly folder: string; readonly connectors: ReadonlyMap<string, Connector> },
): { readonly connections: Connections; readonly problems: readonly Problem[] } {
  const bound = new Map<string, Connection>();
  const problems: Problem[] = [];
  for (const declared of domain.connections) {
    const connector = connectors.get(declared.connector);
    const configured = config.connections[declared.name];
    // `checkDomain` and `checkConnections` report what is missing.
    if (connector === undefined || configured === undefined) continue;
    problems.push(...connector.checkSettings(configured.settings, `/connections/${declared.name}/settings`));
    const secrets = new Map(
      Object.entries(configured.secrets).map(([name, reference]) => [name, absoluteReference(reference, folder)]),
    );
    bound.set(declared.name, { name: declared.name, connector, settings: configured.settings, secrets });
  }
  return { connections: bound, problems };
}

/** The path of a secret's file is relative to interlock.yaml, not to the folder in which the command was typed. */
function absoluteReference(reference: string, folder: string): string {
  return reference.startsWith("file:") ? `file:${resolve(folder, reference.slice("file:".length))}` : reference;
}
