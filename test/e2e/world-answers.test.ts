// What a target's answer may hold beside the fields that a domain names, and what becomes of a run then.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import {
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  wireArgs,
  wireProposal,
  wireStep,
} from "./e2e-site.fixture.ts";

let site: E2eSite | null = null;
let server: Server | null = null;
afterEach(async () => {
  site?.remove();
  await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
});

const domain = `format: interlock.domain/1
name: gates
version: "1"
environment: lab
connections:
  hub: { connector: http }
types:
  gate:
    facts: { open: boolean }
    observe:
      uses: hub/get
      with: { path: [gates, { $target: id }] }
      facts: { open: /body/open }
      fingerprint: [/body/name]
inventory:
  gate: { west: {} }
actions:
  gate.set:
    idempotency: natural
    uses: hub/put
    with: { path: [gates, { $arg: gate }], body: { open: { $arg: open } } }
    target: gate
    input: { gate: { object: gate }, open: boolean }
    effect: [self.open = arg.open]
    post: { expect: self.open == arg.open, within: 1s, every: 20ms }
    timeout: 3s
    landsWithin: 1s
`;
const close = wireStep("close", {
  action: "gate.set",
  args: wireArgs({ gate: "west", open: false }),
  onFailure: "stop",
});
const proposal = wireProposal([close], { goal: "gate.west.open == false" });

/** A site whose hub answers a PUT with `put`, and a GET with `beside` next to the fields that the domain names. */
async function openSite(put: string | Buffer, beside: string, name = '"west"'): Promise<E2eSite> {
  let open = true;
  const hub = createServer((request, response) => {
    if (request.method === "PUT") open = false;
    response.writeHead(200, { "content-type": "application/json" });
    const fields = `{"name":${name},"open":${open}${open ? "" : beside}}`;
    request.resume().on("end", () => response.end(request.method === "PUT" ? put : fields));
  });
  await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
  server = hub;
  // A server that listens on a port has one.
  const { port } = hub.address() as AddressInfo;
  const base = `http://127.0.0.1:${port}`;
  site = await createE2eSite({ domain, solo: true, connections: { hub: { settings: { base } } } });
  return site;
}

it.each<[string, string | Buffer, string]>([
  ["nothing else", '{"ok":true}', ""],
  ["an id beyond 2^53", '{"id":7615917337495251231}', ""],
  ["a number of 17 digits", '{"price":0.10000000000000001}', ""],
  ["a negative zero", '{"delta":-0.0}', ""],
  ["a key of the machinery", '{"constructor":"x"}', ""],
  ["a key twice", '{"a":1,"a":2}', ""],
  ["a byte order mark", '\ufeff{"ok":true}', ""],
  ["bytes that are not UTF-8", Buffer.from('{"name":"caf\xe9"}', "latin1"), ""],
  ["a body that is no JSON", "OK", ""],
  ["a time in nanoseconds that only shows after the change", '{"ok":true}', ',"changedNs":1785000000123456789'],
  ["a key twice that only shows after the change", '{"ok":true}', ',"by":"a","by":"b"'],
])("a write is done and verified though the answers hold %s", async (_, put, beside) => {
  const opened = await openSite(put, beside);
  await planAndApprove(opened, proposal);

  const applied = await opened.run("apply");

  expect([applied.exitCode, applied.err]).toEqual([0, expect.not.stringContaining("in doubt")]);
  expect((await opened.run("log", "verify")).exitCode).toBe(0);
});

it("an object whose fingerprint no double holds is refused, and the field is named", async () => {
  const opened = await openSite("", "", "7615917337495251231");
  opened.write("proposal.json", proposal);

  const planned = await opened.run("plan", "proposal.json", "--json");

  expect([refusedWith(planned), planned.exitCode]).toEqual([["E_OBSERVE"], 12]);
  expect(planned.out).toContain("`/body/name` leads to the number `7615917337495251231`");
});
