// An answer to a question of a run is signed like an approval, and bound to what each answer leads to.
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createIdentity } from "../../src/identities/identity.ts";
import {
  askStep,
  createE2eSite,
  type E2eSite,
  type Printed,
  refusedWith,
  setLevel,
  wireProposal,
} from "./e2e-site.fixture.ts";

let site: E2eSite;
let applying: Promise<Printed>;

beforeEach(async () => {
  site = await createE2eSite();
  createIdentity(join(site.folder, "identities"), { name: "olivia", person: "olivia", passphrase: null });
  site.write(
    "asks.json",
    wireProposal([askStep("ask"), setLevel("louder", "debug", { after: ["ask"], when: "ask == 'approved'" })]),
  );
  await site.run("plan", "asks.json");
  await site.run("approve", "last", "--target", "config.log_level config/app", "--as", "alice");
  applying = site.run("apply");
  await expect.poll(() => site.events().some(({ kind }) => kind === "approval_asked"), { timeout: 10_000 }).toBe(true);
});

afterEach(async () => {
  await site.run("stop", "last", "--reason", "the test is over").catch(() => undefined);
  await applying;
  site.remove();
});

const runId = (): string =>
  site.events().flatMap((event) => (event.kind === "run_started" ? [event.runId] : []))[0] ?? "";
const settled = () => site.events().find((event) => event.kind === "step_settled" && event.stepId === "ask");

/** One line over the owner's socket, as any program of the user can send it. */
function ask(input: object): Promise<{ readonly ok: boolean; readonly problem?: { readonly code: string } }> {
  const socket = join(site.folder, ".interlock", "engine.sock");
  if (!existsSync(socket)) throw new Error("no owner listens");
  return new Promise((resolve, reject) => {
    let text = "";
    const client = connect(socket, () => client.write(`${JSON.stringify({ format: "interlock.control/1", input })}\n`));
    client.on("data", (chunk) => (text += chunk.toString())).on("error", reject);
    client.on("end", () => resolve(JSON.parse(text)));
  });
}

const word = (change: object = {}) => ({
  kind: "answer",
  runId: runId(),
  stepId: "ask",
  answer: "approved",
  by: { kind: "person", id: "ceo", keyId: null },
  ...change,
});

describe("an answer", () => {
  it("is signed by a person's key, shows what each answer leads to, and leaves its signature in the log", async () => {
    const answered = await site.run("answer", "last", "ask", "--as", "approved", "--key", "alice");

    expect(answered.exitCode).toBe(0);
    expect(answered.err).toContain("approved leads to: WRITES, IRREVERSIBLY: config.log_level on config/app (louder)");
    expect(answered.err).toMatch(/rejected leads to: .*escalate/);
    expect(answered.err).not.toMatch(/rejected leads to: .*WRITES/);
    expect((await applying).exitCode).toBe(0);
    expect(settled()).toMatchObject({ by: { id: "alice" }, signed: expect.stringMatching(/^sha256:/) });
  });

  it("over the socket without a signature is refused, also one that names a person", async () => {
    const refused = await ask(word());

    expect(refused).toMatchObject({ ok: false, problem: { code: "E_ANSWER_UNSIGNED" } });
    expect(settled()).toBeUndefined();
  });

  it("is not taken from the person who proposed the plan", async () => {
    const refused = await site.run("answer", "last", "ask", "--as", "approved", "--key", "olivia", "--json");

    expect(refusedWith(refused)).toEqual(["E_APPROVAL_SELF"]);
    expect(settled()).toBeUndefined();
  });

  it("is shown by `watch` with what each answer leads to and the command, as by `explain`", async () => {
    const watched = await site.run("watch", "last", "--once");
    const explained = await site.run("explain", "last");

    const lines = [
      /^ +approved leads to: WRITES(, IRREVERSIBLY)?: config\.log_level on config\/app \(louder\)/m,
      /^ +expired leads to: /m,
      /^ +answer: interlock answer run_\w+ ask --as approved, or interlock answer run_\w+ ask --as rejected$/m,
    ].map((line) => [line.exec(watched.out)?.[0].trim(), line.exec(explained.out)?.[0].trim()] as const);
    for (const [live, later] of lines) expect([live, live]).toEqual([expect.any(String), later]);
  });

  it("is shown with what it leads to in `explain`, for people and for programs", async () => {
    const shown = await site.run("explain", "last");
    const document = JSON.parse((await site.run("explain", "last", "--json")).out);

    expect(shown.out).toContain("approved leads to: WRITES, IRREVERSIBLY: config.log_level on config/app (louder)");
    expect(document.now.waitingFor[0].leadsTo).toMatchObject([
      { answer: "approved", steps: expect.arrayContaining([expect.objectContaining({ id: "louder", writes: true })]) },
      { answer: "rejected" },
      { answer: "expired" },
    ]);
    expect(JSON.stringify(document.now.waitingFor[0].leadsTo.slice(1))).not.toContain('"writes":true');
  });
});
