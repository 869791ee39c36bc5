// The notifiers of interlock.yaml: who is told of an incident, and that nobody is told by a site that nobody trusts.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startWebhookServer, type WebhookServer } from "../../src/notifiers/webhook-server.fixture.ts";
import { breakLab, type FakeLab, startFakeLab } from "./fake-lab.fixture.ts";
import { approving, createRespondSite, type RespondSite } from "./respond-site.fixture.ts";

let lab: FakeLab;
let server: WebhookServer;
let site: RespondSite;

beforeEach(async () => {
  lab = await startFakeLab();
  server = await startWebhookServer((response) => void response.writeHead(204).end());
  site = await createRespondSite(lab, {
    notifiers: {
      pager: { kind: "webhook", url: server.url },
      log: { kind: "lines", file: "told.jsonl" },
    },
  });
});

afterEach(async () => {
  site.remove();
  await server.close();
  await lab.close();
});

function told(): readonly { readonly kind: string; readonly subject: string; readonly summary: string }[] {
  const file = join(site.folder, "told.jsonl");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

it("an incident that is disputed is told once, with its reason, to each of them", async () => {
  breakLab(lab, "LOAD");
  lab.alarm = "firing";

  const { report } = await site.respond(...approving);

  expect(told()).toMatchObject([{ kind: "incident_closed", subject: report?.incidentId }]);
  expect(told()[0]?.summary).toContain("closed disputed: every post-condition was read back");
  expect(server.asked.map(({ body }) => JSON.parse(body))).toEqual(told());
});

it("a run that is applied by hand is told of when it ends", async () => {
  breakLab(lab, "LOAD");
  await site.respond("--yes");
  const waiting = told().length;
  const [plan] = site.events().flatMap((event) => (event.kind === "incident_planned" ? [event.planHash] : []));
  const name = `pl_${(plan ?? "").slice(7, 19)}`;
  await site.run("approve", name, "--yes", "--target", "service.scale service/shop");

  const applied = await site.run("apply", name);

  expect(applied.exitCode).toBe(0);
  expect(told().slice(waiting)).toMatchObject([{ kind: "run_ended", summary: expect.stringContaining("succeeded") }]);
});

it("nobody is told by a configuration that nobody has trusted", async () => {
  breakLab(lab, "LOAD");
  const file = join(site.folder, "interlock.yaml");
  const changed = readFileSync(file, "utf8").replace("told.jsonl", "elsewhere.jsonl");
  lab.onRequest = () => {
    lab.onRequest = () => undefined;
    writeFileSync(file, changed);
  };

  const { report } = await site.respond("--observe");

  expect(report).not.toBeNull();
  expect(existsSync(join(site.folder, "elsewhere.jsonl"))).toBe(false);
  expect([told(), server.asked]).toEqual([[], []]);
});

it("a notifier that fails holds nothing up, and the log names it", async () => {
  breakLab(lab, "LOAD");
  await server.close();

  const { exitCode } = await site.respond("--observe");

  expect(exitCode).toBe(0);
  expect(told()).toHaveLength(1);
  expect(site.events()).toContainEqual(
    expect.objectContaining({
      kind: "notification_failed",
      notifier: "pager",
      problem: expect.objectContaining({ code: "E_NOTIFICATION_FAILED" }),
    }),
  );
});

it("an incident that is handed over is escalated until a person acknowledges it", async () => {
  site.remove();
  site = await createRespondSite(lab, {
    notifiers: {
      pager: { kind: "webhook", url: server.url },
      manager: { kind: "lines", file: "manager.jsonl" },
      log: { kind: "lines", file: "told.jsonl" },
    },
    escalation: {
      steps: [{ notify: ["pager"] }, { notify: ["manager"], after: "1s" }],
      repeat: { wait: "1h", count: 1 },
    },
  });
  breakLab(lab, "LOAD");

  const { report } = await site.respond();
  const early = existsSync(join(site.folder, "manager.jsonl"));
  const before = await site.run("inbox");
  await expect
    .poll(async () => {
      await site.run("notify");
      return existsSync(join(site.folder, "manager.jsonl"));
    })
    .toBe(true);
  const acknowledged = await site.run("acknowledge", report?.incidentId ?? "", "--note", "I am on it");

  const asked = server.asked.map(({ body }) => JSON.parse(body));
  expect([report?.outcome, early]).toEqual(["not_approved", false]);
  expect(asked).toMatchObject([{ owner: "olivia", escalation: { step: 1, round: 1 } }]);
  expect(asked[0].text.join("\n")).toContain("What could be done:");
  expect(asked[0].next.at(-1)).toEqual({ do: "acknowledge", notification: asked[0].id });
  expect(told()).toMatchObject([{ id: asked[0].id, escalation: { step: 0, round: 0 } }]);
  expect(before.out).toContain("for olivia");
  expect(acknowledged.out).toContain("acknowledged by olivia: nobody else is told of it");
  expect((await site.run("inbox")).out).toBe("nothing waits for anybody\n");
  expect(site.events()).toContainEqual(
    expect.objectContaining({
      kind: "notification_acknowledged",
      by: expect.objectContaining({ id: "olivia" }),
      reason: "I am on it",
    }),
  );
});
