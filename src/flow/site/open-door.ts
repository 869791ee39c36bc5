import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { connectors } from "../../connectors/index.ts";
import type { Principal } from "../../core/approval/approval.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { systemClock } from "../../engine/clock.ts";
import { resolveSecret } from "../../engine/effects/secrets.ts";
import { identityFolder } from "../../identities/identity.ts";
import { embeddedHome } from "../../log/sqlite/embedded-home.ts";
import type { StoreHome } from "../../log/store-home.ts";
import { OwnerHold } from "../../owner/owner-hold.ts";
import { builtInRule } from "../../policies/built-in-rule.ts";
import { guardAuthorizer } from "../../ports/guard-authorizer.ts";
import { guardConnector } from "../../ports/guard-connector.ts";
import type { Connector, Journal } from "../../ports.ts";
import { checkRequest, type DoorState } from "./arrow.ts";
import type { SitePorts, Workplace } from "./workplace.ts";

/** Where a site is, and who acts there. */
export interface SiteAddress {
  /** The site's `interlock.yaml`; `null` for work that needs a store alone, such as verifying a log. */
  readonly config: string | null;
  /** The folder of the store. Default: `.interlock/` beside the configuration. */
  readonly store?: string;
  /** The folder of the public keys that are believed here. Default: the user's own. */
  readonly identities?: string;
  /** Who acts. A claim: it only ever takes rights away. Default: the user of the operating system, as a person. */
  readonly actor?: Principal;
  /** Variables that the site's settings may name. Default: those of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Ports of one's own, each in place of the built-in one. */
export interface InterlockPorts extends Partial<SitePorts> {
  /**
   * Makes a handle to the journal in which the log is kept, in place of the built-in one. Called each time this
   * process becomes the owner: each handle is opened once and closed once. A site keeps the journal it was begun with.
   */
  readonly journal?: () => Journal;
  /** Hears every exception that became `E_INTERNAL`: a defect of Interlock or of a port. Default: nobody. */
  readonly onDefect?: (error: unknown) => void;
}

/** Fills in what an address and ports leave out. */
export async function openDoor(
  address: SiteAddress,
  ports: InterlockPorts,
): Promise<Result<{ readonly place: Workplace; readonly state: DoorState }, readonly Problem[]>> {
  if (typeof address !== "object" || address === null)
    return fail([problem("E_USAGE", "", "expected an address: an object with the configuration's path")]);
  const { config, store, identities, actor, environment = process.env } = address;
  const problems = checkRequest(
    { config, store: store ?? "", identities: identities ?? "", actor: actor ?? null, environment },
    { config: "text or null", store: "text", identities: "text", actor: "object or null", environment: "object" },
  );
  if (problems.length > 0) return fail(problems);
  if (config !== null && !existsSync(config))
    return fail([problem("E_INPUT_MISSING", "/config", `the configuration ${quote(config)} does not exist`)]);
  const configPath = config === null ? null : resolve(config);
  const storeFolder = resolve(store ?? join(configPath === null ? "." : dirname(configPath), ".interlock"));
  const { onDefect = () => undefined, journal } = ports;
  if (journal !== undefined && typeof journal !== "function")
    return fail([problem("E_USAGE", "/journal", "expected a function that makes a handle to the journal")]);
  const home = await homeOf(storeFolder, journal, onDefect);
  const place: Workplace = {
    configPath,
    store: home,
    identityFolder: identities ?? identityFolder(environment),
    actor: actor ?? { kind: "person", id: userInfo().username, keyId: null },
    environment,
    owners: new OwnerHold(home.paths.socket),
    ports: {
      clock: ports.clock ?? systemClock,
      authorizer: guardAuthorizer(ports.authorizer ?? builtInRule, onDefect),
      connectors:
        ports.connectors === undefined ? connectors : new Map([...connectors, ...guardConnectors(ports.connectors)]),
      resolveSecret: ports.resolveSecret ?? resolveSecret,
      notifiers: ports.notifiers ?? [],
    },
  };
  return ok({ place, state: { isClosed: false, onDefect } });
}

async function homeOf(
  folder: string,
  journal: (() => Journal) | undefined,
  onDefect: (error: unknown) => void,
): Promise<StoreHome> {
  if (journal === undefined) return embeddedHome(folder);
  const { MirroredHome } = await import("../../log/sqlite/mirrored-home.ts");
  return new MirroredHome({ folder, journal, onDefect });
}

function guardConnectors(given: ReadonlyMap<string, Connector>): readonly (readonly [string, Connector])[] {
  return [...given].map(([name, connector]) => [name, guardConnector(connector)]);
}
