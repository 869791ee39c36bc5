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
import { OwnerHold } from "../../owner/owner-hold.ts";
import { builtInRule } from "../../policies/built-in-rule.ts";
import { checkRequest, type DoorState } from "./arrow.ts";
import type { SitePorts, Workplace } from "./workplace.ts";

/** As `SiteAddress` and `InterlockPorts` of the door, which says what each means. */
interface Address {
  readonly config: string | null;
  readonly store?: string;
  readonly identities?: string;
  readonly actor?: Principal;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}
type Ports = Partial<SitePorts> & { readonly onDefect?: (error: unknown) => void };

/** Fills in what an address and ports leave out. */
export async function openDoor(
  address: Address,
  ports: Ports,
): Promise<Result<{ readonly place: Workplace; readonly state: DoorState }, readonly Problem[]>> {
  const { config = null, store, identities, actor, environment = process.env } = address ?? {};
  const problems = checkRequest(
    { config, store: store ?? "", identities: identities ?? "", actor: actor ?? null, environment },
    { config: "text or null", store: "text", identities: "text", actor: "object or null", environment: "object" },
  );
  if (problems.length > 0) return fail(problems);
  if (config !== null && !existsSync(config))
    return fail([problem("E_INPUT_MISSING", "/config", `the configuration ${quote(config)} does not exist`)]);
  const configPath = config === null ? null : resolve(config);
  const storeFolder = resolve(store ?? join(configPath === null ? "." : dirname(configPath), ".interlock"));
  const place: Workplace = {
    configPath,
    storeFolder,
    identityFolder: identities ?? identityFolder(environment),
    actor: actor ?? { kind: "person", id: userInfo().username, keyId: null },
    environment,
    owners: new OwnerHold(storeFolder),
    ports: {
      clock: ports.clock ?? systemClock,
      authorizer: ports.authorizer ?? builtInRule,
      connectors: ports.connectors === undefined ? connectors : new Map([...connectors, ...ports.connectors]),
      resolveSecret: ports.resolveSecret ?? resolveSecret,
      notifiers: ports.notifiers ?? [],
    },
  };
  return ok({ place, state: { isClosed: false, onDefect: ports.onDefect ?? (() => undefined) } });
}
