import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { actionDigest } from "../../src/core/domain/domain-digest.ts";
import { indexDomain } from "../../src/core/domain/domain-index.ts";
import type { SiteEvent } from "../../src/core/run/words/event.ts";
import { digest } from "../../src/core/value/digest.ts";
import { findUntrusted } from "../../src/flow/site/find-untrusted.ts";
import type { Site } from "../../src/flow/site/site.ts";
import { readSiteRecords } from "../../src/flow/site/site-records.ts";
import { createIdentity } from "../../src/identities/identity.ts";
import type { Owner } from "../../src/owner/owner.ts";

const packFolder = join(dirname(fileURLToPath(import.meta.url)), "pack");

/** Writes what a site needs on disk: where the target is, and who approves. */
export function writeSite(folder: string, targetUrl: string): void {
  mkdirSync(folder, { recursive: true });
  const config = {
    format: "interlock.site/1",
    pack: packFolder,
    connections: { target: { settings: { base: targetUrl } } },
  };
  // JSON is YAML too.
  writeFileSync(join(folder, "interlock.yaml"), JSON.stringify(config));
  const identity = createIdentity(join(folder, "identities"), {
    name: "approver",
    person: "approver",
    passphrase: null,
  });
  if (!identity.ok) throw new Error(identity.error.message);
}

/** Trusts the pack, and records that the action on a cell was tried both ways; once in the life of a store. */
export async function prepareSite(owner: Owner, site: Site): Promise<void> {
  if (findUntrusted(site, readSiteRecords(owner.store)) === null) return;
  const by = { kind: "person", id: "operator", keyId: null } as const;
  const action = site.pack.domain.actions.find(({ name }) => name === "cell.set");
  if (action === undefined) throw new Error("the torture's pack sets cells");
  const events: readonly SiteEvent[] = [
    {
      kind: "pack_trusted",
      runId: null,
      pack: site.pack.domain.name,
      digest: site.pack.digest,
      site: site.configDigest,
      by,
    },
    {
      kind: "round_trip_recorded",
      runId: null,
      action: action.name,
      actionDigest: actionDigest(action, indexDomain(site.pack.domain)),
      target: "cell/c0",
      evidence: digest("interlock.test/1", "torture"),
      by,
    },
  ];
  const recorded = await owner.engine.record(events, []);
  if (!recorded.ok) throw new Error(recorded.error.message);
}
