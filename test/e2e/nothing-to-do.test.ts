// Where the goal holds already nothing is planned. Writes that the goal does not ask for are named, so that nobody
// takes them for done.
import { afterEach, beforeEach, expect, it } from "vitest";
import { type E2eSite, wireProposal } from "./e2e-site.fixture.ts";
import { createLampSite, type Lamps, setLamp, startLamps } from "./lamp.fixture.ts";

let lamps: Lamps;
let site: E2eSite;

beforeEach(async () => {
  lamps = await startLamps();
  site = await createLampSite(lamps);
  site.write("proposal.json", wireProposal([setLamp("first", "l1", 0), setLamp("second", "l2", 4)]));
});

afterEach(async () => {
  site.remove();
  await lamps.close();
});

it("names the writes that would change something and are left out", async () => {
  const goal = ["--goal", "lamp.l1.level == 0"];

  const { exitCode, out } = await site.run("plan", "proposal.json", "--detailed-exitcode", ...goal);
  const document = JSON.parse((await site.run("plan", "proposal.json", "--json", ...goal)).out);

  expect(exitCode).toBe(0);
  expect(out).toBe(
    "nothing to do: the goal holds already\n" +
      "  not planned, because the goal does not ask for it: lamp.set on lamp/l2 (level 0 → 4)\n",
  );
  expect(document).toMatchObject({ nothingToDo: true, leftOut: [{ stepIds: ["second"], targets: ["lamp/l2"] }] });
});

it("names none where nothing would change", async () => {
  lamps.levels = { l1: 0, l2: 4 };

  const { out } = await site.run("plan", "proposal.json", "--goal", "lamp.l1.level == 0");

  expect(out).toBe("nothing to do: the goal holds already\n");
});
