/** What a site is opened with, taken before anything is loaded, so that the caller cannot change it meanwhile. */
import type { Principal } from "../../core/approval/approval.ts";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { Authorizer, Clock, Connector, ConnectorOperation, Journal, Notifier } from "../../ports.ts";
import {
  digestText,
  expected,
  label,
  listOf,
  nullOr,
  optional,
  path,
  portOnly,
  record,
  type Spot,
  spotBelow,
  type Taker,
  take,
  textMap,
  waits,
  word,
} from "./intake.ts";
import type { SitePorts } from "./workplace.ts";

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

/** An address and ports that are ours. */
export interface Entrance {
  readonly address: SiteAddress;
  readonly ports: InterlockPorts;
}

/** Takes an address and ports: the address is copied, and each port stays the caller's object, with every method. */
export function takeEntrance(address: unknown, ports: unknown): Result<Entrance, readonly Problem[]> {
  const taken = take(siteAddress, address, (callback) => callback);
  const given = take(sitePorts, ports, (callback) => callback);
  if (taken.ok && given.ok) return ok({ address: taken.value, ports: given.value });
  return fail([...(taken.ok ? [] : taken.error), ...(given.ok ? [] : given.error)]);
}

const siteAddress = record<SiteAddress>({
  config: nullOr(path()),
  store: optional(path()),
  identities: optional(path()),
  actor: optional(
    record<Principal>({
      kind: word(["person", "agent", "service"], "kind of principal"),
      id: label(),
      keyId: nullOr(digestText()),
    }),
  ),
  environment: optional(textMap()),
});

const operation = methodsOf<ConnectorOperation>({
  name: "text",
  enforcesRead: "boolean",
  checkTemplate: "function",
  textsAt: "function?",
  runsFiles: "function?",
  namesFiles: "function?",
  worksOn: "function?",
  worksIn: "function?",
});

const connector: Taker<Connector> = (given, at) => {
  const found = methodsOf<Connector>({
    name: "text",
    operations: "object",
    checkSettings: "function",
    perform: "function",
  })(given, at);
  if (found === undefined) return undefined;
  return listOf(operation)(found.operations, spotBelow(at, "operations", found)) === undefined ? undefined : found;
};

const connectors: Taker<ReadonlyMap<string, Connector>> = (given, at) => {
  if (!(given instanceof Map)) return expected("a Map of connectors by name", given, at);
  const taken = new Map<string, Connector>();
  // Throws for a value that only inherits from `Map`.
  Map.prototype.forEach.call(given, (one: unknown, name: unknown) => {
    const known = label()(name, at);
    const found = known === undefined ? undefined : connector(one, spotBelow(at, known, undefined));
    if (known !== undefined && found !== undefined) taken.set(known, found);
  });
  return taken;
};

const sitePorts = portOnly<InterlockPorts>({
  clock: optional(methodsOf<Clock>({ nowMs: "function", monotonicMs: "function", sleep: "function" })),
  authorizer: optional(methodsOf<Authorizer>({ authorize: "function" })),
  connectors: optional(connectors),
  resolveSecret: optional(waits()),
  notifiers: optional(listOf(methodsOf<Notifier>({ name: "text", notify: "function" }))),
  journal: optional(waits()),
  onLook: optional(waits()),
  onDefect: optional(waits()),
});

/** A port of the caller's: it stays as it is, so that its methods find what they belong to. */
function methodsOf<T extends object>(parts: { readonly [K in keyof T]-?: Part }): Taker<T> {
  return (given, at: Spot) => {
    if (typeof given !== "object" || given === null) return expected("an object", given, at);
    let isWhole = true;
    for (const [name, part] of Object.entries<Part>(parts)) {
      const found: unknown = Reflect.get(given, name);
      if (isPart(found, part)) continue;
      isWhole = false;
      expected(worded[part], found, spotBelow(at, name, given));
    }
    // The lines above checked every part of T.
    return isWhole ? (given as T) : undefined;
  };
}

type Part = "text" | "boolean" | "function" | "function?" | "object";

const worded: Readonly<Record<Part, string>> = {
  text: "a text",
  boolean: "a boolean",
  function: "a function",
  "function?": "a function or nothing",
  object: "an object",
};

function isPart(found: unknown, part: Part): boolean {
  if (part === "text") return typeof found === "string";
  if (part === "function?") return found === undefined || typeof found === "function";
  return typeof found === part && found !== null;
}
