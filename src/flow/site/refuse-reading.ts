import { askPermission } from "./permit.ts";
import type { Refusal } from "./record.ts";
import type { Workplace } from "./workplace.ts";

/** What a method that only reads is asked for: nothing, or a request that may name a plan, two plans or a run. */
type Asked = Readonly<Record<string, unknown>>;

const ofStore = (): readonly string[] => ["store"];
const ofSite = (): readonly string[] => ["site"];
const ofPlan = ({ plan }: Asked): readonly string[] => named(plan);
const ofRun = ({ run }: Asked): readonly string[] => named(run);

/**
 * The methods of the door that read a site, each with what it reads: what an authorizer is asked about under the
 * capability `read`. A method that also changes something asks for its own capability where it begins.
 */
export const readMethods = {
  identities: ofSite,
  settings: ofSite,
  examine: ofSite,
  check: ofSite,
  actions: ofSite,
  plans: ofStore,
  show: ofPlan,
  dryRun: ofPlan,
  diff: ({ before, after }: Asked): readonly string[] => [...named(before), ...named(after)],
  grants: ofStore,
  trusts: ofStore,
  runs: ofStore,
  watch: ofRun,
  explain: ofRun,
  reportFault: ofRun,
  replay: ofRun,
  inbox: ofStore,
  locks: ofStore,
  metrics: ofStore,
  verify: ofStore,
  exportLog: ofStore,
  archives: ofStore,
} as const satisfies Readonly<Record<string, (asked: Asked) => readonly string[]>>;

export type ReadMethod = keyof typeof readMethods;

/** `null` if the actor may read what a method reads; otherwise the refusal, which has been recorded (I10). */
export async function refuseReading(place: Workplace, method: ReadMethod, request: object): Promise<Refusal | null> {
  for (const resource of readMethods[method]({ ...request })) {
    const decision = askPermission(place.ports.authorizer, { by: place.actor, capability: "read", resource });
    if (decision.kind === "permit") continue;
    // Recording takes an owner. It is loaded where it is needed, so that a reader starts fast.
    const { refuse } = await import("./record.ts");
    return refuse(place, method, [decision.problem]);
  }
  return null;
}

function named(text: unknown): readonly string[] {
  return [typeof text === "string" ? text : "store"];
}
