import { setTimeout as sleep } from "node:timers/promises";
import type { Problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import type { Result } from "../../core/value/result.ts";
import { storePaths } from "../../log/sqlite/open.ts";
import { askOwner, type ControlAnswer, sendControl } from "../../owner/control/client.ts";
import type { ControlInput, StoreControl } from "../../owner/control/protocol.ts";
import type { Owner } from "../../owner/owner.ts";

/** Who takes an input: the owner of the store has answered, or this process owns it now. */
export type Taken =
  | { readonly kind: "answered"; readonly answer: Exclude<ControlAnswer, { readonly kind: "no_owner" }> }
  | { readonly kind: "owner"; readonly owner: Owner }
  | { readonly kind: "failed"; readonly problem: Problem };

// A command that only records something owns the store for some milliseconds, and is on no socket while it opens or closes it.
const patienceMs = 3_000;
const pauseMs = 40;

/** Gives an input to the owner of the store, or becomes the owner; a moment's collision with another command is waited out. */
export async function throughOwner(
  folder: string,
  input: ControlInput,
  open: () => Promise<Result<Owner, Problem>>,
): Promise<Taken> {
  for (const startMs = performance.now(); ; await sleep(pauseMs)) {
    const answer = await sendControl(storePaths(folder).socket, input);
    if (!("kind" in answer)) return { kind: "answered", answer };
    const owner = await open();
    if (owner.ok) return { kind: "owner", owner: owner.value };
    if (owner.error.code !== "E_STORE_LOCKED" || performance.now() - startMs > patienceMs)
      return { kind: "failed", problem: owner.error };
  }
}

/** Has the store worked on: by its owner, or as its owner for as long as that takes. */
export async function workOnStore(
  folder: string,
  input: StoreControl,
  open: () => Promise<Result<Owner, Problem>>,
): Promise<Result<JsonValue, Problem>> {
  for (const startMs = performance.now(); ; await sleep(pauseMs)) {
    const answer = await askOwner(storePaths(folder).socket, input);
    if (!("kind" in answer)) return answer;
    const owner = await open();
    if (!owner.ok && owner.error.code === "E_STORE_LOCKED" && performance.now() - startMs <= patienceMs) continue;
    if (!owner.ok) return owner;
    try {
      return await owner.value.maintain(input);
    } finally {
      await owner.value.close();
    }
  }
}

/** Becomes the owner of a store; waits out one that is about to leave. */
export async function openPatiently(open: () => Promise<Result<Owner, Problem>>): Promise<Result<Owner, Problem>> {
  for (const startMs = performance.now(); ; await sleep(pauseMs)) {
    const owner = await open();
    if (owner.ok || owner.error.code !== "E_STORE_LOCKED" || performance.now() - startMs > patienceMs / 3) return owner;
  }
}
