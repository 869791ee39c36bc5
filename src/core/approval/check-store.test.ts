import { describe, expect, it } from "vitest";
import { type CurrentStore, checkStore } from "./check-store.ts";

const here = { path: "/site/.interlock", file: "4711" };
const store: CurrentStore = { storeId: "st_1", place: here, madeAt: here };

const found = (signed: Partial<Parameters<typeof checkStore>[0]>, now: Partial<CurrentStore> = {}) =>
  checkStore(
    { format: "interlock.approval/3", issuedAtMs: 10, storeId: "st_1", place: here, ...signed },
    { ...store, ...now },
  ).map(({ code, pointer, message }) => `${code} ${pointer} ${message}`);

describe("what was signed for one store", () => {
  it("counts there, and in a journal elsewhere for its store's id alone", () => {
    expect([found({}), found({ place: null }, { place: null })]).toEqual([[], []]);
  });

  it.each([
    ["another store", { storeId: "st_2" }, "E_APPROVAL_STORE /storeId"],
    ["a copy in another folder", { place: { path: "/copy", file: "4711" } }, "E_APPROVAL_STORE /place"],
    ["a copy that was put in its place", { place: { ...here, file: "4712" } }, "E_APPROVAL_STORE /place"],
    ["a folder that was a journal's mirror when it was signed", { place: null }, "E_APPROVAL_STORE /place"],
  ] as const)("does not count in %s", (_, now, expected) => {
    expect(found({}, now)).toEqual([expect.stringContaining(expected)]);
  });

  it("does not count once a person has accepted that records are missing, unless it was signed later", () => {
    expect([10, 11].flatMap((sinceMs) => found({}, { sinceMs }))).toEqual([
      expect.stringContaining("E_APPROVAL_STORE /issuedAtMs"),
      expect.stringContaining("E_APPROVAL_STORE /issuedAtMs"),
    ]);
    expect(found({}, { sinceMs: 9 })).toEqual([]);
  });

  it("says what was expected and what was found", () => {
    expect(found({}, { place: { path: "/copy", file: "12" } })).toEqual([
      "E_APPROVAL_STORE /place it is for the store at `/site/.interlock` (file 4711), and this is a copy of it, " +
        "at `/copy` (file 12)",
    ]);
  });
});

describe("what was signed before stores were named", () => {
  const old = { format: "interlock.approval/1", issuedAtMs: 10 };
  const found = (now: Partial<CurrentStore>) => checkStore(old, { ...store, ...now }).map(({ code }) => code);

  it("counts where the store is what it was when it got its id, and nowhere else", () => {
    expect(found({})).toEqual([]);
    expect(found({ place: { path: "/copy", file: "4711" } })).toEqual(["E_APPROVAL_STORE"]);
    expect(found({ place: { ...here, file: "12" } })).toEqual(["E_APPROVAL_STORE"]);
  });

  it("does not count where no record says where the store was made", () => {
    expect(found({ madeAt: null })).toEqual(["E_APPROVAL_STORE"]);
    expect(found({ madeAt: null, place: null })).toEqual(["E_APPROVAL_STORE"]);
  });
});
