import { BREAKER_AT_REST, DATABASE, FLEET } from "./constants.ts";
import type { FaultName } from "./faults.ts";
import { ROLES, type Role } from "./window.ts";

/** An act on the system, with its arguments. */
export type Action =
  | { readonly kind: "scale"; readonly workerCount: number }
  /** Irreversible: terminates at most `countMax` sessions of the role. */
  | { readonly kind: "terminate_sessions"; readonly role: Role; readonly countMax: number }
  | { readonly kind: "pause_nightly" }
  | { readonly kind: "resume_nightly" }
  /** 0 lifts the limit. */
  | { readonly kind: "throttle"; readonly perSecond: number }
  /** To the release before, one worker after another. */
  | { readonly kind: "roll_back" }
  | { readonly kind: "roll_forward" }
  | { readonly kind: "set_flag"; readonly isOn: boolean }
  | { readonly kind: "set_breaker"; readonly slowMs: number; readonly failureRatio: number }
  | { readonly kind: "restore_breaker" };

/** The name of an action. */
export type ActionName = Action["kind"];

/** An argument of an action and its limits. */
export type ActionArgument =
  | {
      readonly name: string;
      readonly kind: "number";
      readonly min: number;
      readonly max: number;
      readonly isInteger: boolean;
    }
  | { readonly name: string; readonly kind: "one_of"; readonly values: readonly string[] }
  | { readonly name: string; readonly kind: "boolean" };

/** What the action API publishes of an action. */
export interface ActionDeclaration {
  readonly name: ActionName;
  readonly class: "reversible" | "irreversible";
  readonly summary: string;
  readonly arguments: readonly ActionArgument[];
}

/** The action API: one table for the server, its OpenAPI document, the command line and the twin. */
export const ACTIONS: readonly ActionDeclaration[] = [
  {
    name: "scale",
    class: "reversible",
    summary: "set the number of workers",
    arguments: [{ name: "workerCount", kind: "number", min: FLEET.workersMin, max: FLEET.workersMax, isInteger: true }],
  },
  {
    name: "terminate_sessions",
    class: "irreversible",
    summary: "terminate database sessions of one role",
    arguments: [
      { name: "role", kind: "one_of", values: ROLES },
      { name: "countMax", kind: "number", min: 1, max: DATABASE.connectionCountMax, isInteger: true },
    ],
  },
  {
    name: "pause_nightly",
    class: "reversible",
    summary: "pause the nightly report after its current transactions",
    arguments: [],
  },
  { name: "resume_nightly", class: "reversible", summary: "resume the nightly report", arguments: [] },
  {
    name: "throttle",
    class: "reversible",
    summary: "limit requests per second at the proxy; 0 lifts the limit",
    arguments: [{ name: "perSecond", kind: "number", min: 0, max: 500, isInteger: false }],
  },
  {
    name: "roll_back",
    class: "reversible",
    summary: "deploy the release before, one worker after another",
    arguments: [],
  },
  {
    name: "roll_forward",
    class: "reversible",
    summary: "deploy the release after, one worker after another",
    arguments: [],
  },
  {
    name: "set_flag",
    class: "reversible",
    summary: "switch the feature flag `order-cache`",
    arguments: [{ name: "isOn", kind: "boolean" }],
  },
  {
    name: "set_breaker",
    class: "reversible",
    summary: "set the proxy's breaker",
    arguments: [
      { name: "slowMs", kind: "number", min: 50, max: 5_000, isInteger: false },
      { name: "failureRatio", kind: "number", min: 0.01, max: 1, isInteger: false },
    ],
  },
  {
    name: "restore_breaker",
    class: "reversible",
    summary: `give the breaker its settings at rest (${BREAKER_AT_REST.slowMs} ms, ${BREAKER_AT_REST.failureRatio})`,
    arguments: [],
  },
];

/** The responses compared in tables: each is at most one action. */
export const RESPONSES = {
  wait: undefined,
  escalate: undefined,
  scale_out: { kind: "scale", workerCount: FLEET.workersMax },
  terminate_report: { kind: "terminate_sessions", role: "nightly-report", countMax: DATABASE.reportSessionCount },
  roll_back: { kind: "roll_back" },
  restore_breaker: { kind: "restore_breaker" },
  pause_nightly: { kind: "pause_nightly" },
  throttle: { kind: "throttle", perSecond: 60 },
  flag_off: { kind: "set_flag", isOn: false },
} as const satisfies Record<string, Action | undefined>;
/** The name of a response. */
export type ResponseName = keyof typeof RESPONSES;

/**
 * The response that is right under a fault, and the one named wrong; `wait` counts as wrong where not listed as right.
 */
export const RIGHT_RESPONSES: Readonly<
  Record<FaultName, { readonly right: readonly ResponseName[]; readonly wrong: readonly ResponseName[] }>
> = {
  LOAD: { right: ["scale_out"], wrong: ["roll_back"] },
  DB: { right: ["terminate_report"], wrong: ["scale_out"] },
  BUG: { right: ["roll_back"], wrong: ["scale_out"] },
  CIRCUIT: { right: ["restore_breaker"], wrong: ["scale_out"] },
  NETWORK: { right: ["escalate"], wrong: [] },
  RETRY: { right: ["scale_out", "throttle"], wrong: [] },
  SPIKE: { right: ["wait"], wrong: ["roll_back"] },
  TWO: { right: ["escalate"], wrong: [] },
  OUTAGE: { right: ["escalate"], wrong: [] },
  DISK: { right: ["escalate"], wrong: [] },
};

/** Reads an action out of a request body; every problem at once. */
export function parseAction(
  name: string,
  body: unknown,
): { readonly ok: true; readonly value: Action } | { readonly ok: false; readonly problems: readonly string[] } {
  const declaration = ACTIONS.find((entry) => entry.name === name);
  if (declaration === undefined)
    return {
      ok: false,
      problems: [`no action \`${name}\`; there are ${ACTIONS.map((entry) => entry.name).join(", ")}`],
    };
  if (typeof body !== "object" || body === null || Array.isArray(body))
    return { ok: false, problems: ["the arguments must be a JSON object"] };
  const given = new Map(Object.entries(body));
  const problems = declaration.arguments.flatMap((argument) => argumentProblems(argument, given.get(argument.name)));
  const known = new Set(declaration.arguments.map((argument) => argument.name));
  for (const key of given.keys()) if (!known.has(key)) problems.push(`\`${key}\` is no argument of \`${name}\``);
  if (problems.length > 0) return { ok: false, problems };
  // Each argument was checked against the declaration of this very action, which mirrors the union's member.
  return { ok: true, value: { ...Object.fromEntries(given), kind: declaration.name } as Action };
}

function argumentProblems(argument: ActionArgument, value: unknown): string[] {
  switch (argument.kind) {
    case "boolean":
      return typeof value === "boolean" ? [] : [`\`${argument.name}\` must be true or false`];
    case "one_of":
      return typeof value === "string" && argument.values.includes(value)
        ? []
        : [`\`${argument.name}\` must be one of ${argument.values.join(", ")}`];
    case "number": {
      const isFine =
        typeof value === "number" &&
        value >= argument.min &&
        value <= argument.max &&
        (!argument.isInteger || Number.isInteger(value));
      const what = argument.isInteger ? "a whole number" : "a number";
      return isFine ? [] : [`\`${argument.name}\` must be ${what} from ${argument.min} to ${argument.max}`];
    }
    default:
      return argument satisfies never;
  }
}
