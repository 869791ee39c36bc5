import { type Digest, parseDigest } from "./digest.ts";

/** What a person found when looking at a step in doubt, or left in place of it. */
export type Resolution = "applied" | "not_applied" | "restored";

/**
 * What to do next, as data. A face words it in its own language: a command line as a command, a console as a button.
 *
 * A field that is absent means the one at hand: `{ do: "approve" }` beside a problem about a plan means that plan.
 */
export type NextStep =
  /** Read how the thing asked for is called. */
  | { readonly do: "read_help" }
  /** Begin a site: a folder with `interlock.yaml` and a pack. */
  | { readonly do: "init" }
  /** Review the pack as it is now and trust its digest. */
  | { readonly do: "trust" }
  | { readonly do: "create_identity" }
  | { readonly do: "list_identities" }
  /** Compile a proposal into a plan; `input` names an input to give with it. */
  | { readonly do: "plan"; readonly input?: string }
  | { readonly do: "show_plan"; readonly plan?: Digest }
  | { readonly do: "approve"; readonly plan?: Digest }
  /** Approve, naming each target that is changed irreversibly. */
  | { readonly do: "approve_naming_targets"; readonly plan?: Digest }
  | { readonly do: "apply"; readonly plan?: Digest }
  /** Permit an envelope ahead of the plans that fit into it. */
  | { readonly do: "grant" }
  | { readonly do: "list_grants" }
  | { readonly do: "list_runs" }
  /** See which plans wait for approval, were approved, rejected or used. */
  | { readonly do: "list_plans" }
  /** Follow a run while it works. */
  | { readonly do: "watch"; readonly run?: string }
  | { readonly do: "explain"; readonly run?: string }
  /** Let an engine take up what was left: one run, or all of the site. */
  | { readonly do: "resume"; readonly run?: string }
  /** Say what became of a step in doubt, after looking at its target. `choices`: what may be said, if not all. */
  | {
      readonly do: "resolve";
      readonly run?: string;
      readonly step?: string;
      readonly as?: Resolution;
      readonly choices?: readonly Resolution[];
    }
  /** Answer the question that a step of a run asks. */
  | { readonly do: "answer"; readonly run?: string; readonly step?: string }
  /** Stop a run after what is in flight. */
  | { readonly do: "stop"; readonly run?: string }
  /** End a run that waits for a person, and leave everything as it is. */
  | { readonly do: "close"; readonly run?: string }
  /** See what waits for whom. */
  | { readonly do: "list_inbox" }
  /** Say that one has taken a notification on, so that nobody else is told of it. */
  | { readonly do: "acknowledge"; readonly notification?: string }
  /** Deliver the notifications that wait to be delivered. */
  | { readonly do: "deliver_notifications" }
  /** See which run holds which lock, and what is frozen. */
  | { readonly do: "show_locks" }
  /** Lift a freeze; `scope` is what was frozen. */
  | { readonly do: "unfreeze"; readonly scope?: string }
  /** Let a person accept how far the log's time is ahead of this machine's clock. */
  | { readonly do: "anchor_clock" }
  /** See which packs and configurations are trusted. */
  | { readonly do: "list_trust" }
  /** Let a person accept a log that is older than, or another one than, what was seen of it. */
  | { readonly do: "accept_log" }
  /** Try an action and its way back on a target. */
  | { readonly do: "test_action"; readonly action?: string }
  | { readonly do: "decide"; readonly situation?: string }
  | { readonly do: "verify_log" }
  | { readonly do: "archive_bodies" }
  | { readonly do: "list_archives" }
  /** Bring a store that an older release wrote up to this one. */
  | { readonly do: "upgrade_store" }
  /** Put archived bodies back: those of one run, where it is named. */
  | { readonly do: "restore_bodies"; readonly run?: string };

const resolutions: readonly string[] = ["applied", "not_applied", "restored"] satisfies readonly Resolution[];
const isText = (value: unknown): boolean => typeof value === "string";
const isPlan = (value: unknown): boolean => typeof value === "string" && parseDigest(value).ok;
const isResolution = (value: unknown): boolean => typeof value === "string" && resolutions.includes(value);

const areResolutions = (value: unknown): boolean => Array.isArray(value) && value.every(isResolution);

/** The fields of every next step, and what each may hold. */
const fields: Readonly<Record<NextStep["do"], Readonly<Record<string, (value: unknown) => boolean>>>> = {
  read_help: {},
  init: {},
  trust: {},
  create_identity: {},
  list_identities: {},
  plan: { input: isText },
  show_plan: { plan: isPlan },
  approve: { plan: isPlan },
  approve_naming_targets: { plan: isPlan },
  apply: { plan: isPlan },
  grant: {},
  list_grants: {},
  list_runs: {},
  list_plans: {},
  watch: { run: isText },
  explain: { run: isText },
  resume: { run: isText },
  resolve: { run: isText, step: isText, as: isResolution, choices: areResolutions },
  answer: { run: isText, step: isText },
  stop: { run: isText },
  close: { run: isText },
  show_locks: {},
  unfreeze: { scope: isText },
  anchor_clock: {},
  accept_log: {},
  list_trust: {},
  test_action: { action: isText },
  decide: { situation: isText },
  verify_log: {},
  archive_bodies: {},
  list_archives: {},
  list_inbox: {},
  acknowledge: { notification: isText },
  deliver_notifications: {},
  upgrade_store: {},
  restore_bodies: { run: isText },
};

/** Whether a value from outside is a next step of this release, with no field too many. */
export function isNextStep(value: unknown): value is NextStep {
  if (typeof value !== "object" || value === null || !("do" in value) || typeof value.do !== "string") return false;
  if (!Object.hasOwn(fields, value.do)) return false;
  // It is a key of the table: the line above says so.
  const known = fields[value.do as NextStep["do"]];
  return Object.entries(value).every(
    ([name, held]) => name === "do" || (Object.hasOwn(known, name) && known[name]?.(held) === true),
  );
}
