// What a target's headers say of a write: a tag that it can never compare, and when it wants to be asked again.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { limits } from "../../src/core/value/limits.ts";
import {
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  wireArgs,
  wireProposal,
  wireStep,
} from "./e2e-site.fixture.ts";

const domain = `
format: interlock.domain/1
name: gates
version: "1"
summary: One gate.
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
      fingerprint: [/body/id]
      fence: /headers/etag
inventory:
  gate: { north: {} }
actions:
  gate.set:
    summary: Opens or closes a gate.
    class: reversible
    idempotency: natural
    uses: hub/put
    with: { path: [gates, { $arg: gate }], body: { open: { $arg: open } }, ifMatch: { $fence: true } }
    target: gate
    input: { gate: { object: gate }, open: boolean }
    effect: [self.open = arg.open]
    post: { expect: self.open == arg.open, within: 300ms, every: 30ms }
    compensate: { action: gate.set, args: { open: { before: open } } }
    timeout: 2s
    retry: { attempts: 3, backoff: 10ms }
    onFailure: rollback
`;

const close = wireProposal([wireStep("close", { action: "gate.set", args: wireArgs({ gate: "north", open: false }) })]);

/** A hub with one gate. `tag` is its entity tag; writes come to `put`, which does nothing unless it calls `done`. */
const hub = { tag: '"7"', isOpen: true, putAtMs: [] as number[], put: (_response: ServerResponse): boolean => false };
let server: Server;
let site: E2eSite;

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.resume().on("end", () => {
    if (request.method === "PUT") {
      hub.putAtMs.push(performance.now());
      if (hub.put(response)) return;
      // RFC 9110, 13.1.1: If-Match compares strongly, so a weak tag never matches.
      if (hub.tag.startsWith("W/")) return void response.writeHead(412).end();
      hub.isOpen = false;
    }
    const body = JSON.stringify({ id: "north", open: hub.isOpen });
    response.writeHead(200, { "content-type": "application/json", etag: hub.tag }).end(body);
  });
}

beforeEach(async () => {
  Object.assign(hub, { tag: '"7"', isOpen: true, putAtMs: [], put: () => false });
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo;
  site = await createE2eSite({ domain, connections: { hub: { settings: { base: `http://127.0.0.1:${port}` } } } });
});

afterEach(() => {
  site.remove();
  server.closeAllConnections();
  server.close();
});

it("a weak tag as a fence is refused by plan and doctor, before anybody approves", async () => {
  hub.tag = 'W/"7"';
  site.write("proposal.json", close);

  const planned = await site.run("plan", "proposal.json", "--json");
  const doctor = await site.run("doctor");

  expect([refusedWith(planned), planned.exitCode, doctor.exitCode]).toEqual([["E_FENCE_WEAK"], 10, 10]);
  expect(planned.out + planned.err).toContain("gate/north");
  expect(doctor.out).toContain("weak tag");
});

it("a tag that turns weak after the plan was approved is named as the cause of the 412", async () => {
  await planAndApprove(site, close);
  hub.tag = 'W/"7"';

  const applied = await site.run("apply");

  expect(applied.exitCode).toBe(14);
  expect(applied.err + applied.out).toContain("is weak, so it never matches");
  expect(hub.putAtMs).toHaveLength(1);
});

it("a weak tag is a fence like any other where the domain says that the target compares it", async () => {
  site.edit("pack/domain.yaml", "ifMatch: { $fence: true } }", "ifMatch: { $fence: true }, weakTags: true }");
  await site.run("trust");
  hub.tag = 'W/"7"';
  site.write("proposal.json", close);

  expect((await site.run("plan", "proposal.json")).exitCode).toBe(0);
  expect((await site.run("doctor")).exitCode).toBe(0);
});

it("a write is tried again no earlier than the target asks for", async () => {
  await planAndApprove(site, close);
  hub.put = (response) => {
    if (hub.putAtMs.length > 1) return false;
    response.writeHead(429, { "retry-after": "1" }).end();
    return true;
  };

  const applied = await site.run("apply");

  const [first = 0, second = 0] = hub.putAtMs;
  expect(applied.exitCode).toBe(0);
  expect(second - first).toBeGreaterThanOrEqual(990);
  expect(applied.err + applied.out).toContain("it asks to be left alone for 1 s");
});

it("a write whose target asks for more time than the run has left fails at once, untouched", async () => {
  await planAndApprove(site, close);
  hub.put = (response) => {
    response.writeHead(429, { "retry-after": "86400" }).end();
    return true;
  };

  const applied = await site.run("apply");

  expect([applied.exitCode, hub.putAtMs.length]).toEqual([14, 1]);
});

it("a refusal without an output is quoted where the output is asked for", async () => {
  hub.put = (response) => response.writeHead(422).end("too many gates").writableEnded;
  await planAndApprove(site, close);
  await site.run("apply");

  const { out } = await site.run("explain", "last", "--output", "close");

  expect(out).toContain("the log has no output of close beside its problem: E_TARGET_REFUSED");
  expect(out).toContain("too many gates");
});

it.each([
  [302, "", "let `base` and `path` name the final address"],
  [200, JSON.stringify("x".repeat(limits.outputBytesMax)), "let `observe` ask for less"],
])("a reading that %s ends is told what helps, and not that the target may not answer", async (status, body, hint) => {
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  site.write("proposal.json", close);

  const { err } = await site.run("plan", "proposal.json");

  expect(err).toContain("E_OBSERVE");
  expect(err).toContain(hint);
});
