// The same plan from the same start: what is recorded depends on nothing else.
import { afterEach, describe, expect, it } from "vitest";
import { viewRun } from "../../src/core/run/tell/view.ts";
import { loadRun } from "../../src/log/load-state.ts";
import { openReader } from "../../src/log/sqlite/reader.ts";
import { type E2eSite, setLevel, setWorkers, typedForLast, wireProposal } from "./e2e-site.fixture.ts";
import { createGatedSite, setGate, throughGate } from "./gate.fixture.ts";
import { createLampSite, setLamp, startLamps } from "./lamp.fixture.ts";

const repeatCount = 20;
let close: () => Promise<void> | void = () => undefined;

afterEach(() => close());

// Time, run id, epoch and approval, and what derives from them.
const own: readonly string[] = [
  "runId",
  "approvalId",
  "epoch",
  "idempotencyKey",
  "deadlineMs",
  "expiresAtMs",
  "untilMs",
  "dueAtMs",
  "sinceMs",
  "atMs",
];

/** A document without what may differ from one run to the next. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => (own.includes(key) ? undefined : inner));
}

async function typeAll(site: E2eSite, ...commands: readonly (readonly string[])[]): Promise<void> {
  for (const argv of commands) {
    const { exitCode, err } = await site.run(...argv);
    if (exitCode !== 0 && exitCode !== 20) throw new Error(`${argv.join(" ")}: ${err}`);
  }
}

describe(`a plan run ${repeatCount} times on the same start`, () => {
  it.each([
    {
      what: "that succeeds",
      proposal: wireProposal([setLevel("louder", "debug"), setWorkers("more", 8, { after: ["louder"] })]),
      kinds: 8,
    },
    {
      what: "that fails and is undone",
      proposal: wireProposal([
        setLevel("louder", "debug"),
        setWorkers("more", 8, { after: ["louder"] }),
        throughGate("alone", { after: ["more"] }),
      ]),
      kinds: 16,
    },
  ])(
    "leaves the same journal each time, record by record, where its steps are in sequence ($what)",
    { timeout: 60_000 },
    async ({ proposal, kinds }) => {
      const site = await createGatedSite();
      close = () => site.remove();
      const start = site.read("conf/app.json");
      site.write("proposal.json", proposal);
      const journals: string[] = [];

      for (let index = 0; index < repeatCount; index += 1) {
        site.write("conf/app.json", start);
        const before = site.events().length;
        setGate(site, "open");
        await typeAll(site, ["plan", "proposal.json"]);
        await typeAll(site, ["approve", "last", ...(await typedForLast(site))]);
        setGate(site, "closed");
        await typeAll(site, ["apply"]);
        journals.push(
          canonical(
            site
              .events()
              .slice(before)
              .filter((event) => event.runId !== null),
          ),
        );
      }

      expect((JSON.parse(journals[0] ?? "") as readonly object[]).length).toBeGreaterThanOrEqual(kinds);
      expect(new Set(journals).size).toBe(1);
    },
  );

  it("folds to the same state each time where its steps are side by side", { timeout: 60_000 }, async () => {
    const lamps = await startLamps();
    const site = await createLampSite(lamps);
    close = async () => {
      site.remove();
      await lamps.close();
    };
    site.write(
      "proposal.json",
      wireProposal([
        setLamp("first", "l1", 3),
        setLamp("second", "l2", 4),
        setLamp("third", "l1", 5, { after: ["first", "second"] }),
      ]),
    );
    const states: string[] = [];

    for (let index = 0; index < repeatCount; index += 1) {
      lamps.levels = { l1: 0, l2: 0 };
      await typeAll(
        site,
        ["plan", "proposal.json"],
        ["approve", "last", "--target", "lamp.set lamp/l1", "--target", "lamp.set lamp/l2"],
        ["apply"],
      );
      states.push(foldLast(site));
    }

    expect(states[0]).toContain('"outcome":"succeeded"');
    expect(new Set(states).size).toBe(1);
  });
});

/** The state to which the last run's records fold, as people see it, with the facts that the run left. */
function foldLast(site: E2eSite): string {
  const reader = openReader(`${site.folder}/.interlock`);
  if (!reader.ok) throw new Error(reader.error.message);
  try {
    const [row] = reader.value.runs({ state: null, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1 });
    const run = loadRun(reader.value, row?.runId ?? "");
    return canonical({ view: viewRun(run), baselines: run.baselines, spent: run.spent });
  } finally {
    reader.value.close();
  }
}
