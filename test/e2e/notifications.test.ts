// People are told through an outbox: whatever happens to the process, what was queued is told, under the same id.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startWebhookServer, type WebhookServer } from "../../src/notifiers/webhook-server.fixture.ts";
import type { Notification } from "../../src/ports.ts";
import { askStep, createE2eSite, type E2eSite, planAndApprove, setLevel, wireProposal } from "./e2e-site.fixture.ts";

let site: E2eSite;
let server: WebhookServer | null = null;

beforeEach(async () => {
  site = await createE2eSite();
});
afterEach(async () => {
  site.remove();
  await server?.close();
  server = null;
});

async function declare(notifiers: object): Promise<void> {
  site.write("interlock.yaml", `${site.read("interlock.yaml")}\nnotifiers: ${JSON.stringify(notifiers)}\n`);
  const trusted = await site.run("trust");
  if (trusted.exitCode !== 0) throw new Error(trusted.err);
}

function told(): readonly Notification[] {
  const file = join(site.folder, "told.jsonl");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const kinds = (): readonly string[] => site.events().map(({ kind }) => kind);

it("a question is told in the commit in which it is asked, without its words, and waits in the inbox", async () => {
  await declare({ log: { kind: "lines", file: "told.jsonl" } });
  await planAndApprove(
    site,
    wireProposal([askStep("ask"), setLevel("louder", "debug", { after: ["ask"], when: "ask == 'approved'" })]),
  );
  const applying = site.run("apply");
  await expect.poll(() => kinds().includes("notification_delivered"), { timeout: 10_000 }).toBe(true);

  const [question] = told();
  const inbox = await site.run("inbox", "--for", "alice");

  const asked = kinds().indexOf("approval_asked");
  expect(kinds()[asked + 1]).toBe("notification_queued");
  expect(question).toMatchObject({ kind: "run_waits_for_person", owner: "alice" });
  expect(question?.summary).toMatch(/^run_\w+ waits for alice: the question of `ask`$/);
  expect(JSON.stringify(question)).not.toContain("go on after");
  expect(inbox.out).toMatch(
    /for alice {2}since .*\n {2}run_\w+ waits: go on after ask\?\n {2}told log at .*\n {2}next {2}/,
  );
  expect(inbox.out).toMatch(/interlock answer run_\w+ ask --as/);
  expect((await site.run("inbox", "--for", "bob")).out).toBe("nothing waits for bob\n");

  await site.run("answer", "last", "ask", "--as", "rejected", "--key", "alice");
  await applying;
  expect(told().map(({ kind }) => kind)).toEqual(["run_waits_for_person", "run_ended"]);
  expect(told()[1]?.summary).not.toContain("go on after");
});

it("what a killed process had queued is delivered by the next, and nothing is told twice", async () => {
  let isDown = true;
  server = await startWebhookServer((response) => void (isDown ? undefined : response.writeHead(204).end()));
  await declare({ pager: { kind: "webhook", url: server.url }, log: { kind: "lines", file: "told.jsonl" } });
  await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));

  const applying = site.start("apply");
  await expect.poll(() => server?.asked.length, { timeout: 10_000 }).toBe(1);
  applying.child.kill("SIGKILL");
  await applying.ended;
  isDown = false;
  const waiting = await site.run("inbox");
  const delivered = await site.run("notify");
  const again = await site.run("notify");

  expect(waiting.out).toContain("1 notification waits to be delivered by `pager`");
  expect(delivered).toMatchObject({ exitCode: 0, out: expect.stringMatching(/delivered, nothing waits\n$/) });
  expect(again.out).toBe("0 delivered, nothing waits\n");
  const ids = server.asked.map(({ body }) => (JSON.parse(body) as Notification).deliveryId);
  expect(new Set(ids).size).toBe(1);
  expect(ids).toHaveLength(2);
  expect((await site.run("inbox")).out).toBe("nothing waits for anybody\n");
});

it("a notifier that is down fails no run, keeps what it was to be told, and `notify` says so", async () => {
  await declare({ pager: { kind: "webhook", url: "http://127.0.0.1:9/" } });
  await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));

  const applied = await site.run("apply");
  const notified = await site.run("notify", "--json");

  expect(applied.exitCode).toBe(0);
  expect(notified.exitCode).toBe(69);
  expect(JSON.parse(notified.out)).toMatchObject({
    format: "interlock.notified/1",
    undeliveredCount: 1,
    failures: [{ notifier: "pager", problem: { code: "E_NOTIFICATION_FAILED" } }],
  });
  expect((await site.run("log", "verify")).exitCode).toBe(0);
});

it("a site without notifiers queues only what waits for a person", async () => {
  await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
  await site.run("apply");

  expect(kinds().filter((kind) => kind.startsWith("notification"))).toEqual([]);
  expect(await site.run("notify")).toMatchObject({ exitCode: 0, out: expect.stringContaining("no notifiers") });
});
