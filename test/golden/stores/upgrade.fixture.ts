// Upgrades a store and kills itself after a number of steps: `node upgrade.fixture.ts STORE COUNT [BACKUP]`. With a
// folder for the copy, or `none`, it calls the log's own function; otherwise the door. Prints the code of a refusal, or
// the number of steps if there were fewer.
import { openInterlock } from "../../../src/interlock.ts";
import { upgradeStore } from "../../../src/log/sqlite/upgrade.ts";

const [store = "", count = "0", backup] = process.argv.slice(2);
let stepCount = 0;
const dieAtCount = (): void => {
  if (stepCount === Number(count)) process.kill(process.pid, "SIGKILL");
};
const onStep = (): void => {
  stepCount += 1;
  dieAtCount();
};
dieAtCount();
console.log(backup === undefined ? await throughDoor() : await throughLog(backup));

async function throughDoor(): Promise<string> {
  const actor = { kind: "person", id: "olivia", keyId: null } as const;
  const opened = await openInterlock({ config: null, store, actor });
  if (!opened.ok) throw new Error(opened.error[0]?.message);
  const request = { backup: null, withoutBackup: false, isDryRun: false, onProgress: onStep };
  const upgraded = await opened.value.upgrade(request);
  await opened.value.close();
  return upgraded.ok ? `${stepCount}` : (upgraded.error[0]?.code ?? "");
}

async function throughLog(folder: string): Promise<string> {
  const backupFolder = folder === "none" ? null : folder;
  const upgraded = await upgradeStore(store, { backupFolder, onBackedUp: onStep, onStep });
  return upgraded.ok ? `${stepCount}` : upgraded.error.code;
}
