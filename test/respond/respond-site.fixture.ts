import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Event } from "../../src/core/run/words/event.ts";
import { recordedContext } from "../../src/faces/cli/context.fixture.ts";
import { main } from "../../src/faces/cli/main.ts";
import type { ResponseReport } from "../../src/flow/respond/report.ts";
import { createIdentity } from "../../src/identities/identity.ts";
import { openReader } from "../../src/log/sqlite/reader.ts";
import { storedEvents } from "../../src/log/stored-events.ts";
import { compileCache } from "../support/compile-cache.ts";
import type { FakeLab } from "./fake-lab.fixture.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));

/** What one command printed, and its exit code. */
export interface Printed {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** A site for the alerts of a fake lab: a copy of the pack `web-service` that holds post-conditions for 200 ms only. */
export interface RespondSite {
  readonly folder: string;
  run(...argv: readonly string[]): Promise<Printed>;
  /** Runs `respond --json` with the given options. `report` is `null` if it refused. */
  respond(...options: readonly string[]): Promise<Printed & { readonly report: ResponseReport | null }>;
  start(...argv: readonly string[]): {
    readonly child: ChildProcess;
    readonly ended: Promise<Printed>;
    readonly shown: (text: RegExp) => Promise<RegExpExecArray>;
  };
  events(): readonly Event[];
  remove(): void;
}

/** An alert of the lab, as Alertmanager would send it. */
export const alert = {
  version: "4",
  groupKey: '{}:{alertname="CheckoutLatency"}',
  status: "firing",
  alerts: [
    {
      status: "firing",
      labels: { alertname: "CheckoutLatency", service: "checkout" },
      annotations: { summary: "checkout is slow" },
    },
  ],
};

/** Approves with an unattended key, as the demo does. The site's configuration adds what the test gives. */
export const approving: readonly string[] = [
  "--yes",
  ...["scale", "roll_back", "roll_forward", "restore_breaker"].flatMap((word) => [
    "--target",
    `service.${word} service/shop`,
  ]),
  "--target",
  "sessions.terminate_report service/shop",
];

/** Replaces something in the pack's situation, and trusts the pack anew. */
export async function changeSituation(site: RespondSite, replace: (text: string) => string): Promise<void> {
  const file = join(site.folder, "pack/situations/latency-spike.yaml");
  const text = readFileSync(file, "utf8");
  const changed = replace(text);
  if (changed === text) throw new Error("nothing was replaced");
  writeFileSync(file, changed);
  const trusted = await site.run("trust");
  if (trusted.exitCode !== 0) throw new Error(trusted.err);
}

export async function createRespondSite(lab: FakeLab, more: object = {}): Promise<RespondSite> {
  const folder = mkdtempSync(join(tmpdir(), "interlock-respond-"));
  cpSync(join(repository, "packs/web-service"), join(folder, "pack"), { recursive: true });
  const domain = readFileSync(join(folder, "pack/domain.yaml"), "utf8");
  const hurried = domain
    .replaceAll(/within: 75s(\s+)every: 1s(\s+)hold: 30s/g, "within: 1s$1every: 20ms$2hold: 200ms")
    .replaceAll("within: 30s, every: 1s", "within: 1500ms, every: 20ms");
  if (/within: (?:75|30)s/.test(hurried)) throw new Error("the pack's post-conditions are no longer written so");
  writeFileSync(join(folder, "pack/domain.yaml"), hurried);
  const situation = join(folder, "pack/situations/latency-spike.yaml");
  const patient = readFileSync(situation, "utf8");
  if (!patient.includes("within: 60s")) throw new Error("the pack's witness is no longer waited for so");
  writeFileSync(situation, patient.replace("within: 60s", "within: 1s"));
  writeFileSync(join(folder, "token"), "lab-token\n", { mode: 0o600 });
  writeFileSync(join(folder, "alert.json"), JSON.stringify(alert));
  // JSON is YAML too.
  writeFileSync(
    join(folder, "interlock.yaml"),
    JSON.stringify({
      format: "interlock.site/1",
      pack: "pack",
      connections: {
        lab: {
          settings: { base: lab.url, auth: { kind: "bearer", token: { $secret: "token" } } },
          secrets: { token: "file:token" },
        },
      },
      ...more,
    }),
  );
  createIdentity(join(folder, "keys"), { name: "demo-operator", person: "demo-operator", passphrase: null });
  const site = siteIn(folder);
  const trusted = await site.run("trust");
  if (trusted.exitCode !== 0) throw new Error(trusted.err);
  return site;
}

function siteIn(folder: string): RespondSite {
  const environment = {
    PATH: process.env["PATH"],
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    INTERLOCK_IDENTITIES: join(folder, "keys"),
    INTERLOCK_ACTOR: "olivia",
    INTERLOCK_NO_INPUT: "1",
    NO_COLOR: "1",
  };
  const run: RespondSite["run"] = async (...argv) => {
    const context = { ...recordedContext(), cwd: folder, environment };
    const exitCode = await main(argv, () => context);
    return { exitCode, ...context.printed };
  };
  return {
    folder,
    run,
    respond: async (...options) => {
      const printed = await run("respond", "alert.json", "--json", ...options);
      const document = printed.out === "" ? null : (JSON.parse(printed.out) as { readonly format: string });
      return { ...printed, report: document?.format === "interlock.response/2" ? (document as ResponseReport) : null };
    },
    start: (...argv) => startCommand(argv, folder, environment),
    events: () => {
      const reader = openReader(join(folder, ".interlock"));
      if (!reader.ok) return [];
      try {
        return [...storedEvents(reader.value, null)].map(({ event }) => event);
      } finally {
        reader.value.close();
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function startCommand(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv): ReturnType<RespondSite["start"]> {
  const child = spawn(process.execPath, [join(repository, "bin/interlock.js"), ...argv], {
    cwd,
    env: { ...env, ...compileCache() },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const ended = new Promise<Printed>((resolve) =>
    child.once("close", (code) => resolve({ exitCode: code ?? -1, out, err })),
  );
  const shown = (text: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = text.exec(err);
        if (found !== null) resolve(found);
      };
      child.stderr.on("data", look);
      child.once("close", () => reject(new Error(`never showed ${String(text)}: ${err}`)));
      look();
    });
  return { child, ended, shown };
}
