import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes a site whose proposal scales every host of a fleet, in waves that go on after ten failures. */
export function writeFleetSite(
  folder: string,
  { hostCount, base }: { readonly hostCount: number; readonly base: string },
): void {
  const hosts = Array.from({ length: hostCount }, (_, index) => `h${String(index + 1).padStart(4, "0")}: {}`);
  mkdirSync(join(folder, "pack/proposals"), { recursive: true });
  writeFileSync(
    join(folder, "interlock.yaml"),
    `format: interlock.site/1\npack: pack\nsolo: true\nconnections:\n  api: { settings: { base: "${base}" } }\n`,
  );
  writeFileSync(join(folder, "pack/domain.yaml"), domain(hosts.join(", ")));
  writeFileSync(join(folder, "pack/proposals/scale.json"), JSON.stringify(proposal));
}

function domain(hosts: string): string {
  return `format: interlock.domain/1
name: fleet
version: "1"
summary: Hosts behind one API.
environment: lab
connections: { api: { connector: http } }
types:
  host:
    facts: { workers: { integer: [1, 8] }, serving: boolean }
    observe:
      uses: api/get
      with: { path: [hosts, { $target: id }] }
      facts: { workers: /body/workers, serving: /body/serving }
      fingerprint: [/body/id]
      fence: /headers/etag
inventory:
  host: { ${hosts} }
invariants:
  some_serve: inventory.host.exists(h, h.serving)
actions:
  host.scale:
    summary: Sets the workers of one host.
    class: reversible
    idempotency: natural
    uses: api/put
    with: { path: [hosts, { $target: id }], body: { workers: { $arg: workers } }, ifMatch: { $fence: true } }
    target: host
    input: { host: { object: host }, workers: { integer: [1, 8] } }
    pre: self.serving
    effect: [self.workers = arg.workers]
    post: { expect: self.workers == arg.workers, within: 5s, every: 50ms }
    compensate: { action: host.scale, args: { workers: { before: workers } } }
    timeout: 5s
    landsWithin: 5s
    onFailure: branch
    waves: { canary: 1, batch: 10%, abortAbove: 10 }
`;
}

const proposal = {
  format: "interlock.proposal/1",
  goal: "",
  summary: "Six workers everywhere.",
  decline: "",
  assumptions: [],
  steps: [
    {
      id: "scale",
      action: "host.scale",
      purpose: "",
      kind: "act",
      after: [],
      when: "",
      args: [
        { name: "host", from: "each", value: "host" },
        { name: "workers", from: "literal", value: "6" },
      ],
      expect: [],
      onFailure: "branch",
    },
  ],
};
