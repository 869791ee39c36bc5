import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { hearLine, LineBudget } from "./read-line.ts";

let folder: string;
let server: Server;
let heard: string[];
let budget: LineBudget;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "interlock-line-"));
  heard = [];
  budget = new LineBudget(1_000);
  server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    hearLine(socket, { bytesMax: 100, withinMs: 100, budget }, (line) => {
      heard.push(line);
      socket.end("heard\n");
    });
  });
  server.listen(join(folder, "socket"));
  await once(server, "listening");
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function begin(text: string): Promise<Socket> {
  const socket = connect(join(folder, "socket"));
  socket.on("error", () => socket.destroy());
  await once(socket, "connect");
  socket.write(text);
  socket.resume();
  return socket;
}

/** Resolves with what the other side said before it closed. */
async function said(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString()));
  // `once` of Node would reject where the other side resets.
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

it("a line is heard without what follows it, also in parts that split a letter", async () => {
  const bytes = Buffer.from("größe\nmore\n");
  const socket = await begin("");
  for (const byte of bytes) socket.write(Buffer.of(byte));

  expect([await said(socket), heard]).toEqual(["heard\n", ["größe"]]);
});

it("a line that is too long is cut off", async () => {
  expect([await said(await begin("x".repeat(101))), heard]).toEqual(["", []]);
});

it("a sender that keeps sending and never ends is cut off when its time is over", async () => {
  const socket = await begin("x");
  const drip = setInterval(() => socket.write("x"), 10);

  expect([await said(socket), heard]).toEqual(["", []]);
  clearInterval(drip);
});

it("forty half lines hold no more together than they may, and what they held is given back", async () => {
  const sockets = await Promise.all(Array.from({ length: 40 }, () => begin("x".repeat(90))));
  await Promise.all(sockets.map(said));

  await vi.waitFor(() => expect(budget.take(1_000)).toBe(true));
  budget.giveBack(1_000);
  expect(await said(await begin("hello\n"))).toBe("heard\n");
});
