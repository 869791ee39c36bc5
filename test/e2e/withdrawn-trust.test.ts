// The trust in a pack or in interlock.yaml can be withdrawn by its digest. Nothing is read, approved or started with it
// any more, until somebody trusts the same again.
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  setLevel,
  wireProposal,
} from "./e2e-site.fixture.ts";

interface Listed {
  readonly trusts: readonly {
    readonly digest: string;
    readonly site: string;
    readonly isCurrent: boolean;
    readonly withdrawn: { readonly by: { readonly id: string }; readonly reason: string } | null;
  }[];
}

let site: E2eSite;
let hash: string;

beforeEach(async () => {
  site = await createE2eSite();
  await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
  hash = site.events().flatMap((event) => (event.kind === "plan_recorded" ? [event.planHash] : []))[0] ?? "none";
});

afterEach(() => site.remove());

async function listed(): Promise<Listed["trusts"]> {
  const document: Listed = JSON.parse((await site.run("trust", "--list", "--json")).out);
  return document.trusts;
}

const withdraw = (digest: string, reason = "it runs as root") =>
  site.run("trust", "--withdraw", digest, "--reason", reason, "--json");

it.each(["digest", "site"] as const)(
  "what was approved with it starts no more once its %s is withdrawn",
  async (part) => {
    const [trusted] = await listed();
    const before = site.read("conf/app.json");

    expect((await withdraw(trusted?.[part] ?? "")).exitCode).toBe(0);
    const applied = await site.run("apply", hash, "--json");
    const planned = await site.run("plan", "proposal.json", "--json");
    const doctor = await site.run("doctor");

    expect([refusedWith(applied), refusedWith(planned)]).toEqual([["E_PACK_UNTRUSTED"], ["E_PACK_UNTRUSTED"]]);
    expect(applied.out).toContain("withdrew the trust in the pack");
    expect(doctor.out).toContain("it runs as root");
    expect(site.read("conf/app.json")).toBe(before);
  },
);

it("an earlier state of the pack cannot come back: its trust is withdrawn by the beginning of its digest", async () => {
  const old = site.read("pack/domain.yaml");
  const [first] = await listed();
  site.edit("pack/domain.yaml", "debug, info", "debug,  info");
  await site.run("trust");
  await withdraw(first?.digest.slice(0, "sha256:".length + 12) ?? "");
  const now = await listed();
  site.write("pack/domain.yaml", old);

  const refused = await site.run("plan", "proposal.json", "--json");

  expect(now.map(({ isCurrent, withdrawn }) => [isCurrent, withdrawn?.reason ?? null])).toEqual([
    [true, null],
    [false, "it runs as root"],
  ]);
  expect(refusedWith(refused)).toEqual(["E_PACK_UNTRUSTED"]);
});

it("trusting the same again says who had withdrawn it, and what counts again", async () => {
  const [trusted] = await listed();
  const first = await site.run("trust", "--withdraw", trusted?.digest ?? "", "--reason", "it runs as root");

  const { out } = await site.run("trust");
  const again = await site.run("trust", "--json");

  expect(first.out).toContain("do not start, until somebody trusts exactly the same again");
  expect(out).toContain("withdrew the trust in this at ");
  expect(out).toContain("it runs as root");
  expect(out).toContain("what was approved before that counts again");
  // By then it is trusted: nothing was withdrawn in between.
  expect(JSON.parse(again.out)).not.toHaveProperty("withdrawnBefore");
});

it("trusting the same again counts, and the list shows both", async () => {
  const [trusted] = await listed();
  await withdraw(trusted?.digest ?? "");
  await site.run("trust");

  expect((await site.run("apply", hash)).exitCode).toBe(0);
  expect((await site.run("trust", "--list")).out.split("\n").map((line) => line.split(":")[0])).toEqual([
    "trusted, as it is now",
    "withdrawn",
    "  withdrawn by olivia at 20" + new Date().toISOString().slice(2, 13),
    "",
  ]);
});

it("a digest that is not trusted, a short one and a missing reason are refused, and so is an agent", async () => {
  const [trusted] = await listed();
  const digest = trusted?.digest ?? "";
  await withdraw(digest);

  for (const refused of [await withdraw(digest), await withdraw("0".repeat(12)), await withdraw("sha256:0")])
    expect(refusedWith(refused)).toEqual(["E_USAGE"]);
  expect(refusedWith(await withdraw(trusted?.site ?? "", " "))).toEqual(["E_USAGE"]);
  const byAgent = await site.runAs({ actor: "agent:bot" }, "trust", "--withdraw", digest, "--reason", "x", "--json");
  expect(refusedWith(byAgent)).toEqual(["E_NOT_PERMITTED"]);
});
