// What `examine` reads, and of whom it asks whether it may.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectors } from "../../src/connectors/index.ts";
import { type Authorizer, type Connector, type Interlock, problem } from "../../src/interlock.ts";
import { PortSite } from "./port-site.fixture.ts";
import { value } from "./site.fixture.ts";

let door: PortSite;
beforeEach(async () => {
  door = await new PortSite().begin();
});
afterEach(() => door.remove());

/** A connector that counts its calls. */
function counting(calls: string[]): ReadonlyMap<string, Connector> {
  const file = connectors.get("file");
  if (file === undefined) throw new Error("there is a file connector");
  const perform: Connector["perform"] = (request) => {
    calls.push(request.operation);
    return file.perform(request);
  };
  return new Map([["file", { ...file, perform }]]);
}

async function examine(site: Interlock): Promise<readonly string[]> {
  const findings = await value(site.examine({ nodeVersion: process.versions.node }));
  return findings.map(({ what, state }) => `${what} ${state}`);
}

describe("examining a site", () => {
  it("calls no target before the pack is trusted: an untrusted pack says where secrets are sent", async () => {
    const calls: string[] = [];
    const site = await door.open({ connectors: counting(calls) });

    const untrusted = await examine(site);
    const before = calls.length;
    await value(site.trust());
    const trusted = await examine(site);

    // The pack reads two objects: the file and its service.
    expect([before, calls]).toEqual([0, ["read", "read"]]);
    expect(untrusted).toContain("trust note");
    expect(untrusted.filter((finding) => finding.startsWith("connection"))).toEqual([]);
    expect(trusted).toContain("trust good");
    expect(trusted.filter((finding) => finding.startsWith("connection"))).toEqual([
      "connection disk good",
      "connection disk good",
    ]);
  });

  it("calls no target that the actor may not read", async () => {
    const calls: string[] = [];
    const asked: string[] = [];
    const no = problem("E_NOT_PERMITTED", "", "not this one");
    const authorizer: Authorizer = {
      authorize: ({ capability, resource }) => {
        asked.push(`${capability} ${resource}`);
        return resource.endsWith("/app")
          ? { kind: "forbid", policies: null, problem: no }
          : { kind: "permit", policies: null, reason: "" };
      },
    };
    const site = await door.open({ connectors: counting(calls), authorizer });
    await value(site.trust());

    const findings = await examine(site);

    expect(asked.slice(-3)).toEqual(["read site", "read config/app", "read service/app"]);
    expect(calls).toEqual([]);
    expect(findings).toContain("connection disk bad");
  });
});
