import type { Domain } from "../core/domain/domain.ts";
import { type RiskCode, riskCodes } from "../core/plan/policy/risk-codes.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import { duration } from "../core/value/duration.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import type { Result } from "../core/value/result.ts";
import { secretReference } from "../core/value/secret-reference.ts";
import {
  anyJson,
  boolean,
  listOf,
  name,
  oneOf,
  type Parser,
  parseWith,
  placeBelow,
  recordOf,
  refine,
  refuseAt,
  text,
} from "../core/value/shape.ts";
import { formatTag, object, optional, withDefault } from "../core/value/shape-object.ts";
import { quote, suggestName } from "../core/value/text.ts";
import { dataDigest } from "../log/seal.ts";
import { type EscalationConfig, escalationConfig, findUndeclared } from "../notifiers/escalation-config.ts";
import { type NotifierConfig, notifierConfig } from "../notifiers/notifier-config.ts";
import { type ProposerConfig, proposerConfig } from "./proposer-config.ts";

/** How approvals are handled. */
export interface ApprovalConfig {
  /** How long an approval counts unless somebody says otherwise, in milliseconds. */
  readonly validForMs: number;
  /** The most that may be asked for, in milliseconds. */
  readonly validForMaxMs: number;
  /** A plan with one of these risks is neither approved nor run. Absent, and not empty, where the site names none. */
  readonly refuseRisks?: readonly RiskCode[];
}

/**
 * What is true of one place, from `interlock.yaml`: its pack, where its connections lead, how approvals are handled.
 */
export interface SiteConfig {
  /** The pack's folder, relative to the file. */
  readonly pack: string;
  /** A single operator may approve their own proposals. Such approvals are marked everywhere. */
  readonly solo: boolean;
  readonly approvals: ApprovalConfig;
  /** How far the log's time may be ahead of this machine's clock before nothing new is written. */
  readonly clock: { readonly skewMaxMs: number };
  readonly connections: Readonly<Record<string, ConnectionConfig>>;
  /** The proposers that may be asked, by name. */
  readonly proposers: Readonly<Record<string, ProposerConfig>>;
  /** How long the store keeps the bodies of runs; `null`: for ever. */
  readonly retention: RetentionConfig | null;
  /** Who is told when a run or an incident rests, by name. Absent, and not empty, where the site names nobody. */
  readonly notifiers?: Readonly<Record<string, NotifierConfig>>;
  /** In which order they are told of what waits for a person. Absent: all at once, and once. */
  readonly escalation?: EscalationConfig;
}

/** What `interlock store archive` takes out of the store. */
export interface RetentionConfig {
  /** Bodies of runs that ended longer ago than this are taken out. */
  readonly bodiesMs: number;
  /** The folder that gets a copy first, relative to the file; `null` if no copy is kept. */
  readonly archive: string | null;
}

/** Where a connection leads. Secrets are references, never values. */
export interface ConnectionConfig {
  readonly settings: JsonValue;
  readonly secrets: Readonly<Record<string, string>>;
}

const connection: Parser<ConnectionConfig> = object({
  settings: withDefault(anyJson(), {}),
  secrets: withDefault(recordOf(secretReference), {}),
});

const hourMs = 3_600_000;

const validity = refine(duration(), (ms, at) =>
  ms > 0
    ? ms
    : refuseAt(at, "E_SCHEMA", "an approval that counts for no time starts nothing", "give a time above 0: `1h`"),
);

const approvals = refine(
  object({
    validFor: optional(validity),
    validForMax: withDefault(validity, 24 * hourMs),
    refuseRisks: optional(listOf(oneOf(riskCodes), { itemsMax: riskCodes.length })),
  }),
  ({ validFor, validForMax, refuseRisks }, at): ApprovalConfig | undefined => {
    const validForMs = validFor ?? Math.min(hourMs, validForMax);
    if (validForMs > validForMax) {
      const message = "`validFor` is longer than `validForMax`";
      return refuseAt(at, "E_SCHEMA", message, "give `validFor` at most as long as `validForMax`, or raise that");
    }
    return { validForMs, validForMaxMs: validForMax, ...(refuseRisks === undefined ? {} : { refuseRisks }) };
  },
);

const clock = refine(object({ skewMax: duration() }), ({ skewMax }, at) =>
  skewMax <= 24 * hourMs
    ? { skewMaxMs: skewMax }
    : refuseAt(
        at,
        "E_SCHEMA",
        "`skewMax` is longer than a day",
        "give at most `24h`: approvals count for that much longer",
      ),
);

const always = refine(boolean(), (isTrue, at) =>
  isTrue ? true : refuseAt(at, "E_SCHEMA", "`destroy` is `true` or left out"),
);

const retention = refine(
  object({ bodies: duration(), archive: optional(text({ charsMin: 1, charsMax: 1_000 })), destroy: optional(always) }),
  ({ bodies, archive, destroy }, at): RetentionConfig | undefined => {
    if ((archive === undefined) !== (destroy === undefined)) return { bodiesMs: bodies, archive: archive ?? null };
    return refuseAt(
      at,
      "E_SCHEMA",
      archive === undefined ? "nothing says where the copies go" : "`archive` and `destroy` are both given",
      "name a folder with `archive`, or say `destroy: true` if nothing is to be kept",
    );
  },
);

const config = refine(
  object({
    format: formatTag("interlock.site/1"),
    pack: optional(text({ charsMin: 1, charsMax: 1_000 })),
    solo: withDefault(boolean(), false),
    approvals: withDefault(approvals, { validForMs: hourMs, validForMaxMs: 24 * hourMs }),
    clock: withDefault(clock, { skewMaxMs: 300_000 }),
    connections: withDefault(recordOf(connection, { key: name() }), {}),
    proposers: withDefault(recordOf(proposerConfig, { key: name() }), {}),
    retention: withDefault<RetentionConfig | null>(retention, null),
    notifiers: optional(recordOf(notifierConfig, { key: name() })),
    escalation: optional(escalationConfig),
  }),
  ({ format: _, pack, clock: time, ...rest }, at): SiteConfig | undefined => {
    const { notifiers = {}, escalation } = rest;
    const unknown = escalation === undefined ? null : findUndeclared(escalation, Object.keys(notifiers));
    if (unknown === null) return { ...rest, pack: pack ?? ".", clock: time };
    const message = `a step of the escalation tells ${quote(unknown)}, which is no notifier of this site`;
    return refuseAt(placeBelow(at, "escalation"), "E_SCHEMA", message, suggestName(unknown, Object.keys(notifiers)));
  },
);

/** Reads the value of `interlock.yaml`, and reports every problem at once. */
export function parseSiteConfig(value: JsonValue): Result<SiteConfig, readonly Problem[]> {
  return parseWith(config, value);
}

/** Checks that every connection of the domain is bound here, with every secret it needs. */
export function checkConnections(site: SiteConfig, domain: Domain): readonly Problem[] {
  return domain.connections.flatMap((declared) => {
    const bound = site.connections[declared.name];
    if (bound === undefined)
      return [
        problem(
          "E_CONNECTION_UNKNOWN",
          "/connections",
          `the domain needs the connection \`${declared.name}\`, which interlock.yaml does not bind`,
        ),
      ];
    return declared.secrets
      .filter((secret) => bound.secrets[secret] === undefined)
      .map((secret) =>
        problem(
          "E_SECRET_UNBOUND",
          `/connections/${declared.name}/secrets`,
          `the connection \`${declared.name}\` needs a reference for the secret \`${secret}\``,
        ),
      );
  });
}

/** What a plan pins about where connections lead: settings and references, never a secret. */
export function connectionsDigest(site: SiteConfig, domain: Domain): Digest {
  return dataDigest(
    "interlock.connections/1",
    domain.connections.map(({ name: connectionName }) => ({
      name: connectionName,
      ...(site.connections[connectionName] ?? { settings: {}, secrets: {} }),
    })),
  );
}

/**
 * What a person trusts of `interlock.yaml`: everything that it says, with the defaults filled in. Comments, blanks and
 * the order of keys change nothing.
 */
export function siteConfigDigest(site: SiteConfig): Digest {
  return dataDigest("interlock.site-config/1", site);
}
