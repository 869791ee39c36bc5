import { expect, it, vi } from "vitest";
import { systemUser } from "./system-user.ts";

vi.mock("node:os", async (original) => ({
  ...(await original<typeof import("node:os")>()),
  userInfo: () => {
    throw Object.assign(new Error("no entry"), { syscall: "uv_os_get_passwd", info: { code: "ENOENT" } });
  },
}));

it("a user whom the system knows by number alone is called by the number, as a person", () => {
  expect(systemUser()).toEqual({ kind: "person", id: `uid-${process.getuid?.()}`, keyId: null });
});
