import { statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { connectors } from "../../connectors/index.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { systemProblem } from "../../core/value/system-error.ts";
import { quote } from "../../core/value/text.ts";
import { systemClock } from "../../engine/clock.ts";
import type { OnLook } from "../../engine/effects/perform-observe.ts";
import { resolveSecret } from "../../engine/effects/secrets.ts";
import { identityFolder } from "../../identities/identity.ts";
import { embeddedHome } from "../../log/sqlite/embedded-home.ts";
import type { StoreHome } from "../../log/store-home.ts";
import { OwnerHold } from "../../owner/owner-hold.ts";
import { builtInRule } from "../../policies/built-in-rule.ts";
import { guardAuthorizer } from "../../ports/guard-authorizer.ts";
import { guardClock } from "../../ports/guard-clock.ts";
import { guardConnector } from "../../ports/guard-connector.ts";
import { guardSecrets } from "../../ports/guard-secrets.ts";
import type { Connector, Journal } from "../../ports.ts";
import { Courier } from "../notify/courier.ts";
import type { DoorState } from "./arrow.ts";
import { Calls } from "./calls.ts";
import type { Entrance, InterlockPorts } from "./entrance.ts";
import { systemUser } from "./system-user.ts";
import type { Workplace } from "./workplace.ts";

type OpenedDoor = { readonly place: Workplace; readonly state: DoorState };

/** Fills in what an address and ports leave out. Where the operating system refuses, that is a problem like others. */
export async function openDoor({ address, ports }: Entrance): Promise<Result<OpenedDoor, readonly Problem[]>> {
  const onDefect = quietly(ports.onDefect);
  try {
    return await fillIn({ address, ports }, onDefect);
  } catch (error) {
    const refused = systemProblem(error);
    if (refused !== null) return fail([refused]);
    onDefect(error);
    return fail([problem("E_INTERNAL", "", "the site could not be opened")]);
  }
}

async function fillIn(
  { address, ports }: Entrance,
  onDefect: (error: unknown) => void,
): Promise<Result<OpenedDoor, readonly Problem[]>> {
  const { config, store, identities, actor, environment = { ...process.env } } = address;
  const found = config === null ? null : statSync(config, { throwIfNoEntry: false });
  if (config !== null && found?.isFile() !== true) {
    const why = found === undefined ? "does not exist" : "is not a file";
    return fail([problem("E_INPUT_MISSING", "/config", `the configuration ${quote(config)} ${why}`)]);
  }
  const configPath = config === null ? null : resolve(config);
  const storeFolder = resolve(store ?? join(configPath === null ? "." : dirname(configPath), ".interlock"));
  const keys = identities === undefined ? identityFolder(environment) : ok(resolve(identities));
  if (!keys.ok) return fail([keys.error]);
  const home = await homeOf(storeFolder, ports.journal, onDefect);
  const clock = guardClock(ports.clock ?? systemClock, onDefect);
  const place: Workplace = {
    configPath,
    store: home,
    identityFolder: keys.value,
    headFolder: headFolder(environment, keys.value),
    actor: actor ?? systemUser(),
    environment,
    owners: new OwnerHold(home.paths.socket),
    // What delivers is loaded when it is first needed: most commands tell nobody anything.
    courier: new Courier(
      async (options) => (await import("../notify/deliver-notifications.ts")).deliverNotifications(place, options),
      onDefect,
    ),
    ports: {
      clock,
      authorizer: guardAuthorizer(ports.authorizer ?? builtInRule, onDefect),
      connectors:
        ports.connectors === undefined ? connectors : new Map([...connectors, ...guardConnectors(ports.connectors)]),
      resolveSecret: guardSecrets(ports.resolveSecret ?? resolveSecret, { clock, onDefect }),
      notifiers: ports.notifiers ?? [],
      onLook: quietLook(ports.onLook, onDefect),
    },
  };
  return ok({ place, state: { calls: new Calls(onDefect), onDefect } });
}

/**
 * Where this user remembers what was seen of stores: in the folder of states of the XDG base directory specification;
 * beside the keys where their place was named, or where there is no home. Never in the store, because a copy of that
 * would bring its own memory along.
 */
function headFolder(environment: Workplace["environment"], keys: string): string {
  const [states = "", home = ""] = [environment["XDG_STATE_HOME"], environment["HOME"]];
  if (isAbsolute(states)) return join(states, "interlock", "heads");
  const isPlaceNamed = (environment["INTERLOCK_IDENTITIES"] ?? "") !== "";
  return isPlaceNamed || !isAbsolute(home)
    ? join(dirname(keys), "heads")
    : join(home, ".local", "state", "interlock", "heads");
}

/** Who hears of defects is told of them, and nothing else depends on it. */
function quietly(listener: InterlockPorts["onDefect"]): (error: unknown) => void {
  return (error) => {
    try {
      const heard: unknown = listener?.(error);
      if (heard instanceof Promise) heard.catch(() => undefined);
    } catch {
      // If a listener throws, there is nobody else to tell.
    }
  };
}

/** A listener is only told. Nothing may depend on it, least of all a look at the world. */
function quietLook(listener: InterlockPorts["onLook"], onDefect: (error: unknown) => void): OnLook {
  return (progress) => {
    try {
      listener?.(progress);
    } catch (error) {
      onDefect(error);
    }
  };
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
