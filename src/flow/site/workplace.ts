import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Principal } from "../../core/approval/approval.ts";
import type { Plan } from "../../core/plan/plan.ts";
import { kernelVersion } from "../../core/plan/plan-format.ts";
import type { Standing } from "../../core/run/words/input.ts";
import type { RunState } from "../../core/run/words/state.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, type Result } from "../../core/value/result.ts";
import type { OnLook } from "../../engine/effects/perform-observe.ts";
import type { StoreHome } from "../../log/store-home.ts";
import { type OwnerOptions, openOwner } from "../../owner/owner.ts";
import type { OpenOwner, OwnerHold } from "../../owner/owner-hold.ts";
import type { Authorizer, Clock, Connector, Notifier, ResolveSecret } from "../../ports.ts";
import type { Courier } from "../notify/courier.ts";
import { besideRuns } from "../notify/queue.ts";
import { askPermission, permitControl } from "./permit.ts";
import { findDrift, findFileDrift, findPinDrift, openSite, type Site } from "./site.ts";

/** The ports of one site, all of them filled in. */
export interface SitePorts {
  readonly clock: Clock;
  readonly authorizer: Authorizer;
  /** Connectors by name. */
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly resolveSecret: ResolveSecret;
  readonly notifiers: readonly Notifier[];
  /** Hears how far a look at the world is, before a plan is compiled, a run starts, or a proposer is asked. */
  readonly onLook: OnLook;
}

/** What every arrow of the flow works with: where the site is, who acts, and through which ports. */
export interface Workplace {
  /** The site's `interlock.yaml`, or `null` if there is none. */
  readonly configPath: string | null;
  readonly store: StoreHome;
  /** The folder of the public keys that are trusted here. */
  readonly identityFolder: string;
  /** Where this user remembers what was seen of stores; `null` where nothing can be remembered. */
  readonly headFolder: string | null;
  /** Who acts. This is a claim, and it can only take rights away. */
  readonly actor: Principal;
  /** Variables that the site's settings may name. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ports: SitePorts;
  readonly owners: OwnerHold;
  /** Delivers notifications beside the work. */
  readonly courier: Pick<Courier, "wake" | "close">;
}

/** Reads the site's configuration and pack as they are on disk now. */
export function siteOf(place: Workplace): Result<Site, readonly Problem[]> {
  const { configPath, ports } = place;
  if (configPath === null || !existsSync(configPath)) {
    const message =
      configPath === null ? "there is no `interlock.yaml` here or above" : `\`${configPath}\` does not exist`;
    return fail([problem("E_INPUT_MISSING", "", message, "create a site first, or name its configuration")]);
  }
  return openSite(resolve(configPath), ports.connectors);
}

/** Opens the store as an owner that only records. It carries out nothing, so it needs no site. */
export function recorderOf(place: Workplace): OpenOwner {
  const { clock, resolveSecret, authorizer } = place.ports;
  const permitted: Standing = { kind: "permitted" };
  return ({ onEvent, onReading }) =>
    openOwner(place.store, {
      connections: new Map(),
      clock,
      resolveSecret,
      standing: () => Promise.resolve(permitted),
      release: kernelVersion,
      permit: permitControl(authorizer),
      by: place.actor,
      headFolder: place.headFolder,
      onEvent,
      onReading,
    });
}

/** Opens the store as an owner that carries out runs on this site: its own, and those that other processes start. */
export function runnerOf(place: Workplace, site: Site, { prepare, hear }: RunnerParts): OpenOwner {
  const { clock, resolveSecret, authorizer } = place.ports;
  return ({ onEvent, onReading, onGuest }) =>
    openOwner(place.store, {
      connections: site.connections,
      clock,
      resolveSecret,
      standing: (run) => standingOf(place, site, run),
      skewMaxMs: site.config.clock.skewMaxMs,
      release: kernelVersion,
      permit: permitControl(authorizer),
      by: place.actor,
      headFolder: place.headFolder,
      beside: besideRuns(place, site.config),
      onEvent: (event, atMs) => {
        onEvent(event, atMs);
        if (event.kind === "notification_queued") place.courier.wake();
      },
      onReading,
      prepare: async (owner, input) => {
        const start = await prepare(owner, input);
        if (start.ok) onGuest(start.value.runId);
        return start;
      },
      hear,
    });
}

/** What a runner does for other processes: starts runs, and hears answers. */
interface RunnerParts {
  readonly prepare: NonNullable<OwnerOptions["prepare"]>;
  readonly hear: NonNullable<OwnerOptions["hear"]>;
}

/** A run of an older release pins neither programs nor folders, and goes on as it began. */
function findNewProgram(site: Site, plan: Plan): Problem | null {
  const { programs, folders } = plan.pins;
  return programs === undefined && folders === undefined ? null : findFileDrift(site, plan);
}

/** Whether a run may go on: its actor may still apply it, and the site is what its plan was made for (I12, I17). */
export async function standingOf(
  place: Pick<Workplace, "ports" | "actor">,
  site: Site,
  run: RunState,
): Promise<Standing> {
  const { plan, planHash } = run.prepared;
  const asked = { by: place.actor, capability: "apply", resource: planHash } as const;
  const decision = askPermission(place.ports.authorizer, asked);
  if (decision.kind !== "permit") return { kind: "withdrawn", problem: decision.problem };
  // A run that was taken over may have started on a different site. What changed in between is drift too.
  const drift = findPinDrift(site, plan.pins) ?? findDrift(site) ?? findNewProgram(site, plan);
  return drift === null ? { kind: "permitted" } : { kind: "withdrawn", problem: drift };
}
