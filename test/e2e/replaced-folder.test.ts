// A plan pins where the folders of its connections lead. One that was replaced after the approval is not written to.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  setLevel,
  waitStep,
  wireProposal,
} from "./e2e-site.fixture.ts";

let folder: string;
let root: string;
let site: E2eSite | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-roots-"));
  root = join(folder, "srv", "app");
  for (const name of [root, join(folder, "other")]) {
    mkdirSync(name, { recursive: true });
    writeFileSync(join(name, "app.json"), JSON.stringify({ level: "info" }));
    writeFileSync(join(name, "level"), `#!/bin/sh\nprintf '{"level":"%s"}' "$1" > app.json\n`);
    chmodSync(join(name, "level"), 0o755);
  }
});

afterEach(() => {
  site?.remove();
  rmSync(folder, { recursive: true });
});

const levelIn = (name: string): string => JSON.parse(readFileSync(join(folder, name, "app.json"), "utf8")).level;

async function makeSite(uses: "disk/edit" | "tools/run", settings: object): Promise<E2eSite> {
  const bound = "{ $arg: level }";
  const template =
    uses === "disk/edit"
      ? `{ path: app.json, format: json, ifMatch: { $fence: true }, set: [{ pointer: /level, value: ${bound} }] }`
      : `{ argv: [level, { $arg: level }] }`;
  site = await createE2eSite({
    domain: `
format: interlock.domain/1
name: levels
version: "1"
environment: lab
connections: { disk: { connector: file }, tools: { connector: process } }
types:
  config:
    facts: { level: [debug, info, warn, error] }
    observe:
      uses: disk/read
      with: { path: app.json, as: json }
      facts: { level: /value/level }
      fingerprint: [/path]
      fence: /sha256
inventory: { config: { app: } }
actions:
  config.log_level:
    class: reversible
    uses: ${uses}
    with: ${template}
    target: config
    input: { config: { object: config }, level: [debug, info, warn, error] }
    effect: [self.level = arg.level]
    post: { expect: self.level == arg.level, within: 1s, every: 50ms }
    compensate: { action: config.log_level, args: { level: { before: level } } }
    landsWithin: 1s`,
    connections: {
      disk: { settings: { root } },
      tools: { settings: { cwd: root, programs: { level: join(folder, "other", "level") } } },
      ...settings,
    },
  });
  return site;
}

async function approved(made: E2eSite, proposal: string): Promise<string> {
  await planAndApprove(made, proposal);
  return made.events().flatMap((event) => (event.kind === "plan_recorded" ? [event.planHash] : []))[0] ?? "none";
}

/** What somebody can do to a folder while a plan waits. */
const replacements: readonly (readonly [string, () => void])[] = [
  [
    "a link to another folder",
    () => {
      rmSync(root, { recursive: true });
      symlinkSync(join(folder, "other"), root);
    },
  ],
  [
    "another folder of the same name",
    () => {
      renameSync(root, `${root}.old`);
      renameSync(join(folder, "other"), root);
    },
  ],
  [
    "a link above it",
    () => {
      renameSync(join(folder, "srv"), join(folder, "was"));
      mkdirSync(join(folder, "new"));
      symlinkSync(join(folder, "other"), join(folder, "new", "app"));
      symlinkSync(join(folder, "new"), join(folder, "srv"));
    },
  ],
];

it.each(replacements)(
  "the root of files that became %s is refused, and nothing there is written",
  async (_, replace) => {
    const made = await makeSite("disk/edit", {});
    const hash = await approved(made, wireProposal([setLevel("louder", "debug")]));
    replace();

    const refused = await made.run("apply", hash, "--json");

    expect(refusedWith(refused)).toEqual(["E_CONNECTION_CHANGED"]);
    expect(refused.out).toContain("leads elsewhere than when the plan was made");
    expect(levelIn("srv/app")).toBe("info");
    expect(refusedWith(await made.run("approve", hash, "--target", "config.log_level config/app", "--json"))).toEqual([
      "E_CONNECTION_CHANGED",
    ]);
  },
);

it("the folder of a program that became a link is refused too, and the review shows where it led", async () => {
  const other = join(folder, "deep");
  mkdirSync(other);
  symlinkSync(root, join(other, "cwd"));
  const settings = { cwd: join(other, "cwd"), programs: { level: join(root, "level") } };
  const made = await makeSite("tools/run", { tools: { settings } });
  const hash = await approved(made, wireProposal([setLevel("louder", "debug")]));
  const review = (await made.run("show", hash, "--full")).out;
  rmSync(join(other, "cwd"));
  symlinkSync(join(folder, "other"), join(other, "cwd"));

  const refused = await made.run("apply", hash, "--json");

  expect(review.replaceAll(/[\s│]+/g, " ")).toContain(`${join(other, "cwd")} leads to ${root} (file `);
  expect(refusedWith(refused)).toEqual(["E_CONNECTION_CHANGED"]);
  expect([levelIn("srv/app"), levelIn("other")]).toEqual(["info", "info"]);
});

it("a root that is replaced in the middle of a run ends the run before its next write", async () => {
  const made = await makeSite("disk/edit", {});
  const steps = [
    setLevel("louder", "debug"),
    waitStep("pause", 400, { after: ["louder"] }),
    setLevel("quieter", "warn", { after: ["pause"] }),
  ];
  const hash = await approved(made, wireProposal(steps));
  const applying = made.run("apply", hash);
  await expect.poll(() => made.events().some(({ kind }) => kind === "wait_started"), { timeout: 5_000 }).toBe(true);
  renameSync(root, `${root}.old`);
  symlinkSync(join(folder, "other"), root);

  const { exitCode } = await applying;

  expect(exitCode).not.toBe(0);
  expect(JSON.stringify(made.events())).toContain("E_CONNECTION_CHANGED");
  expect([levelIn("srv/app.old"), levelIn("other")]).toEqual(["debug", "info"]);
});
