// The pack config-file through the command line, from `init` to `apply`: an edit and a reload, and their way back.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createE2eSite, type E2eSite, planAndApprove, wireArgs, wireProposal, wireStep } from "./e2e-site.fixture.ts";

const proposal = "pack/proposals/shorter-timeout.json";

let site: E2eSite;
let before: string;

beforeEach(async () => {
  site = await createE2eSite();
  before = site.read("conf/app.json");
});

afterEach(() => site.remove());

/** What the file holds, and what the service says of itself. */
function timeouts(): readonly unknown[] {
  return [site.read("conf/app.json"), site.read("conf/status.json")].map((text): unknown => JSON.parse(text));
}

/** What was written, in order: `undo shorten`, from the log. */
function intents(): readonly string[] {
  return site
    .events()
    .flatMap((event) =>
      event.kind === "step_intent" && event.access === "write"
        ? [`${event.attempt.direction} ${event.attempt.stepId}`]
        : [],
    );
}

describe("the proposal for a shorter timeout", () => {
  it("edits the file, reloads the service, and keeps both where few requests fail", async () => {
    await planAndApprove(site, site.read(proposal));

    const { exitCode } = await site.run("apply");

    expect(exitCode).toBe(0);
    expect(timeouts()).toMatchObject([{ timeout: 5 }, { loaded: { timeout: 5 }, errors: 0 }]);
  });

  it("ends in its way back where too many fail: the file, then the reload, and every byte is as before", async () => {
    site.edit("conf/status.json", '"errors": 0', '"errors": 40');
    const status = site.read("conf/status.json");
    await planAndApprove(site, site.read(proposal));

    const { exitCode, out, err } = await site.run("apply");

    expect(exitCode).toBe(20);
    expect(intents()).toEqual(["do shorten", "do reload", "undo shorten", "undo shorten.then1"]);
    expect([site.read("conf/app.json"), site.read("conf/status.json")]).toEqual([before, status]);
    expect(err + out).toContain("compensated: every touched step was undone and verified; then ran: service.reload");
  });

  it("ends in its way back where the service does not say how many fail", async () => {
    site.edit("conf/status.json", '"errors": 0', '"errors": "many"');
    await planAndApprove(site, site.read(proposal));

    const { exitCode } = await site.run("apply");

    expect([exitCode, site.read("conf/app.json")]).toEqual([20, before]);
  });

  it("shows the way back in its order before anybody approves it", async () => {
    const planned = await site.run("plan", proposal);

    const out = planned.out.replaceAll(/\n\s*│ /g, " ");
    expect(out).toContain("undo shorten on config/app, by config.timeout");
    expect(out).toContain("then run service.reload on service/app; puts right reload, with no undo of its own");
    expect(out).toMatch(/20 or 14: the plan ends with the way back \(go_back\)/);
  });
});

it("a rollback that a precondition forbids names the action whose precondition it is", async () => {
  site.edit("conf/app.json", '"workers": 4', '"workers": 1');
  site.edit("conf/app.json", '"maintenance": false', '"maintenance": true');
  const grow = wireStep("grow", { action: "config.workers", args: wireArgs({ config: "app", workers: 4 }) });
  await planAndApprove(site, wireProposal([grow]));
  await site.run("apply");
  site.edit("conf/app.json", '"maintenance": true', '"maintenance": false');

  const { err } = await site.run("rollback");

  expect(err).toContain("E_EFFECT_PRE");
  expect(err).toMatch(/or let `compensate` name an action whose `pre` lets .*, unlike `config.workers`/);
});

it("an edit whose own reload was never reached is undone, and the service reloads all the same", async () => {
  site.edit("conf/status.json", '"errors": 0', '"errors": 40');
  const service = wireArgs({ service: "app" });
  const steps = [
    wireStep("shorten", { action: "config.timeout", args: wireArgs({ config: "app", seconds: 5 }) }),
    wireStep("look", { action: "service.errors", kind: "probe", args: service, after: ["shorten"] }),
    wireStep("reload", {
      action: "service.reload",
      args: wireArgs({ service: "app", seconds: 5 }),
      after: ["look"],
      when: "look == 'few'",
    }),
    wireStep("go_back", {
      kind: "end",
      args: wireArgs({ world: "rollback" }),
      after: ["look"],
      when: "look != 'few'",
      onFailure: "stop",
    }),
  ];
  await planAndApprove(site, wireProposal(steps));

  const { exitCode } = await site.run("apply");

  expect([exitCode, site.read("conf/app.json")]).toEqual([20, before]);
  expect(intents()).toEqual(["do shorten", "undo shorten", "undo shorten.then1"]);
});
