// Long operations, as clouds and job servers have them: the pack of examples/long-operation through the command line.
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createE2eSite, type E2eSite, planAndApprove, wireArgs, wireProposal, wireStep } from "./e2e-site.fixture.ts";
import { LongOperations } from "./long-operations.fixture.ts";

const domain = readFileSync(new URL("../../examples/long-operation/pack/domain.yaml", import.meta.url), "utf8");

const resize = wireStep("resize", {
  action: "database.resize",
  args: wireArgs({ database: "orders", size: "large" }),
});
const patch = wireStep("patch", {
  action: "host.patch",
  args: wireArgs({ host: "c11", patch: "july" }),
  onFailure: "escalate",
});

/** A domain whose operations are overdue soon, and which is not asked about for long once they are. */
function inHaste(text: string): string {
  return text.replaceAll("within: 30s", "within: 500ms").replaceAll("timeout: 5s", "timeout: 500ms");
}

let world: LongOperations;
let site: E2eSite;

beforeEach(async () => {
  world = new LongOperations();
  const base = await world.open();
  const settings = { settings: { base } };
  site = await createE2eSite({ domain, connections: { cloud: settings, jobs: settings } });
});

afterEach(async () => {
  site.remove();
  await world.close();
});

it("the review says how a long operation is asked about, and which one a stop has to wait for", async () => {
  await planAndApprove(site, wireProposal([resize, patch]));

  const shown = await site.run("show", "--full");

  const out = shown.out.replaceAll(/\n\s*│ /g, " ");
  expect(out).toContain("its call starts a long operation, asked every 200 ms up to 30 s; it cannot be cancelled");
  expect(out).toContain("its call starts a long operation, asked every 200 ms up to 30 s; it can be cancelled");
  expect(out).toContain("risk uncancellable_operation: 1 long operation cannot be cancelled");
  expect(out).toContain('starts an operation whose id is at "/headers/operation-location", the last segment');
  expect(out).toContain("cancelled by jobs/post (http, write)");
});

it("a cloud's operation is asked about under the id of its header, and its effect is read back", async () => {
  await planAndApprove(site, wireProposal([resize]));

  const { out, err, exitCode } = await site.run("apply");

  expect([exitCode, world.sizes.get("orders")]).toEqual([0, "large"]);
  expect(err + out).toMatch(/✎ .*: started, operation “6f9c-0”/);
  expect(err + out).toMatch(/✎ .*: running, 40 %, status “InProgress”/);
  expect(err + out).toMatch(/✎ .*: succeeded, 90 %, status “Succeeded”/);
  expect(world.count("GET /operations/6f9c-0")).toBe(3);
  const { out: explained } = await site.run("explain", "last");
  expect(explained).toMatch(
    / operation “6f9c-0”: succeeded, 90 %, status “Succeeded”; started at 0\.\d s, ended at \d\.\d s/,
  );
});

it("a job that fails fails its step with what its server says, and not as if nothing had happened", async () => {
  world.fate = { status: "failed", says: "no space\u001b[2J ✔ succeeded" };
  await planAndApprove(site, wireProposal([patch]));

  const { out, err, exitCode } = await site.run("apply");

  expect(exitCode).not.toBe(0);
  expect(err + out).toContain("the operation `100` of `patch` failed: its status is `failed`, it says `no space");
  expect(err + out).not.toContain("\u001b[2J");
  expect(site.events().filter(({ kind }) => kind === "step_failed")).toMatchObject([{ touched: true }]);
});

it("an operation that fails is undone by an operation of the way back", async () => {
  world.fate = { status: "failed", says: "quota" };
  await planAndApprove(site, wireProposal([resize]));
  const { operations } = world;
  const original = operations.push.bind(operations);
  // The second operation, which is the way back, goes well.
  operations.push = (...items) => {
    if (operations.length > 0) world.fate = "well";
    return original(...items);
  };

  const { exitCode } = await site.run("apply");

  expect(operations.map(({ what, status }) => `${what} ${status}`)).toEqual([
    "orders large failed",
    "orders small successful",
  ]);
  expect([exitCode, site.events().at(-1)]).toMatchObject([20, { outcome: "compensated" }]);
});

it("a way back whose operation fails can be tried again as another one, where keys drop repeats", async () => {
  world.fate = { status: "failed", says: "quota" };
  site.edit("pack/domain.yaml", "idempotency: natural", "idempotency: keyed");
  site.edit(
    "pack/domain.yaml",
    "body: { size: { $arg: size } } }",
    "body: { size: { $arg: size } }, key: { $key: true } }",
  );
  await site.run("trust");
  await planAndApprove(site, wireProposal([resize]));
  expect((await site.run("apply")).exitCode).toBe(21);
  world.fate = "well";

  const { out, err, exitCode } = await site.run("resolve", "last", "resize", "--as", "not_applied");

  expect(world.operations.map(({ what, status }) => `${what} ${status}`)).toEqual([
    "orders large failed",
    "orders small failed",
    "orders small successful",
  ]);
  expect(err + out).toMatch(/✎ .*: started, operation “6f9c-2”/);
  expect([exitCode, site.events().at(-1)]).toMatchObject([20, { outcome: "compensated" }]);
});

it("a start whose answer is lost is sent again under its own key, and the job that it started is found", async () => {
  world.losesStart = true;
  site.edit(
    "pack/domain.yaml",
    "    idempotency: keyed\n",
    "    idempotency: keyed\n    retry: { attempts: 2, backoff: 10ms }\n",
  );
  await site.run("trust");
  await planAndApprove(site, wireProposal([patch]));

  const { exitCode } = await site.run("apply");

  expect([exitCode, world.operations.length, world.patches.get("c11")]).toEqual([0, 1, "july"]);
});

it("a process that dies leaves the id of its operation, and the next one asks and starts nothing", async () => {
  world.endsAfter = Number.POSITIVE_INFINITY;
  await planAndApprove(site, wireProposal([patch]));
  const applying = site.start("apply");
  await applying.shown("running, status");
  applying.child.kill("SIGKILL");
  await applying.ended;
  world.endsAfter = 0;

  const { exitCode } = await site.run("resume");

  expect([exitCode, world.operations.length, world.count("POST /job_templates")]).toEqual([0, 1, 1]);
  expect(world.patches.get("c11")).toBe("july");
});

it("a stop cancels what can be cancelled, and the run says what became of it", async () => {
  world.endsAfter = Number.POSITIVE_INFINITY;
  await planAndApprove(site, wireProposal([patch]));
  const applying = site.start("apply");
  await applying.shown("running, status");

  await site.run("stop", "last", "--reason", "wrong window");
  const { out, err } = await applying.ended;

  expect(world.count("POST /jobs/100/cancel")).toBe(1);
  expect(err + out).toMatch(/being cancelled by olivia/);
  expect(err + out).toContain("the operation `100` of `patch` was cancelled");
});

it("an operation that takes too long is cancelled, and in doubt where it cannot be", async () => {
  world.endsAfter = Number.POSITIVE_INFINITY;
  site.write("pack/domain.yaml", inHaste(domain));
  await site.run("trust");
  await planAndApprove(site, wireProposal([resize]));

  const { out, err, exitCode } = await site.run("apply");

  expect(err + out).toMatch(/the operation `6f9c-0` of `resize` has not ended after \d+ ms/);
  expect(exitCode).toBe(22);
  world.endsAfter = 0;
  const resumed = await site.run("resume");
  expect([resumed.exitCode, world.sizes.get("orders")]).toEqual([0, "large"]);
});

it("nobody's word starts an operation beside one that is under way", async () => {
  // The write fails, and the operation of the way back does not end.
  world.fate = { status: "failed", says: "quota" };
  const { operations } = world;
  const original = operations.push.bind(operations);
  operations.push = (...items) => {
    if (operations.length > 0) [world.endsAfter, world.fate] = [Number.POSITIVE_INFINITY, "well"];
    return original(...items);
  };
  site.write("pack/domain.yaml", inHaste(domain));
  await site.run("trust");
  await planAndApprove(site, wireProposal([resize]));
  const applied = await site.run("apply");

  const word = await site.run("resolve", "last", "resize", "--as", "not_applied", "--reason", "looked");

  expect([applied.exitCode, word.exitCode]).toEqual([22, 13]);
  expect(applied.err).toMatch(/next: \S+ resume run_/);
  expect(word.err).toContain("the operation `6f9c-1` of `resize` has not ended: its status is `InProgress`");
  expect(operations.map(({ what, status }) => `${what} ${status}`)).toEqual([
    "orders large failed",
    "orders small running",
  ]);
  world.endsAfter = 0;
  const { exitCode } = await site.run("resume");
  expect([exitCode, operations.length]).toEqual([20, 2]);
});

it("an operation that its system has forgotten has ended, where the domain says so", async () => {
  world.endsAfter = Number.POSITIVE_INFINITY;
  const ask = "[operations, { $operation: id }]";
  const edited = domain.replace(ask, `${ask}, accept: [404]`).replace("failed: [Failed]", "failed: [Failed, null]");
  site.write("pack/domain.yaml", inHaste(edited));
  await site.run("trust");
  await planAndApprove(site, wireProposal([resize]));
  expect((await site.run("apply")).exitCode).toBe(22);
  world.operations.length = 0;
  world.endsAfter = 0;

  const { out, err, exitCode } = await site.run("resume");

  expect(err + out).toContain("the operation `6f9c-0` of `resize` failed");
  expect([exitCode, site.events().at(-1)]).toMatchObject([20, { outcome: "compensated" }]);
});
