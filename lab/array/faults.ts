import { type Refused, refuse } from "./commands.ts";
import { type ControllerId, isControllerId, type PathState, type UpgradeOutcome } from "./model.ts";

/** Which requests a fault waits for, and how many it affects before it is gone. */
export interface RequestMatch {
  readonly methods: readonly string[];
  readonly pathPrefix: string;
  readonly count: number;
}

/** A fault of one request and its reply. */
export type RequestFault = RequestMatch &
  /** Answers `status` and applies nothing. */
  (
    | { readonly kind: "refuse"; readonly status: 500 | 503 }
    /** Closes the connection and applies nothing. */
    | { readonly kind: "close_connection" }
    /**
     * Holds the request back. Its effect lands `ms` later, or when the faults are cleared, even if nobody listens any
     * more.
     */
    | { readonly kind: "delay_request"; readonly ms: number }
    /** Applies it at once, and answers `ms` later or when the faults are cleared. */
    | { readonly kind: "delay_reply"; readonly ms: number }
    /** Applies it, then closes the connection without a reply. */
    | { readonly kind: "drop_reply" }
    /** Applies it, then answers 200 with bytes that are not JSON. */
    | { readonly kind: "garbage" }
    /** Applies it, then answers 200 with `sizeMb` megabytes of JSON. */
    | { readonly kind: "oversize"; readonly sizeMb: number }
  );

/** The next `count` upgrades of a controller end in another way than asked for. */
export interface UpgradeFault {
  readonly kind: "fail_upgrade";
  readonly controller: ControllerId;
  readonly outcome: Exclude<UpgradeOutcome, "upgraded">;
  readonly count: number;
}

/** A cable that comes loose `times` times, each time for `downMs`, `everyMs` apart. */
export interface PathFault {
  readonly kind: "flap_path";
  readonly host: string;
  readonly controller: ControllerId;
  readonly downMs: number;
  readonly everyMs: number;
  readonly times: number;
}

/** Everything that can be made to go wrong. */
export type Fault = RequestFault | UpgradeFault | PathFault;

/** The faults that wait for their moment. A request meets at most one: the oldest that matches. */
export class FaultQueue {
  #requests: RequestFault[] = [];
  #upgrades: UpgradeFault[] = [];
  readonly #flaps = new Set<NodeJS.Timeout>();
  readonly #releases = new Set<() => void>();

  /** The number of requests and replies that are being held back. */
  get heldCount(): number {
    return this.#releases.size;
  }

  get waiting(): readonly Fault[] {
    return [...this.#requests, ...this.#upgrades];
  }

  add(fault: RequestFault | UpgradeFault): void {
    if (fault.kind === "fail_upgrade") this.#upgrades.push(fault);
    else this.#requests.push(fault);
  }

  /** A flap starts at once and continues by itself. */
  startFlap(fault: PathFault, setPath: (state: PathState) => void): void {
    for (let index = 0; index < fault.times; index += 1) {
      this.#after(index * fault.everyMs, () => setPath("disconnected"));
      this.#after(index * fault.everyMs + fault.downMs, () => setPath("connected"));
    }
  }

  takeForRequest(method: string, path: string): RequestFault | null {
    const found = this.#requests.find((fault) => fault.methods.includes(method) && path.startsWith(fault.pathPrefix));
    if (found === undefined) return null;
    this.#requests = countDown(this.#requests, found);
    return found;
  }

  takeUpgradeOutcome(controller: ControllerId): UpgradeOutcome {
    const found = this.#upgrades.find((fault) => fault.controller === controller);
    if (found === undefined) return "upgraded";
    this.#upgrades = countDown(this.#upgrades, found);
    return found.outcome;
  }

  /** Resolves after that time, or when the faults are cleared, so that a test decides when a late effect lands. */
  hold(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const release = (): void => {
        clearTimeout(timer);
        this.#releases.delete(release);
        resolve();
      };
      const timer = setTimeout(release, ms);
      this.#releases.add(release);
    });
  }

  /** Removes waiting faults, releases what is held back, and ends flaps, leaving each path as it is. */
  clear(): void {
    this.#requests = [];
    this.#upgrades = [];
    for (const release of [...this.#releases]) release();
    for (const timer of this.#flaps) clearTimeout(timer);
    this.#flaps.clear();
  }

  #after(delayMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#flaps.delete(timer);
      act();
    }, delayMs);
    this.#flaps.add(timer);
  }
}

function countDown<T extends { readonly count: number }>(faults: readonly T[], hit: T): T[] {
  return faults.flatMap((fault) =>
    fault !== hit ? [fault] : fault.count > 1 ? [{ ...fault, count: fault.count - 1 }] : [],
  );
}

type FieldRule =
  | { readonly kind: "integer"; readonly min: number; readonly max: number; readonly otherwise: number | null }
  | {
      readonly kind: "one_of";
      readonly values: readonly (string | number)[];
      readonly otherwise: string | number | null;
    }
  | { readonly kind: "text"; readonly otherwise: string | null }
  | { readonly kind: "methods" };

const integer = (min: number, max: number, otherwise: number | null): FieldRule => ({
  kind: "integer",
  min,
  max,
  otherwise,
});
const count = integer(1, 1_000, 1);
const ms = integer(0, 600_000, null);
const request: Readonly<Record<string, FieldRule>> = {
  methods: { kind: "methods" },
  pathPrefix: { kind: "text", otherwise: "/" },
  count,
};
const controller: FieldRule = { kind: "one_of", values: ["a", "b"], otherwise: null };

const rules: Readonly<Record<Fault["kind"], Readonly<Record<string, FieldRule>>>> = {
  refuse: { ...request, status: { kind: "one_of", values: [500, 503], otherwise: 500 } },
  close_connection: request,
  delay_request: { ...request, ms },
  delay_reply: { ...request, ms },
  drop_reply: request,
  garbage: request,
  oversize: { ...request, sizeMb: integer(1, 1_024, 100) },
  fail_upgrade: {
    controller,
    outcome: { kind: "one_of", values: ["reverted", "failed", "stalled"], otherwise: "reverted" },
    count,
  },
  flap_path: {
    host: { kind: "text", otherwise: null },
    controller,
    downMs: ms,
    everyMs: integer(0, 600_000, 1_000),
    times: integer(1, 100, 1),
  },
};

/** Reads a fault: `kind`, the fields of that kind (those with a default may be left out), and nothing else. */
export function parseFault(document: unknown): { readonly kind: "parsed"; readonly fault: Fault } | Refused {
  if (typeof document !== "object" || document === null || Array.isArray(document))
    return refuse(400, "bad_fault", "a fault is a JSON object");
  const given = new Map<string, unknown>(Object.entries(document));
  const kind = given.get("kind");
  if (typeof kind !== "string" || !Object.hasOwn(rules, kind)) {
    return refuse(400, "bad_fault", `\`kind\` is one of ${Object.keys(rules).join(", ")}`);
  }
  // The cast: `rules` has exactly the kinds of Fault, as its type says.
  const fields = rules[kind as Fault["kind"]];
  const unknownField = [...given.keys()].find((name) => name !== "kind" && !Object.hasOwn(fields, name));
  if (unknownField !== undefined)
    return refuse(400, "bad_fault", `a fault of kind \`${kind}\` has no field \`${unknownField.slice(0, 64)}\``);
  const read: Record<string, unknown> = { kind };
  for (const [name, rule] of Object.entries(fields)) {
    const value = readField(rule, given.get(name));
    if (value === null)
      return refuse(400, "bad_fault", `\`${name}\` of a fault of kind \`${kind}\` is missing or out of range`);
    read[name] = value;
  }
  // The cast: every field of this kind was read by its rule just now, and there is no other.
  return { kind: "parsed", fault: read as unknown as Fault };
}

function readField(rule: FieldRule, given: unknown): unknown {
  switch (rule.kind) {
    case "methods":
      if (given === undefined) return ["PUT", "POST"];
      return Array.isArray(given) && given.length > 0 && given.every((method) => typeof method === "string")
        ? given
        : null;
    case "text":
      return given === undefined ? rule.otherwise : typeof given === "string" ? given : null;
    case "one_of":
      return given === undefined ? rule.otherwise : (rule.values.find((value) => value === given) ?? null);
    case "integer":
      if (given === undefined) return rule.otherwise;
      return typeof given === "number" && Number.isInteger(given) && given >= rule.min && given <= rule.max
        ? given
        : null;
  }
}

/** Whether a fault's host and controller exist. */
export function isKnownPath(fault: PathFault, hosts: readonly { readonly id: string }[]): boolean {
  return isControllerId(fault.controller) && hosts.some((host) => host.id === fault.host);
}
