// A service answers 500 once none of its hosts serves. The domain says that one must, and a run holds it to that.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createE2eSite, type E2eSite, planAndApprove, wireArgs, wireProposal, wireStep } from "./e2e-site.fixture.ts";

const domain = `
format: interlock.domain/1
name: fleet
version: "1"
summary: Two hosts behind one service.
environment: lab
connections:
  hub: { connector: http }
types:
  host:
    facts: { serving: boolean, patched: boolean }
    observe:
      uses: hub/get
      with: { path: [hosts, { $target: id }] }
      facts: { serving: /body/serving, patched: /body/patched }
      fingerprint: [/body/id]
inventory:
  host: { a: {}, b: {} }
invariants:
  somebody_serves: inventory.host.exists(h, h.serving)
actions:
  host.patch:
    summary: Patches a host, or takes the patch back.
    class: reversible
    idempotency: natural
    uses: hub/put
    with: { path: [hosts, { $arg: host }], body: { patched: { $arg: patched } } }
    target: host
    input: { host: { object: host }, patched: boolean }
    effect: [self.patched = arg.patched]
    post: { expect: self.patched == arg.patched, within: 300ms, every: 30ms }
    compensate: { action: host.patch, args: { patched: { before: patched } } }
    timeout: 2s
  host.serve:
    summary: Lets a host serve, or drains it.
    class: reversible
    idempotency: natural
    uses: hub/put
    with: { path: [hosts, { $arg: host }], body: { serving: { $arg: serving } } }
    target: host
    input: { host: { object: host }, serving: boolean }
    effect: [self.serving = arg.serving]
    post: { expect: self.serving == arg.serving, within: 300ms, every: 30ms }
    compensate: { action: host.serve, args: { serving: { before: serving } } }
    timeout: 2s
`;

type Host = { serving: boolean; patched: boolean };

/** The hosts. `harm` is what a write does that nobody declared. */
const hub = {
  hosts: new Map<string, Host>(),
  puts: [] as string[],
  harm: (_host: Host): void => undefined,
};
let server: Server;
let site: E2eSite;

/** How the service answers its users. */
const health = (): number => ([...hub.hosts.values()].some(({ serving }) => serving) ? 200 : 500);

function answer(request: IncomingMessage, response: ServerResponse): void {
  let body = "";
  request.on("data", (chunk: Buffer) => void (body += chunk.toString()));
  request.on("end", () => {
    const id = (request.url ?? "").split("/")[2] ?? "";
    const host = hub.hosts.get(id);
    if (host !== undefined && request.method === "PUT") {
      hub.puts.push(`${id} ${body}`);
      Object.assign(host, JSON.parse(body));
      hub.harm(host);
    }
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ id, ...host }));
  });
}

beforeEach(async () => {
  Object.assign(hub, { puts: [], harm: () => undefined });
  hub.hosts = new Map([
    ["a", { serving: true, patched: false }],
    ["b", { serving: false, patched: false }],
  ]);
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo;
  const connections = { hub: { settings: { base: `http://127.0.0.1:${port}` } } };
  site = await createE2eSite({ domain, connections });
});

afterEach(() => {
  site.remove();
  server.close();
  server.closeAllConnections();
});

const patch = (onFailure: string): string =>
  wireProposal([
    wireStep("patch_a", { action: "host.patch", onFailure, args: wireArgs({ host: "a", patched: true }) }),
    wireStep("patch_b", {
      action: "host.patch",
      after: ["patch_a"],
      onFailure,
      args: wireArgs({ host: "b", patched: true }),
    }),
  ]);

it("a write that breaks an invariant as nobody declared stops the run, which is undone", async () => {
  await planAndApprove(site, patch("rollback"));
  hub.harm = (host) => void (host.serving = !host.patched);

  const applied = await site.run("apply", "last");
  const explained = await site.run("explain", "last");

  expect([applied.exitCode, hub.puts, health()]).toEqual([20, ['a {"patched":true}', 'a {"patched":false}'], 200]);

  expect(explained.out).toContain("  invariant   somebody_serves BROKEN after host.patch on host/a (patch_a)");
  expect(explained.out).toContain("              needs host.a.serving || host.b.serving");
  expect(explained.out).toContain("              host.a.serving: seen false");
  expect((await site.run("runs")).out).not.toContain("BROKEN");
  expect((await site.run("metrics")).out).toContain('interlock_runs_invariant_broken{state="compensated"} 0\n');
  expect(explained.out).toContain("  invariant   somebody_serves holds, read after host.patch on host/a (patch_a)");
});

it("without a way back its exit code says that an invariant is broken, and so does every list of runs", async () => {
  await planAndApprove(site, patch("escalate"));
  hub.harm = (host) => void (host.serving = !host.patched);

  const applied = await site.run("apply", "last", "--json");
  const explained = JSON.parse((await site.run("explain", "last", "--json")).out);
  const listed = await site.run("runs");

  expect(listed.out).toContain("  invariant somebody_serves BROKEN, found at patch_a, and not seen to hold since\n");
  expect(JSON.parse((await site.run("runs", "--json")).out)).toMatchObject({
    runs: [{ state: "escalated", broken: [{ name: "somebody_serves", stepId: "patch_a" }] }],
  });
  expect((await site.run("metrics")).out).toContain('interlock_runs_invariant_broken{state="escalated"} 1\n');
  expect([applied.exitCode, hub.puts, health()]).toEqual([27, ['a {"patched":true}'], 500]);
  expect(JSON.parse(applied.out)).toMatchObject({ broken: [{ name: "somebody_serves", stepId: "patch_a" }] });
  expect(explained.reason).toMatch(/^the invariant `somebody_serves` is broken by the reading after `patch_a`: /);
  expect(explained.invariants).toMatchObject([
    { name: "somebody_serves", status: "broken", at: "after", stepId: "patch_a" },
  ]);
  expect(explained.steps[0]).toMatchObject({
    predicted: [{ fact: "host.a.patched", value: true }],
    observed: [{ fact: "host.a.patched", value: true }],
  });
});

it("a write is not sent that would break an invariant by now, because somebody else changed another host", async () => {
  hub.hosts.set("b", { serving: true, patched: false });
  await planAndApprove(
    site,
    wireProposal([wireStep("drain_a", { action: "host.serve", args: wireArgs({ host: "a", serving: false }) })]),
  );
  hub.hosts.set("b", { serving: false, patched: false });

  const applied = await site.run("apply", "last");

  expect([applied.exitCode, hub.puts, health()]).toEqual([14, [], 200]);
  expect(applied.out).toContain("was not sent: with it the invariant");
});

it("doctor and watch judge the invariants on the live system by the same rule", async () => {
  const well = await site.run("watch", "--invariants", "--once");
  const hosts = [...hub.hosts.values()];
  for (const host of hosts) host.serving = false;
  const broken = await site.run("watch", "--invariants", "--once", "--json");
  const examined = await site.run("doctor");

  expect([well.exitCode, broken.exitCode, examined.exitCode]).toEqual([0, 27, 27]);
  expect(well.out).toMatch(/✔ invariant somebody_serves: it holds by a reading of 2 objects\n$/);
  const why =
    "it does not hold: `host.a.serving || host.b.serving`: `host.a.serving` is false, `host.b.serving` is false";
  expect(JSON.parse(broken.out)).toMatchObject({
    format: "interlock.invariants/1",
    ok: false,
    findings: [{ what: "invariant somebody_serves", state: "bad", message: `E_INVARIANT_BROKEN ${why}` }],
  });
  expect(examined.out).toContain("invariant somebody_serves: E_INVARIANT_BROKEN it does not hold");
});

it("watch follows the invariants and prints only what changes", async () => {
  const watching = site.start("watch", "--invariants", "--every", "0.1");
  await watching.shown("it holds by a reading of 2 objects");
  for (const host of hub.hosts.values()) host.serving = false;
  await watching.shown("it does not hold");
  watching.child.kill("SIGKILL");
  const { out } = await watching.ended;

  expect(out.trim().split("\n")).toHaveLength(2);
});

it("an object that cannot be read leaves an invariant unknown, which is neither held nor broken", async () => {
  for (const host of hub.hosts.values()) host.serving = false;
  hub.hosts.delete("b");

  const watched = await site.run("watch", "--invariants", "--once");

  expect(watched.exitCode).toBe(0);
  expect(watched.out).toContain("? invariant somebody_serves: it is not known whether it holds");
});
