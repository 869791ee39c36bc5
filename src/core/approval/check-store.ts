import { type Problem, problem } from "../value/codes.ts";
import { quote } from "../value/text.ts";
import type { SignedFor, StoreAddress } from "./approval.ts";

/** The store in which something that a person signed is to count now. */
export interface CurrentStore extends SignedFor {
  /** Where the store was when it got its id; `null` where no record says so. */
  readonly madeAt: StoreAddress | null;
  /**
   * What was signed up to this time does not count: a person accepted then that records are missing from the log, and
   * one of them may have used it. Absent where nobody did.
   */
  readonly sinceMs?: number;
}

/**
 * Whether a signature is for this store. The log of a copy holds the same signatures under the same id, and what was
 * used here is unused there: without this, one approval would run once in each copy.
 *
 * One of an earlier form names no store. It counts under its old meaning only where the store is still what it was when
 * it got its id: by then the older release had written its last.
 */
export function checkStore(
  signed: {
    readonly format: string;
    readonly issuedAtMs: number;
    readonly storeId?: string;
    readonly place?: StoreAddress | null;
  },
  store: CurrentStore,
): readonly Problem[] {
  const { storeId, place } = signed;
  if (store.sinceMs !== undefined && signed.issuedAtMs <= store.sinceMs)
    return [refusal("/issuedAtMs", "it was signed before a person accepted that records are missing from this log")];
  if (storeId === undefined || place === undefined) return checkUnnamed(signed.format, store);
  if (storeId !== store.storeId)
    return [refusal("/storeId", `it is for the store ${quote(storeId)}, and this is ${quote(store.storeId)}`)];
  if (isSamePlace(place, store.place)) return [];
  return [
    refusal("/place", `it is for the store ${describe(place)}, and this is a copy of it, ${describe(store.place)}`),
  ];
}

function checkUnnamed(format: string, { place, madeAt }: CurrentStore): readonly Problem[] {
  if (place !== null && madeAt !== null && isSamePlace(place, madeAt)) return [];
  const known = madeAt === null ? "nothing says where this store was made" : `this store was made ${describe(madeAt)}`;
  return [refusal("", `as ${quote(format)} it names no store; ${known}, and it is ${describe(place)}`)];
}

function isSamePlace(one: StoreAddress | null, other: StoreAddress | null): boolean {
  if (one === null || other === null) return one === other;
  return one.path === other.path && one.file === other.file;
}

function describe(place: StoreAddress | null): string {
  return place === null ? "in a journal elsewhere" : `at ${quote(place.path)} (file ${place.file})`;
}

function refusal(pointer: string, message: string): Problem {
  return problem("E_APPROVAL_STORE", pointer, message);
}
