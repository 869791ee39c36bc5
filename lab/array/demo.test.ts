import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

function runDemo(): Promise<{ readonly exitCode: number | null; readonly text: string }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("demo.ts", import.meta.url)), "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return new Promise((resolve, reject) =>
    child.on("error", reject).on("close", (exitCode) => resolve({ exitCode, text })),
  );
}

it("the firmware demonstration bears out every claim it makes, on the array's own word", {
  timeout: 180_000,
}, async () => {
  const { exitCode, text } = await runDemo();

  const report: unknown = JSON.parse(text);
  expect(report).toMatchObject({
    format: "interlock.demo/1",
    ok: true,
    withInterlock: { missed: 0, unavailableMs: 0 },
  });
  expect(
    (report as { readonly claims: readonly { readonly holds: boolean }[] }).claims.filter(({ holds }) => !holds),
  ).toEqual([]);
  expect((report as { readonly byHand: { readonly missed: number } }).byHand.missed).toBeGreaterThan(0);
  expect(exitCode).toBe(0);
});
