// `npm run demo:firmware`: upgrades firmware on a real process, in the right order, in a wrong one, and with a failure
// half-way.
import { type RunningArray, startArray } from "./client.ts";
import { createSite, type DemoSite, proposalPath } from "./demo-site.ts";

/** One claim of the demonstration, and whether the array confirms it. */
interface Claim {
  readonly claim: string;
  readonly holds: boolean;
}

interface Demo {
  readonly array: RunningArray;
  readonly site: DemoSite;
  readonly tell: (line: string) => void;
  readonly check: (claim: string, holds: boolean) => void;
}

const upgradeMs = 600;
const isJson = process.argv.includes("--json");

/** Does and undoes each action once on the real array. Only then is it called reversible. */
async function earnReversibility({ site, tell, check }: Demo): Promise<void> {
  tell(
    "\n1. Who may do what: the pack is trusted by its digest, a demo key signs, " +
      "and each way back is tried before it is relied upon.\n",
  );
  await site.run(["trust"]);
  await site.run(["identity", "create", "demo-operator", "--unattended", "--person", "demo-operator"]);
  const trips = [
    { action: "host.use_path", args: ['host="h1"', 'controller="b"'], target: "host/h1" },
    { action: "volumes.move", args: ['volumes="all"', 'controller="b"'], target: "volumes/all" },
    { action: "controller.install_firmware", args: ['controller="b"', 'version="4.2.0"'], target: "controller/b" },
  ];
  for (const { action, args, target } of trips) {
    const tried = await site.run([
      "actions",
      "test",
      action,
      ...args.flatMap((arg) => ["--arg", arg]),
      "--target",
      `${action} ${target}`,
      "--yes",
    ]);
    check(`\`${action}\` was done and undone on the array itself`, tried.exitCode === 0);
  }
}

/** Plans, approves and runs a proposal. The exit code is that of the run. */
async function walk({ site }: Demo, proposal: string, inputs: readonly string[] = []): Promise<number> {
  const planned = await site.run(["plan", proposalPath(proposal), ...inputs.flatMap((input) => ["--input", input])]);
  if (planned.exitCode !== 0) return planned.exitCode;
  const approved = await site.run(["approve", "last", "--yes"]);
  if (approved.exitCode !== 0) return approved.exitCode;
  return (await site.run(["apply", "last"])).exitCode;
}

async function showWrongOrder(demo: Demo): Promise<void> {
  const { array, tell, check } = demo;
  tell(
    '\n2. A plan that sounds right: the active controller first, "the hosts fail over by themselves". They do not.\n',
  );
  const before = (await array.effects()).length;
  const exitCode = await walk(demo, "wrong-order-active-first");
  check(
    "the wrong order ends before its first write (exit 10 to 19: nothing was touched)",
    exitCode >= 10 && exitCode < 20 && (await array.effects()).length === before,
  );
}

async function showRightOrder(demo: Demo): Promise<void> {
  const { array, tell, check } = demo;
  tell("\n3. The right order: the passive controller, every host, the volumes, then the controller that was active.\n");
  const before = (await array.effects()).length;
  const exitCode = await walk(demo, "upgrade-both");
  const { controllers } = await array.snapshot();
  check("both controllers run 4.2.0", exitCode === 0 && controllers.every(({ firmware }) => firmware === "4.2.0"));
  check("the array counts seven writes for seven steps", (await array.effects()).length === before + 7);
}

async function showFailure(demo: Demo): Promise<void> {
  const { array, tell, check } = demo;
  tell(
    "\n4. The next upgrade fails half-way: the second controller comes back with its old firmware. " +
      "Everything is undone, in reverse.\n",
  );
  const before = await array.snapshot();
  await array.fault({ kind: "fail_upgrade", controller: "b", outcome: "reverted" });
  const exitCode = await walk(demo, "upgrade-to-version", ['version="5.0.0"', 'passive="a"', 'active="b"']);
  await array.settled();
  check("the failed upgrade ends compensated (exit 20)", exitCode === 20);
  check(
    "the array is as it was before, ETag and all",
    JSON.stringify(await array.snapshot()) === JSON.stringify(before),
  );
}

async function showBooks({
  array,
  site,
  tell,
  check,
}: Demo): Promise<{ readonly reads: number; readonly missed: number; readonly unavailableMs: number }> {
  tell("\n5. The books: the log's chain, and what the hosts lived through all the while.\n");
  const verified = await site.run(["log", "verify"]);
  check("the log holds", verified.exitCode === 0);
  const { reads, unavailableMs } = await array.availability();
  tell(`  the array: ${reads.ok} reads answered, ${reads.unavailable} missed, ${unavailableMs} ms unavailable`);
  check("no host missed a read", reads.ok > 0 && reads.unavailable === 0 && unavailableMs === 0);
  return { reads: reads.ok, missed: reads.unavailable, unavailableMs };
}

/** The control: what the array records when the wrong order is simply carried out. */
async function showByHand({
  array,
  tell,
  check,
}: Demo): Promise<{ readonly missed: number; readonly unavailableMs: number }> {
  tell("\n6. For comparison, the wrong order by hand, as a script would send it: upgrade the active controller.\n");
  const { owner } = await array.snapshot();
  await array.request("POST", `/controllers/${owner.controller}/firmware`, { body: { version: "5.0.0" } });
  await array.settled();
  const { reads, unavailableMs } = await array.availability();
  tell(`  the array: ${reads.unavailable} reads missed, ${unavailableMs} ms unavailable, summed over the hosts`);
  check("by hand the same order costs data availability", reads.unavailable > 0 && unavailableMs > 0);
  return { missed: reads.unavailable, unavailableMs };
}

async function runDemo(): Promise<number> {
  const claims: Claim[] = [];
  const tell = (line: string): void => void (isJson ? undefined : process.stdout.write(`${line}\n`));
  const check = (claim: string, holds: boolean): void => {
    claims.push({ claim, holds });
    tell(`  ${holds ? "✔" : "✖"} ${claim}`);
  };
  tell(
    "A storage array, two controllers, four hosts that read all the time. A controller being upgraded serves nothing.",
  );
  const array = await startArray({ upgradeMs, withToken: true });
  const site = createSite(array, tell);
  try {
    const demo: Demo = { array, site, tell, check };
    await earnReversibility(demo);
    await showWrongOrder(demo);
    await showRightOrder(demo);
    await showFailure(demo);
    const withInterlock = await showBooks(demo);
    const byHand = await showByHand(demo);
    const ok = claims.every(({ holds }) => holds);
    if (isJson) {
      const commands = site.commands.map(({ command, exitCode }) => ({ command, exitCode }));
      const document = { format: "interlock.demo/1", ok, claims, withInterlock, byHand, commands };
      process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    }
    tell(ok ? "\nThe array itself bears out every claim." : "\nThe array does not bear out every claim: see ✖ above.");
    return ok ? 0 : 1;
  } finally {
    site.close();
    await array.stop();
  }
}

// A reader that goes away must not keep the site and the array from being removed.
process.stdout.on("error", () => undefined);
process.exitCode = await runDemo();
