// Callbacks that throw. They are told what happens, and nothing that happens depends on them.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Interlock, ok } from "../../src/interlock.ts";
import { PortSite } from "./port-site.fixture.ts";
import { value } from "./site.fixture.ts";

let door: PortSite;
let site: Interlock;
let defects: unknown[];
beforeEach(async () => {
  door = await new PortSite().begin();
  defects = [];
  site = await door.open({ onDefect: (error) => defects.push(error) });
  await value(site.trust());
});
afterEach(() => door.remove());

const throwing = (): never => {
  throw new RangeError("the screen is gone");
};
// The types forbid a callback that answers; JavaScript does not.
const rejecting = (async () => throwing()) as () => never;
const broken: readonly (readonly [string, () => undefined])[] = [
  ["throws", throwing],
  ["rejects", rejecting],
];
const quiet = (): undefined => undefined;

describe("a callback that", () => {
  it.each(broken)("%s while an action is tried: it is undone all the same, and proven", async (_, callback) => {
    const before = door.config();
    const by = await value(site.signer({ as: null, askPassphrase: async () => ok(null), onMistyped: quiet }));
    const request = {
      action: "config.workers",
      args: [
        { name: "config", value: "app" },
        { name: "workers", value: 7 },
      ],
      typedTargets: ["config.workers config/app"],
    };

    const tried = await value(site.testAction(request, { by, onEvent: callback, onStart: callback }));

    expect(tried.kind).toBe("proven");
    expect(door.config()).toBe(before);
    expect(defects.length).toBeGreaterThan(1);
  });

  it.each(broken)("%s while bodies are archived: the archive is complete", async (_, callback) => {
    const plan = await door.approved();
    await value((await value(site.apply({ plan }))).atRest());
    const request = { olderThanMs: 0, runs: [], folder: `${door.folder}/archive`, destroy: false, isDryRun: false };

    const archived = await value(site.archive({ ...request, reason: "kept", onProgress: callback }));

    expect(archived.bodyCount).toBeGreaterThan(0);
    expect(await value(site.archives({ folder: `${door.folder}/archive` }))).toMatchObject({
      archives: [{ state: "intact" }],
    });
  });

  it.each(broken)("%s on every reading and event: the run ends as it would", async (_, callback) => {
    const plan = await door.approved();
    const run = await value(site.apply({ plan }));
    run.onReading(callback);

    expect(await value(run.atRest())).toMatchObject({ view: { outcome: "succeeded" } });
  });
});
