// A service over http whose facts nobody could list: an image, a version, a share, a rate and an instant.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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
name: shop
version: "1"
summary: Two services behind one hub.
environment: lab
connections:
  hub: { connector: http }
types:
  service:
    facts:
      image: { string: { max: 60, charset: line } }
      version: { version: semver }
      channel: { releases: ["1.9", "1.10", "1.11"] }
      share: { decimal: { min: 0, max: 1, step: 0.01, thresholds: [0.5] } }
      errorRate: { decimal: { min: 0, max: 1, step: 0.001, thresholds: [0.05] } }
      frozenUntil: { instant: { thresholds: ["2026-12-01T00:00:00Z"] } }
    observe:
      uses: hub/get
      with: { path: [services, { $target: id }] }
      facts:
        image: /body/image
        version: /body/version
        channel: /body/channel
        share: /body/share
        errorRate: /body/errorRate
        frozenUntil: /body/frozenUntil
      fingerprint: [/body/id]
inventory:
  service: { web: {}, api: {} }
invariants:
  none_is_old: inventory.service.all(s, s.version >= '1.9.0')
actions:
  service.deploy:
    summary: Deploys an image, never an older version.
    class: reversible
    idempotency: natural
    uses: hub/put
    with: { path: [services, { $arg: service }], body: { image: { $arg: image }, version: { $arg: version } } }
    target: service
    input: { service: { object: service }, image: { string: { max: 60 } }, version: { version: semver } }
    pre: arg.version >= self.version && self.errorRate < 0.05 && self.frozenUntil <= '2026-12-01T01:00:00+01:00'
    effect: [self.image = arg.image, self.version = arg.version]
    compensate: { action: service.restore, args: { image: { before: image }, version: { before: version } } }
    timeout: 2s
  service.restore:
    summary: Takes a service back to what it was.
    class: reversible
    idempotency: natural
    uses: hub/put
    with: { path: [services, { $arg: service }], body: { image: { $arg: image }, version: { $arg: version } } }
    target: service
    input:
      service: { object: service }
      image: { type: { string: { max: 60 } }, integrity: endorsed }
      version: { type: { version: semver }, integrity: endorsed }
    effect: [self.image = arg.image, self.version = arg.version]
    compensate: { action: service.restore, args: { image: { before: image }, version: { before: version } } }
    timeout: 2s
  service.shift:
    summary: Gives a service its share, and says until when it stays so.
    class: reversible
    idempotency: natural
    uses: hub/put
    with: { path: [services, { $arg: service }], body: { share: { $arg: share }, frozenUntil: { $arg: until } } }
    target: service
    input: { service: { object: service }, share: { decimal: { min: 0, max: 1, step: 0.01 } }, until: instant }
    effect: [self.share = arg.share, self.frozenUntil = arg.until]
    compensate: { action: service.shift, args: { share: { before: share }, until: { before: frozenUntil } } }
    timeout: 2s
`;

const hub = { services: new Map<string, Record<string, unknown>>(), puts: [] as string[] };
let server: Server;
let site: E2eSite;

function answer(request: IncomingMessage, response: ServerResponse): void {
  let body = "";
  request.on("data", (chunk: Buffer) => void (body += chunk.toString()));
  request.on("end", () => {
    const id = (request.url ?? "").split("/")[2] ?? "";
    const service = hub.services.get(id) ?? {};
    if (request.method === "PUT") {
      hub.puts.push(`${id} ${body}`);
      Object.assign(service, JSON.parse(body));
    }
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ id, ...service }));
  });
}

beforeEach(async () => {
  const service = (id: string) => ({
    image: `registry.example/${id}:v1.9.0`,
    version: "1.9.0",
    channel: "1.9",
    // As a float of 32 bits comes back.
    share: 0.30000001192092896,
    errorRate: 0.0123456789,
    frozenUntil: "2026-11-30T20:00:00+02:00",
  });
  hub.puts = [];
  hub.services = new Map(["web", "api"].map((id) => [id, service(id)]));
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo;
  site = await createE2eSite({ domain, connections: { hub: { settings: { base: `http://127.0.0.1:${port}` } } } });
});

afterEach(() => {
  site.remove();
  server.close();
  server.closeAllConnections();
});

const deploy = (version: string, action = "service.deploy"): object =>
  wireStep("deploy", {
    action,
    args: wireArgs({ service: "web", image: `registry.example/web:v${version}`, version }),
  });
const shift = (share: unknown, until: unknown): object =>
  wireStep("shift", { action: "service.shift", after: ["deploy"], args: wireArgs({ service: "web", share, until }) });

async function planOf(steps: readonly object[], goal = ""): Promise<readonly string[]> {
  site.write("proposal.json", wireProposal(steps, { goal }));
  return refusedWith(await site.run("plan", "proposal.json", "--json"));
}

it("is deployed, read back and rolled back, without a list of what may be", async () => {
  const goal = "service.web.image == 'registry.example/web:v1.10.0' && service.web.version >= '1.10.0'";
  await planAndApprove(site, wireProposal([deploy("1.10.0"), shift(0.75, "2026-12-01T00:30:00+01:00")], { goal }));

  const applied = await site.run("apply", "last");
  const { steps } = JSON.parse((await site.run("explain", "last", "--json")).out);

  expect([applied.exitCode, applied.err]).toEqual([0, expect.any(String)]);
  expect(steps[1]).toMatchObject({
    predicted: [
      { fact: "service.web.share", value: 0.75 },
      { fact: "service.web.frozenUntil", value: "2026-11-30T23:30:00Z" },
    ],
    observed: [{ value: 0.75 }, { value: "2026-11-30T23:30:00Z" }],
  });

  const rolledBack = await site.run("rollback");
  await site.run("approve", "last", ...(await typed()));
  const undone = await site.run("apply", "last");

  expect([rolledBack.exitCode, undone.exitCode]).toEqual([0, 0]);
  expect(hub.puts).toEqual([
    'web {"image":"registry.example/web:v1.10.0","version":"1.10.0"}',
    'web {"frozenUntil":"2026-12-01T00:30:00+01:00","share":0.75}',
    'web {"frozenUntil":"2026-11-30T18:00:00Z","share":0.3}',
    'web {"image":"registry.example/web:v1.9.0","version":"1.9.0"}',
  ]);
});

async function typed(): Promise<readonly string[]> {
  const { review } = JSON.parse((await site.run("show", "last", "--json")).out);
  return review.writes.flatMap((write: { readonly phrase: string }) => ["--target", write.phrase]);
}

describe("a downgrade", () => {
  it("is refused when it is planned: by the precondition, and for an operator too by the invariant", async () => {
    expect(await planOf([deploy("1.8.9")])).toEqual(["E_EFFECT_PRE", "E_EFFECT_INVARIANT"]);
    expect(await planOf([deploy("1.9.0-rc.1")])).toContain("E_EFFECT_PRE");
    expect(await planOf([deploy("1.8.9", "service.restore")])).toContain("E_TAINT");
    site.write(
      "restore.json",
      wireProposal([
        wireStep("back", {
          action: "service.restore",
          args: [
            ...wireArgs({ service: "web" }),
            { name: "image", from: "input", value: "image" },
            { name: "version", from: "input", value: "version" },
          ],
        }),
      ]),
    );
    const inputs = ["--input", 'image="registry.example/web:v1.8.0"', "--input", 'version="1.8.0"'];

    expect(refusedWith(await site.run("plan", "restore.json", "--json", ...inputs))).toEqual(["E_EFFECT_INVARIANT"]);
    expect(hub.puts).toEqual([]);
  });

  it("that somebody else makes stops a run before its first write, and is told", async () => {
    await planAndApprove(site, wireProposal([deploy("1.10.0")]));
    Object.assign(hub.services.get("api") ?? {}, { version: "1.8.0" });

    const applied = await site.run("apply", "last");
    const explained = await site.run("explain", "last");

    expect([applied.exitCode, hub.puts]).toEqual([14, []]);
    expect(explained.out).toContain("needs service.api.version >= semver('1.9.0')");
    expect(explained.out).toContain("service.api.version: seen 1.8.0");
  });

  it("that somebody else makes of the target itself keeps the write from being sent", async () => {
    await planAndApprove(site, wireProposal([deploy("1.10.0")]));
    Object.assign(hub.services.get("web") ?? {}, { version: "1.11.0" });

    const applied = await site.run("apply", "last");

    expect([applied.exitCode, hub.puts]).toEqual([14, []]);
    expect((await site.run("explain", "last")).out).toContain("service.web.version <= semver('1.10.0')");
  });
});

it.each([
  ["a version of two numbers", { version: "1.10" }, "expected a semantic version such as `1.10.0`"],
  ["an invisible character", { image: "v1\u200b" }, "which holds an invisible character; expected a text"],
  ["100 kB", { image: "x".repeat(100_000) }, "which has 100000 characters; expected a text of at most 60 characters"],
  ["a number in quotes", { errorRate: "0.01" }, "expected a number from 0 to 1 in steps of 0.001"],
  ["a number that is too great", { errorRate: 1.5 }, "found the number 1.5 at `/body/errorRate`"],
  ["a leap second", { frozenUntil: "2016-12-31T23:59:60Z" }, "expected an instant such as `2026-11-30T17:00:00Z`"],
])("a plan that needs the fact is refused where the target shows %s", async (_, shown, why) => {
  Object.assign(hub.services.get("web") ?? {}, shown);
  site.write("proposal.json", wireProposal([deploy("1.10.0")]));

  const planned = await site.run("plan", "proposal.json", "--json");

  expect(refusedWith(planned)).toEqual(["E_FACT_TYPE"]);
  expect(planned.out).toContain(why);
});

it("a goal compares by order with declared values alone, and says what was found and expected", async () => {
  expect(await planOf([deploy("1.10.0")], "service.web.errorRate < 0.06")).toEqual(["E_GUARD_UNBOUNDED"]);
  expect(await planOf([deploy("1.10.0")], "service.web.image == service.api.image")).toEqual(["E_GUARD_UNBOUNDED"]);
  expect(await planOf([deploy("1.10.0")], "service.web.channel >= '1.12'")).toEqual(["E_GUARD_TYPE"]);
  expect(await planOf([deploy("1.10.0")], "service.web.share == 0.755")).toEqual(["E_GUARD_TYPE"]);
  expect(await planOf([shift(0.755, "soon")])).toEqual(expect.arrayContaining(["E_ARG_SCHEMA"]));
});
