import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { openStore } from "../../src/log/sqlite/open.ts";
import { valueOf } from "../../src/log/sqlite/store.fixture.ts";
import type { AppendBatch } from "../../src/log/store.ts";
import { type E2eSite, type Printed, planAndApprove, setLevel, wireProposal } from "./e2e-site.fixture.ts";

const verifier = fileURLToPath(new URL("../../verifier/main.ts", import.meta.url));

/** Sets the log level of the file `app` in a run of its own. */
export async function applyOnce(site: E2eSite, level: string): Promise<void> {
  await planAndApprove(site, wireProposal([setLevel("louder", level)]));
  expect((await site.run("apply")).exitCode).toBe(0);
}

/** The lines of `log export`. */
export async function exported(site: E2eSite): Promise<readonly string[]> {
  return (await site.run("log", "export")).out.trimEnd().split("\n");
}

/** The paths of the archives in a folder of the site. */
export function archives(site: E2eSite, folder = "archive"): readonly string[] {
  return existsSync(join(site.folder, folder))
    ? readdirSync(join(site.folder, folder)).map((name) => join(site.folder, folder, name))
    : [];
}

/** What the stand-alone verifier finds in the log as it is exported now. */
export async function verifyApart(
  site: E2eSite,
  ...archivePaths: readonly string[]
): Promise<{ readonly exitCode: number | null; readonly found: Record<string, unknown> }> {
  site.write("export.jsonl", `${(await exported(site)).join("\n")}\n`);
  const { status, stdout } = spawnSync(
    process.execPath,
    [verifier, join(site.folder, "export.jsonl"), ...archivePaths.flatMap((path) => ["--archive", path])],
    { encoding: "utf8" },
  );
  return { exitCode: status, found: stdout === "" ? {} : (JSON.parse(stdout) as Record<string, unknown>) };
}

/** The operator of the sites of e2e tests. */
export const olivia = { kind: "person", id: "olivia", keyId: null } as const;
/** A digest of nothing. */
export const noHash = `sha256:${"0".repeat(64)}`;

/** A run from start to end, as the site's state and the list of runs read it. Its steps answered `output`. */
export function endedRun(runId: string, stepCount: number, output: string): AppendBatch {
  const event = (kind: string, body: Readonly<Record<string, JsonValue>>): AppendBatch["records"][number] => ({
    stream: runId,
    atMs: Date.now(),
    kind,
    body: { kind, runId, ...body },
  });
  return {
    durability: "ordered",
    documents: [],
    records: [
      event("run_started", {
        planHash: noHash,
        authorization: { kind: "read_only", policies: null },
        actor: olivia,
        owner: "olivia",
        locks: [],
        baseline: [],
        reserved: null,
        deadlineMs: 0,
        epoch: 1,
      }),
      ...Array.from({ length: stepCount }, (_, index) =>
        event("attempt_settled", {
          attempt: { runId, stepId: `s${index}`, direction: "do", n: 1, epoch: 1 },
          reply: { kind: "applied", output, outputBytes: output.length, outcome: null },
        }),
      ),
      event("run_ended", { outcome: "succeeded", reason: "", locks: [], wrote: [] }),
    ],
  };
}

/** A store as its owner would write it, with more in it than a command takes out at once. */
export async function fillStore(
  folder: string,
  options: { readonly runCount: number; readonly stepCount: number; readonly output: string },
): Promise<void> {
  const store = valueOf(openStore(folder));
  for (let run = 0; run < options.runCount; run += 1)
    valueOf(await store.append(endedRun(`run_${String(run).padStart(4, "0")}`, options.stepCount, options.output)));
  await store.close();
}

/** The document that a command printed with `--json`. */
export function documentOf({ out }: Printed): Record<string, unknown> {
  return JSON.parse(out) as Record<string, unknown>;
}

/** Archives all that may be archived, into the folder `archive`. */
export const archiveAll = ["store", "archive", "--older-than", "0s", "--archive", "archive"] as const;
