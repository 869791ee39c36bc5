import { describe, expect, it } from "vitest";
import { isErrorOfStore, isStorageError, readProblem, storeProblem } from "./store-problem.ts";

const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: no, open '/x'`), { code, syscall: "open" });
const sqliteError = (errcode: number): Error =>
  Object.assign(new Error("sqlite says so"), { code: "ERR_SQLITE_ERROR", errcode });

describe("what the storage reports", () => {
  it.each([
    [systemError("EMFILE"), "E_STORE_IO", /more files open/],
    [systemError("EACCES"), "E_STORE_IO", /right to write/],
    [systemError("EROFS"), "E_STORE_IO", /right to write/],
    [systemError("ENOENT"), "E_STORE_IO", /what the message names/],
    [systemError("ENOSPC"), "E_STORE_FULL", /space/],
    [systemError("EIO"), "E_STORE_IO", /check the disk/],
    [sqliteError(8), "E_STORE_IO", /right to write/],
    [sqliteError(10), "E_STORE_IO", /check the disk/],
    [sqliteError(14), "E_STORE_IO", /may be opened/],
    [sqliteError(13), "E_STORE_FULL", /space/],
  ])("is told with a hint that fits: %s", (error, code, hint) => {
    expect(storeProblem(error)).toMatchObject({ code, hint: expect.stringMatching(hint), next: { do: "resume" } });
  });

  it("speaks of the disk only where it is the disk", () => {
    const others = ["EMFILE", "EACCES", "ENOENT", "EISDIR", "ELOOP"].map(systemError);

    for (const error of [...others, sqliteError(8), sqliteError(14), sqliteError(5)])
      expect(readProblem(error).hint).not.toContain("disk");
  });

  it("is not every system call that fails anywhere", () => {
    expect([isStorageError(systemError("ENOENT")), isErrorOfStore(systemError("ENOENT"))]).toEqual([true, false]);
    expect(isErrorOfStore(sqliteError(10))).toBe(true);
  });
});
