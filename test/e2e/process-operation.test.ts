// A long operation that a program starts: it prints an id and leaves, and a file says how the job goes.
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createE2eSite, type E2eSite, planAndApprove, wireArgs, wireProposal, wireStep } from "./e2e-site.fixture.ts";

const domain = `format: interlock.domain/1
name: jobs
version: "1"
environment: lab
connections: { disk: { connector: file }, shell: { connector: process } }
types:
  table:
    facts: { size: [small, large] }
    observe:
      uses: disk/read
      with: { path: table.json, as: json }
      facts: { size: /value/size }
      fingerprint: [/path]
inventory: { table: { orders: {} } }
actions:
  table.grow:
    class: irreversible
    target: table
    input: { table: { object: table }, size: [small, large] }
    effect: [self.size = arg.size]
    post: { expect: self.size == arg.size, within: 2s, every: 50ms }
    onFailure: escalate
    operation:
      start: { uses: shell/run, with: { argv: [job, { $arg: size }], output: json } }
      id: /value/job
      ask: { uses: disk/read, with: { path: { $operation: id }, as: json } }
      status: /value/status
      running: [running]
      succeeded: [done]
      cancelled: [stopped]
      every: 50ms
      within: 500ms
      cancel: { uses: shell/run, with: { argv: [stop, { $operation: id }] }, within: 2s }
`;

/** Leaves a job behind that ends well after a moment. Told to make the table small, it never ends. */
const job = `#!/bin/sh
cd "$(dirname "$0")/conf" || exit 1
printf '{"status":"running"}' > job-7.json
if [ "$1" = large ]; then
  ( sleep 0.1; printf '{"size":"%s"}' "$1" > table.json; printf '{"status":"done"}' > job-7.json ) >/dev/null 2>&1 &
fi
printf '{"job":"job-7.json"}'
`;

const stop = `#!/bin/sh
printf '{"status":"stopped"}' > "$(dirname "$0")/conf/$1"
`;

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
  for (const [name, text] of Object.entries({ job, stop })) {
    site.write(name, text);
    chmodSync(join(site.folder, name), 0o755);
  }
  site.write("pack/domain.yaml", domain);
  const programs = { job: join(site.folder, "job"), stop: join(site.folder, "stop") };
  const connections = {
    disk: { settings: { root: join(site.folder, "conf") } },
    shell: { settings: { programs, cwd: site.folder } },
  };
  // JSON is YAML too.
  site.write("interlock.yaml", JSON.stringify({ format: "interlock.site/1", pack: "pack", connections }));
  await site.run("trust");
});

afterEach(() => site.remove());

async function grow(from: string, to: string): ReturnType<E2eSite["run"]> {
  site.write("conf/table.json", JSON.stringify({ size: from }));
  const args = wireArgs({ table: "orders", size: to });
  await planAndApprove(site, wireProposal([wireStep("grow", { action: "table.grow", args, onFailure: "escalate" })]));
  return site.run("apply");
}

it("a program starts it, and a file is read until it says that it has ended", async () => {
  const { exitCode, out, err } = await grow("small", "large");

  expect(exitCode).toBe(0);
  expect(err + out).toContain("started, operation “job-7.json”");
  expect(site.read("conf/table.json")).toBe('{"size":"large"}');
});

it("a program cancels one that takes too long", async () => {
  const { exitCode, out, err } = await grow("large", "small");

  expect(err + out).toContain("the operation `job-7.json` of `grow` was cancelled");
  expect([exitCode, site.read("conf/job-7.json")]).toEqual([23, '{"status":"stopped"}']);
});

it("a program cannot be asked, because nothing keeps it from writing", async () => {
  site.edit(
    "pack/domain.yaml",
    "uses: disk/read, with: { path: { $operation: id }, as: json } }\n",
    "uses: shell/run, with: { argv: [job, { $operation: id }] } }\n",
  );

  const { exitCode, err } = await site.run("check", "pack");

  expect(exitCode).not.toBe(0);
  expect(err).toContain("E_DOMAIN_READ /actions/table.grow/operation/ask/uses");
});
