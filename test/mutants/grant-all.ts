// A grant that permits everything a domain can do, given through the door, and whether a plan may run under it.
import type { Envelope, Grant } from "../../src/core/approval/approval.ts";
import { checkGrant } from "../../src/core/approval/check-grant.ts";
import type { Plan } from "../../src/core/plan/plan.ts";
import { type Answer, type Interlock, ok } from "../../src/interlock.ts";
import { type Declarations, dataOf, textOf } from "../interpreter/declarations.ts";

const hourMs = 3_600_000;

/** Has a person grant every write of a domain on every object, each named, irreversible steps included. */
export async function grantAll(door: Interlock, domain: Declarations): Promise<Envelope> {
  await valueOf(door.createIdentity({ name: "rita", person: "rita", choosePassphrase: null }));
  const signer = await valueOf(
    door.signer({ as: null, askPassphrase: async () => ok(null), onMistyped: () => undefined }),
  );
  const writes = [...domain.actions.values()].filter(({ isRead }) => !isRead);
  const types = writes.map(({ input, target }) => textOf(dataOf(input.get(target ?? "")?.type)["object"]));
  const targets = types.flatMap((type) => (domain.inventory.get(type) ?? []).map((id) => `${type}/${id}`));
  const request = {
    actions: writes.map(({ name }) => name),
    targets,
    writeCountMax: 1_000,
    costUsdMax: 1_000,
    // Questions may be open for a day each.
    durationMsMax: 30 * 24 * hourMs,
    irreversible: true,
    validForMs: hourMs,
  };
  return (await valueOf(door.grant(request, signer))).envelope;
}

/** Whether a plan that somebody else proposed runs under a fresh grant, without a person's approval. */
export function isGranted(plan: Plan, envelope: Envelope): boolean {
  const store = { storeId: "store", place: null, madeAt: null };
  const grant: Grant = {
    format: "interlock.grant/2",
    grantId: "grant",
    principal: { kind: "person", id: "rita", keyId: null },
    issuedAtMs: 0,
    expiresAtMs: hourMs,
    attended: false,
    envelope,
    storeId: store.storeId,
    place: store.place,
  };
  const rules = { solo: false, validMsMax: hourMs };
  const used = { writeCount: 0, costUsd: 0 };
  // What only reads needs nobody.
  return plan.bounds.writeCount === 0 || checkGrant(grant, plan, { nowMs: 1, rules, used, store }).length === 0;
}

async function valueOf<T>(answer: Answer<T>): Promise<T> {
  const given = await answer;
  if (!given.ok) throw new Error(JSON.stringify(given.error));
  return given.value;
}
