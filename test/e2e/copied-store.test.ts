// One approval, one store: a copy of a store starts nothing that was approved in the original, and neither does a copy
// that was put in its place.
import { cpSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  setLevel,
  wireProposal,
} from "./e2e-site.fixture.ts";

let site: E2eSite;
let untouched: string;

beforeEach(async () => {
  site = await createE2eSite();
  untouched = site.read("conf/app.json");
});

afterEach(() => site.remove());

const store = (name = ".interlock"): string => join(site.folder, name);
const copy = (from: string, to: string): void => cpSync(store(from), store(to), { recursive: true });
const planned = (): string =>
  site.events().flatMap((event) => (event.kind === "plan_recorded" ? [event.planHash] : []))[0] ?? "none";

describe("an approval", () => {
  beforeEach(() => planAndApprove(site, wireProposal([setLevel("louder", "debug")])));

  it("runs in its own store, and not a second time in a copy of it", async () => {
    copy(".interlock", "copy");

    const own = await site.run("apply", planned());
    site.write("conf/app.json", untouched);
    const second = await site.run("--store", "copy", "apply", planned(), "--json");

    expect(own.exitCode).toBe(0);
    expect(refusedWith(second)).toEqual(["E_APPROVAL_STORE"]);
    expect(second.exitCode).toBe(11);
    expect(second.out).toContain(`is for the store at \`${store()}\``);
    expect(second.out).toContain(`a copy of it, at \`${store("copy")}\``);
    expect(site.read("conf/app.json")).toBe(untouched);
  });

  it("that was used is not unused again once a copy from before takes the store's place", async () => {
    copy(".interlock", "backup");
    await site.run("apply", planned());
    site.write("conf/app.json", untouched);
    rmSync(store(), { recursive: true });
    renameSync(store("backup"), store());

    expect(refusedWith(await site.run("apply", planned(), "--json"))).toEqual(["E_APPROVAL_STORE"]);
    expect(site.read("conf/app.json")).toBe(untouched);
  });

  it("can be given anew in the copy, and counts there alone", async () => {
    copy(".interlock", "copy");

    const approved = await site.run("--store", "copy", "approve", planned(), "--target", "config.log_level config/app");
    const applied = await site.run("--store", "copy", "apply", planned());

    expect([approved.exitCode, applied.exitCode]).toEqual([0, 0]);
  });
});

describe("a grant", () => {
  it("lets no plan start in a copy of its store", async () => {
    await site.run(
      ...[
        "grant",
        "--actions",
        "config.log_level",
        "--targets",
        "config/app",
        "--writes",
        "1",
        "--irreversible",
        "--yes",
      ],
    );
    site.write("proposal.json", wireProposal([setLevel("louder", "debug")]));
    await site.run("plan", "proposal.json");
    copy(".interlock", "copy");

    const own = await site.run("apply", planned());
    site.write("conf/app.json", untouched);
    const second = await site.run("--store", "copy", "apply", planned(), "--json");

    expect(own.exitCode).toBe(0);
    expect(refusedWith(second)).toContain("E_APPROVAL_STORE");
    expect(site.read("conf/app.json")).toBe(untouched);
  });
});
