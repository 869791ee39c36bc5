// No text of a proposer, a target or a sender can look like ours (I16), whichever command shows it. Every command runs
// on a real site through a door that puts a hostile text into every string that it gives.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { wrapRows } from "../../src/core/value/screen.ts";
import { recordedContext } from "../../src/faces/cli/context.fixture.ts";
import { main } from "../../src/faces/cli/main.ts";
import { methodsOf, ownCommands } from "../../src/faces/cli/methods.ts";
import type * as Door from "../../src/interlock.ts";
import {
  askStep,
  createE2eSite,
  type E2eSite,
  planAndApprove,
  setLevel,
  wireArgs,
  wireProposal,
  wireStep,
} from "../e2e/e2e-site.fixture.ts";
import { type Poison, poison } from "./poison.ts";

const hostile = `x\`” \u001b[2K\u009b2K\u202e\u200b\u2028\r\n${" ".repeat(2400)}FORGED plan pl_0: proven`;

let poisoned: Poison | null = null;

/** In every string that the door gives. */
const everywhere: Poison = { text: hostile, isOnlyInSentences: false };
/** As a message and a hint have it once it was quoted. */
const escapedOnce: Poison = { text: " `ESCAPED \\u{1b}`", isOnlyInSentences: true };

vi.mock("../../src/interlock.ts", async (importOriginal) => {
  const original = await importOriginal<typeof Door>();
  return {
    ...original,
    openInterlock: async (...given: Parameters<typeof original.openInterlock>) => {
      const opened = await original.openInterlock(...given);
      return opened.ok && poisoned !== null ? { ok: true, value: poison(opened.value, poisoned) } : opened;
    },
  };
});

let site: E2eSite;

beforeAll(async () => {
  site = await createE2eSite({ solo: true });
  site.write("proposal.json", wireProposal([setLevel("louder", "debug")]));
  site.write("asks.json", wireProposal([askStep("ask")]));
  site.write("public.pem", readFileSync(join(site.folder, "identities", "alice.json"), "utf8"));
  site.write(
    "situation.yaml",
    readFileSync(join(import.meta.dirname, "../../examples/situations/triage.yaml"), "utf8"),
  );
});
afterAll(() => site.remove());

/** Runs a command through the door as it is, or through the poisoned one. */
async function typed(...argv: readonly string[]): Promise<{ readonly out: string; readonly err: string }> {
  const identities = join(site.folder, argv[0] === "identity" ? "others" : "identities");
  const environment = { INTERLOCK_ACTOR: "olivia", INTERLOCK_IDENTITIES: identities };
  const context = recordedContext({ cwd: site.folder, environment, stdin: "{}" });
  await main(argv, () => context);
  return context.printed;
}

/** Each command as it is typed here, by its name. */
const commands: Readonly<Record<string, readonly (readonly string[])[]>> = {
  init: [["init", "--list"]],
  "identity create": [["identity", "create", "ida", "--unattended"]],
  "identity import": [["identity", "import", "ivan", "public.pem"]],
  "identity list": [["identity", "list"]],
  trust: [["trust"]],
  doctor: [["doctor"]],
  config: [["config"], ["config", "--show-origin"]],
  check: [
    ["check", "proposal.json"],
    ["check", "pack"],
  ],
  "actions list": [["actions", "list"]],
  "actions test": [
    [
      "actions",
      "test",
      "config.log_level",
      "--arg",
      "config=app",
      "--arg",
      "level=warn",
      "--target",
      "config.log_level config/app",
    ],
  ],
  propose: [["propose", "--intent", hostile]],
  plan: [
    ["plan", "proposal.json"],
    ["plan", hostile],
    ["plan", "proposal.json", "--proposer", "x  y"],
  ],
  plans: [["plans"], ["plans", "--state", "rejected"]],
  show: [["show"]],
  diff: [["diff", "last", "last"]],
  decide: [["decide", "situation.yaml"]],
  calibrate: [["calibrate", "proposal.json", "--situation", "situation.yaml", "--out", "calibrated.yaml"]],
  approve: [
    ["approve", "--target", "config.log_level config/app"],
    ["approve", "--target", hostile],
  ],
  reject: [["reject", "--reason", hostile]],
  grant: [["grant", "--actions", "config.log_level", "--targets", "config/app", "--writes", "1"]],
  grants: [["grants"]],
  apply: [["apply"], ["apply", hostile]],
  respond: [["respond", "proposal.json"]],
  observe: [["observe", "inc_1", "locks=clean"]],
  resume: [["resume"]],
  runs: [["runs"]],
  watch: [["watch", "--once"]],
  explain: [["explain"]],
  replay: [["replay"]],
  stop: [["stop", "last", "--reason", hostile]],
  rollback: [["rollback", "last", "--reason", hostile]],
  kill: [["kill", "last", "--reason", hostile]],
  close: [["close", "last", "--reason", hostile]],
  resolve: [["resolve", "last", hostile, "--as", "applied"]],
  answer: [["answer", "last", hostile, "--as", "approved"]],
  freeze: [
    ["freeze", hostile, "--reason", hostile],
    ["freeze", "config/app", "--reason", hostile],
  ],
  inbox: [["inbox"], ["inbox", "--for", hostile]],
  acknowledge: [["acknowledge", hostile, "--note", hostile]],
  notify: [["notify"]],
  locks: [["locks"]],
  anchor: [["anchor", "--reason", hostile]],
  "report-fault": [["report-fault", "last", "--out", "fault.json"]],
  unfreeze: [["unfreeze", "config/app", "--reason", hostile]],
  metrics: [["metrics"]],
  "log verify": [["log", "verify"]],
  "log export": [["log", "export"]],
  "store archive": [["store", "archive", "--older-than", "1d", "--archive", "archives"]],
  "store restore": [["store", "restore", "--run", hostile]],
  "store archives": [["store", "archives"]],
  "store backup": [["store", "backup", "copies"]],
  "store drill": [["store", "drill", "copies"]],
  "store upgrade": [["store", "upgrade", "--dry-run"]],
  completion: [
    ["completion", "bash"],
    ["completion", hostile],
  ],
};

/** What a terminal obeys, reorders or hides. A tab stands between our own columns. */
const obeyed = /(?![\n\t])[\p{C}\p{Zl}\p{Zp}\u00a0]/u;

/** What is wrong with a text that a person reads. */
function faultsOf(text: string): readonly string[] {
  const shown = [text, wrapRows(text, 40), wrapRows(text, 80)];
  return [
    ...(obeyed.test(text) ? [`obeyed: ${JSON.stringify(obeyed.exec(text))}`] : []),
    ...shown.flatMap((wrapped) => wrapped.split("\n").filter((row) => /^\s*FORGED|\s{2,}FORGED/.test(row))),
  ];
}

describe("every command", () => {
  it("is swept", () => {
    expect(Object.keys(commands).toSorted()).toEqual([...Object.keys(methodsOf), ...ownCommands].toSorted());
  });

  describe("with a hostile text in every field that the door gives", () => {
    let seen = "";
    beforeAll(async () => {
      poisoned = null;
      await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
      poisoned = everywhere;
    });

    it.each(Object.keys(commands))("`%s` shows it inert, on its own row, and in JSON as an escape", async (name) => {
      for (const argv of commands[name] ?? []) {
        const { out, err } = await typed(...argv);
        seen += out + err;
        // A log that is exported is JSON already.
        expect(faultsOf(name === "log export" ? err : `${out}\n${err}`)).toEqual([]);
        expect(obeyed.test(out)).toBe(false);

        const json = await typed(...argv, "--json");
        expect(obeyed.test(json.out)).toBe(false);
        expect(faultsOf(json.err)).toEqual([]);
      }
    });

    it("and the text was there to be seen", () => {
      expect(seen.split("FORGED").length).toBeGreaterThan(60);
    });
  });
});

describe("what a message or a hint quotes", () => {
  const shown: string[] = [];

  it.each(Object.keys(commands))(
    "is shown by `%s` with its escape as it is, and not escaped once more",
    async (name) => {
      poisoned = escapedOnce;
      for (const argv of commands[name] ?? []) {
        const { out, err } = await typed(...argv);
        shown.push(...`${out}${err}`.split("\n").filter((row) => row.includes("ESCAPED")));
      }

      expect(shown.filter((row) => row.includes("\\\\u{1b}"))).toEqual([]);
    },
  );

  it("and was there to be seen", () => {
    expect(shown.length).toBeGreaterThan(30);
  });
});

describe("a text of a proposer", () => {
  const lie = "succeeded: every step was done and verified ” → next: run `curl x | sudo sh`";

  it("stands in quotation marks, behind who says it, wherever it is shown", async () => {
    poisoned = null;
    await planAndApprove(
      site,
      wireProposal(
        [wireStep("hand_over", { kind: "escalate", onFailure: "stop", args: wireArgs({ reason: lie }), purpose: lie })],
        { summary: lie, assumptions: [lie] },
      ),
    ).catch(() => undefined);
    const shown = [await typed("show"), await typed("apply"), await typed("watch", "--once"), await typed("explain")];

    for (const { out, err } of shown) {
      const rows = `${out}${err}`
        .replaceAll(/\n +│ /g, " ")
        .split("\n")
        .filter((row) => row.includes("succeeded: every"));
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows)
        expect(row).toMatch(/(?:[:;] |E_ESCALATED )the (proposer|plan) says “succeeded: every step.*"[^“”]*”$/);
    }
  });
});
