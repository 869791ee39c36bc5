import { expect, it } from "vitest";
import { countBranches, measureKernel } from "./support/kernel-coverage.ts";

it("the kernel's own tests take every branch of the kernel", { timeout: 120_000 }, () => {
  const { branchCount, missed } = measureKernel();

  expect(missed).toEqual([]);
  expect(branchCount).toBeGreaterThan(1_000);
});

it("a branch counts unless it is a `default` that the compiler has proven unreachable", () => {
  const source = [
    "switch (a) {",
    "  case 1:",
    "    return 2;",
    "  default:",
    "    return assertNever(a);",
    "  default:",
    "    return null;",
    "}",
  ].join("\n");
  const place = (line: number): { readonly start: { readonly line: number } } => ({ start: { line } });

  const counted = countBranches(source, {
    branchMap: { 0: { loc: place(1), locations: [place(2), place(4), place(6)] } },
    b: { 0: [1, 0, 0] },
  });

  expect(counted).toEqual({ branchCount: 2, missed: [6] });
});
