// How every command behaves towards people and scripts.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { printable } from "../../src/core/value/screen.ts";
import { processContext } from "../../src/faces/cli/context.ts";
import { createProgram } from "../../src/faces/cli/main.ts";
import {
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  setLevel,
  wireProposal,
} from "./e2e-site.fixture.ts";
import { logMoreTargets } from "./refused.fixture.ts";

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => site.remove());

describe("wrong usage", () => {
  it.each([
    ["nosuch"],
    ["apply", "--nosuch"],
    ["check"],
    ["runs", "--state", "dreaming"],
    ["apply", "one", "two"],
    ["reject"],
    ["runs", "--limit", "0"],
    ["replay", "--at", "x"],
    ["grant"],
    [],
  ])("is told to scripts in one document, and exits 64: %s", async (...argv) => {
    const { out, exitCode } = await site.run(...argv, "--json");

    expect(JSON.parse(out)).toMatchObject({ format: "interlock.refusal/1", ok: false });
    expect(exitCode).toBe(64);
  });

  it("is told to people with what they may have meant", async () => {
    const { err, exitCode } = await site.run("aply");

    expect(err).toContain("Did you mean apply?");
    expect(exitCode).toBe(64);
  });
});

describe("a configuration that is named and not there", () => {
  it.each([["runs"], ["locks"], ["log", "verify"], ["freeze"], ["stop"], ["config"], ["doctor"], ["trust"]])(
    "is refused by %s, which would else read the store of another place",
    async (...argv) => {
      const before = site.events().length;

      const refused = await site.run("--config", "nope.yaml", ...argv, "--json");

      expect([refusedWith(refused), refused.exitCode]).toEqual([["E_INPUT_MISSING"], 66]);
      expect(refused.out).toContain("`nope.yaml` does not exist");
      expect(site.events()).toHaveLength(before);
    },
  );
});

describe("a script", () => {
  const commands: readonly (readonly string[])[] = [
    ["trust"],
    ["runs"],
    ["locks"],
    ["metrics"],
    ["store", "archives"],
    ["grants"],
    ["actions", "list"],
    ["identity", "list"],
    ["doctor"],
    ["config"],
    ["log", "verify"],
    ["plan", "pack/proposals/log-more.json"],
    ["show"],
    ["diff", "last", "last"],
    ["explain"],
    ["replay"],
    ["apply"],
    ["resume"],
    ["stop"],
    ["approve"],
    ["reject", "--reason", "no"],
    ["init", "elsewhere"],
    ["init", "--list"],
  ];

  it("gets exactly one document from every command that offers one, and it begins with its format", async () => {
    for (const argv of commands) {
      const { out } = await site.run(...argv, "--json");

      expect([argv.join(" "), out.startsWith('{\n  "format": "interlock.')]).toEqual([argv.join(" "), true]);
      expect(JSON.parse(out)).toHaveProperty("format");
    }
  });

  it("gets an event stream whose first line names its format", async () => {
    await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));

    const { out, exitCode } = await site.run("apply", "--jsonl");

    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly kind?: string });
    expect(lines[0]).toEqual({ format: "interlock.events/1" });
    expect(lines.at(-1)).toMatchObject({ kind: "run_ended", outcome: "succeeded" });
    expect(exitCode).toBe(0);
  });

  it("is told whether a plan has changes only when it asks", async () => {
    const [plain, detailed] = [
      await site.run("plan", "pack/proposals/log-more.json"),
      await site.run("plan", "pack/proposals/log-more.json", "--detailed-exitcode"),
    ];
    site.edit("conf/app.json", '"info"', '"debug"');
    site.edit("conf/app.json", '"workers": 4', '"workers": 8');
    const nothing = await site.run("plan", "pack/proposals/log-more.json", "--detailed-exitcode");

    expect([plain.exitCode, detailed.exitCode, nothing.exitCode]).toEqual([0, 2, 0]);
  });
});

describe("the terminal", () => {
  const environment = process.env;
  afterEach(() => {
    process.env = environment;
  });

  it.each([
    ["NO_COLOR is set", { NO_COLOR: "1" }, "auto", false],
    ["the terminal is dumb", { TERM: "dumb" }, "auto", false],
    ["stderr is no terminal", {}, "auto", false],
    ["colour is asked for", { NO_COLOR: "1" }, "always", true],
    ["colour is forbidden", {}, "never", false],
  ] as const)("when %s", (_, env, color, isColored) => {
    process.env = { ...env };

    expect(printable(processContext({ color, input: true }).colors.red("x")) !== "x").toBe(isColored);
  });

  it("is not used without a person: an attended key is refused before anything is signed", async () => {
    const { createIdentity } = await import("../../src/identities/identity.ts");
    createIdentity(`${site.folder}/identities`, { name: "bob", person: "bob", passphrase: "correct horse" });
    await site.run("plan", "pack/proposals/log-more.json");

    const { exitCode, out } = await site.run("approve", "--as", "bob", ...logMoreTargets, "--json");

    expect(refusedWith({ exitCode, out, err: "" })).toEqual(["E_TERMINAL_MISSING"]);
    expect(exitCode).toBe(11);
  });
});

describe("help", async () => {
  const program = await createProgram(async () => undefined, { out: () => undefined, err: () => undefined });
  const leaves = program.commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]));

  it("says of every command, argument and option what it is", () => {
    const silent = leaves
      .flatMap((command) =>
        [
          command.description(),
          ...command.registeredArguments.map(({ description }) => description),
          ...command.options.map(({ description }) => description),
        ].map((text) => ({ command: command.name(), text })),
      )
      .filter(({ text }) => text.trim() === "");

    expect(silent).toEqual([]);
  });

  it("names a stable way to get one document wherever something is printed for people", () => {
    const without = leaves
      .filter((command) => !command.options.some(({ long }) => long === "--json" || long === "--jsonl"))
      .map((command) => command.name());

    expect(without.sort()).toEqual(["completion", "export"]);
  });
});
