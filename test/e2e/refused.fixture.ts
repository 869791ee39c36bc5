import { expect } from "vitest";
import { type E2eSite, type Printed, refusedWith } from "./e2e-site.fixture.ts";

/** What somebody types who approves `pack/proposals/log-more.json`. */
export const logMoreTargets: readonly string[] = [
  ...["--target", "config.log_level config/app"],
  ...["--target", "config.workers config/app"],
];

/** One code, one exit code, and a line that says so. */
export interface ExpectedRefusal {
  readonly code: string;
  readonly exitCode: number;
  readonly says: string;
  /** What the configuration holds before and, unless it is `touched`, after. */
  readonly left: string;
  readonly touched?: boolean;
}

/** A refusal as a person and a script see it: the same code and exit code, nothing touched, and a record in the log. */
export async function expectRefusedAt(
  site: E2eSite,
  argv: readonly string[],
  expected: ExpectedRefusal,
): Promise<Printed> {
  const before = site.events().length;
  const forPeople = await site.run(...argv);
  const recorded = site.events().slice(before);
  const forScripts = await site.run(...argv, "--json");

  expect(forPeople.err).toContain(expected.code);
  expect(forPeople.err).toContain(expected.says);
  expect(forPeople.err).toMatch(/^ {2}→ \S/m);
  expect(forPeople.exitCode).toBe(expected.exitCode);
  expect(refusedWith(forScripts)).toContain(expected.code);
  expect(forScripts.exitCode).toBe(expected.exitCode);
  expect(recorded).toContainEqual(
    expect.objectContaining({ kind: "input_refused", problem: expect.objectContaining({ code: expected.code }) }),
  );
  if (expected.touched !== true) expect(site.read("conf/app.json")).toBe(expected.left);
  return forPeople;
}
