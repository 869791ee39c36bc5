import type { BreakerSettings } from "../contract/constants.ts";
import type { Version } from "../contract/window.ts";

/** Where the database is and who we are in it. Passed over IPC: never on a command line, never in the environment. */
export interface DatabaseAddress {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** What each kind of process is started with. */
export interface ProcessConfigs {
  readonly lb: { readonly seed: number };
  readonly app: {
    readonly id: string;
    readonly version: Version;
    readonly isFlagOn: boolean;
    readonly isWarm: boolean;
    readonly seed: number;
    readonly database: DatabaseAddress;
  };
  readonly load: { readonly port: number; readonly seed: number; readonly perSecond: number };
  readonly "nightly-report": { readonly database: DatabaseAddress; readonly readerCount: number };
  readonly billing: { readonly database: DatabaseAddress };
}
/** Kind of process the supervisor starts. */
export type ProcessKind = keyof ProcessConfigs;

/** Messages to a running process. */
export interface ProcessOrders {
  readonly lb:
    | { readonly kind: "workers"; readonly workers: readonly { readonly id: string; readonly port: number }[] }
    | { readonly kind: "breaker"; readonly settings: BreakerSettings }
    | { readonly kind: "throttle"; readonly perSecond: number }
    | { readonly kind: "packet_loss"; readonly workerId: string | null };
  readonly app: { readonly kind: "flag"; readonly isOn: boolean } | { readonly kind: "drain" };
  readonly load:
    | { readonly kind: "reseed"; readonly seed: number; readonly perSecond: number }
    | { readonly kind: "rate"; readonly perSecond: number }
    | { readonly kind: "impatient" };
  readonly "nightly-report": { readonly kind: "lock" } | { readonly kind: "pause" } | { readonly kind: "resume" };
  readonly billing: never;
}

/** What a process tells the supervisor. */
export type ProcessReport = { readonly kind: "ready"; readonly port: number } | { readonly kind: "drained" };
