import { expect, it } from "vitest";
import { systemProblem } from "./system-error.ts";

it("a system call that failed is told as the call, the file and what the error means", () => {
  const error = Object.assign(new Error("text of others"), { code: "EMFILE", syscall: "open", path: "/a\u001b[31m" });

  expect(systemProblem(error)).toMatchObject({
    code: "E_SYSTEM",
    message: "the system call `open` of `/a\\u{1b}[31m` failed: EMFILE, this process has too many files open",
  });
});

it("a system call that is told one level down is told too", () => {
  const error = Object.assign(new Error("x"), {
    code: "ERR_SYSTEM_ERROR",
    syscall: "uv_cwd",
    info: { code: "ENOENT" },
  });

  expect(systemProblem(error)?.message).toBe("the system call `uv_cwd` failed: ENOENT, it does not exist");
});

it.each([new Error("x"), Object.assign(new Error("x"), { code: "ERR_X" }), "text", null, { syscall: "open" }])(
  "what no system call gave is none: %s",
  (error) => {
    expect(systemProblem(error)).toBeNull();
  },
);
