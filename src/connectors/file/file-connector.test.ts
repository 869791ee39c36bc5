import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Reply } from "../../core/run/words/input.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import type { ConnectorRequest } from "../../ports.ts";
import { replaceFile } from "./change-file.ts";
import { fileConnector } from "./file-connector.ts";
import { openFolder } from "./open-folder.ts";

let outside: string;
let root: string;

beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), "files-"));
  root = join(outside, "root");
  mkdirSync(join(root, "conf"), { recursive: true });
  writeFileSync(join(root, "conf/app.json"), '{ "level": "info" }\n');
  writeFileSync(join(outside, "secret"), "of another");
});

afterEach(() => {
  rmSync(outside, { recursive: true });
});

function call(operation: string, template: JsonValue, request: Partial<ConnectorRequest> = {}): Promise<Reply> {
  return fileConnector.perform({
    operation,
    access: operation === "read" ? "read" : "write",
    with: template,
    settings: { root },
    timeoutMs: 10_000,
    outputBytesMax: 10_000,
    signal: new AbortController().signal,
    ...request,
  });
}

function verdict(reply: Reply): string {
  return reply.kind === "applied" ? "applied" : `${reply.kind} ${reply.problem.code}`;
}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");
const app = (): string => readFileSync(join(root, "conf/app.json"), "utf8");
const names = (): readonly string[] => readdirSync(join(root, "conf"));

describe("read", () => {
  it("gives digest and size, and content only where it is asked for", async () => {
    const seen = { path: "conf/app.json", exists: true, sha256: digestOf(app()), sizeBytes: 20 };

    expect(await call("read", { path: "conf/app.json" })).toMatchObject({
      kind: "applied",
      output: { ...seen, content: null, value: null },
    });
    expect(await call("read", { path: "conf/app.json", as: "text" })).toMatchObject({
      output: { ...seen, content: app(), value: null },
    });
    expect(await call("read", { path: "conf/app.json", as: "json" })).toMatchObject({
      output: { ...seen, content: null, value: { level: "info" } },
    });
  });

  it("gives the digest that sha256sum prints", async () => {
    const printed = execFileSync("sha256sum", [join(root, "conf/app.json")], { encoding: "utf8" }).split(" ")[0];

    expect(await call("read", { path: "conf/app.json" })).toMatchObject({ output: { sha256: printed } });
  });

  it.each(["conf/none", "none/app.json"])("answers that %s is not there", async (path) => {
    expect(await call("read", { path, as: "json" })).toMatchObject({
      kind: "applied",
      output: { exists: false, sha256: "absent", value: null },
    });
  });

  it.each([
    ["text that is no UTF-8", Buffer.from([0xff]), "text"],
    ["a document that is no JSON", "{", "json"],
    ["a setting that stands twice", "a=1\na=2\n", "ini"],
  ] as const)("refuses %s", async (_, content, as) => {
    writeFileSync(join(root, "odd"), content);

    expect(verdict(await call("read", { path: "odd", as }))).toBe("rejected E_OUTPUT_INVALID");
  });

  it("refuses a file larger than declared", async () => {
    expect(verdict(await call("read", { path: "conf/app.json" }, { outputBytesMax: 19 }))).toBe(
      "rejected E_OUTPUT_SIZE",
    );
  });

  it("waits for no named pipe", async () => {
    execFileSync("mkfifo", [join(root, "pipe")]);

    expect(verdict(await call("read", { path: "pipe" }))).toBe("rejected E_TARGET_REFUSED");
  });
});

describe("the root", () => {
  const operations = ["read", "write", "edit", "delete"] as const;
  const templateOf = (operation: string, path: string): JsonValue =>
    operation === "write"
      ? { path, content: "x" }
      : operation === "edit"
        ? { path, format: "json", set: [{ pointer: "/level", value: 1 }] }
        : { path };

  it.each(
    operations.flatMap((operation) =>
      ["../secret", "/etc/hostname", "conf/../../secret", "conf//app.json", "./conf", "a\u0000b", "..%2fsecret"].map(
        (path) => [operation, path] as const,
      ),
    ),
  )("is never left by %s of %j", async (operation, path) => {
    expect(verdict(await call(operation, templateOf(operation, path)))).toBe("not_sent E_CALL_INVALID");
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("of another");
  });

  it.each(operations)("is not left by %s through a link in the place of a file", async (operation) => {
    symlinkSync(join(outside, "secret"), join(root, "link"));

    expect(verdict(await call(operation, templateOf(operation, "link")))).toBe("rejected E_TARGET_REFUSED");
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("of another");
  });

  it.each(operations)("is not left by %s through a link in the place of a folder", async (operation) => {
    symlinkSync(outside, join(root, "elsewhere"));

    expect(verdict(await call(operation, templateOf(operation, "elsewhere/secret")))).toBe("rejected E_TARGET_REFUSED");
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("of another");
  });

  it("must be there, else nothing was done", async () => {
    expect(verdict(await call("read", { path: "a" }, { settings: { root: join(outside, "none") } }))).toBe(
      "not_sent E_TARGET_UNREACHABLE",
    );
  });
});

describe("write", () => {
  it("puts the whole content in place and says what was there before", async () => {
    const before = digestOf(app());

    const reply = await call("write", { path: "conf/app.json", content: "new\n", ifMatch: before });

    expect(app()).toBe("new\n");
    expect(reply).toMatchObject({
      kind: "applied",
      output: { exists: true, sha256: digestOf("new\n"), sizeBytes: 4, before },
    });
    expect(names()).toEqual(["app.json"]);
  });

  it("writes a document with two spaces of indentation", async () => {
    await call("write", { path: "conf/new.json", json: { a: [1] }, ifMatch: "absent" });

    expect(readFileSync(join(root, "conf/new.json"), "utf8")).toBe('{\n  "a": [\n    1\n  ]\n}\n');
  });

  it.each([
    ["another content", { path: "conf/app.json", ifMatch: digestOf("other") }],
    ["a file that should not be there", { path: "conf/app.json", ifMatch: "absent" }],
    ["no file where there should be one", { path: "conf/none", ifMatch: digestOf("other") }],
  ])("refuses %s and leaves everything as it is", async (_, template) => {
    const before = app();

    expect(verdict(await call("write", { ...template, content: "new" }))).toBe("rejected E_FENCE_MOVED");
    expect([app(), names()]).toEqual([before, ["app.json"]]);
  });

  it("keeps the mode of the file it replaces and gives a new one the mode declared", async () => {
    chmodSync(join(root, "conf/app.json"), 0o640);

    await call("write", { path: "conf/app.json", content: "new" });
    await call("write", { path: "conf/new", content: "new", mode: 0o600 });

    expect(["app.json", "new"].map((name) => (statSync(join(root, "conf", name)).mode & 0o777).toString(8))).toEqual([
      "640",
      "600",
    ]);
  });

  it("shows a reader the old content or the new one, never a part", async () => {
    const contents = ["a", "b"].map((letter) => letter.repeat(200_000));
    writeFileSync(join(root, "big"), contents[0] ?? "");
    const writing = (async () => {
      for (let round = 0; round < 20; round += 1)
        await call("write", { path: "big", content: contents[(round + 1) % 2] ?? "" });
      return "done" as const;
    })();

    const seen = new Set<string>();
    let reads = 0;
    for (
      let state: string = "busy";
      state === "busy";
      state = await Promise.race([writing, new Promise<"busy">((resolve) => setImmediate(() => resolve("busy")))])
    ) {
      seen.add(digestOf(readFileSync(join(root, "big"), "utf8")));
      reads += 1;
    }

    expect(reads).toBeGreaterThan(10);
    expect([...seen].filter((digest) => !contents.map(digestOf).includes(digest))).toEqual([]);
  });

  it("lets one of two writers win that expect the same content", async () => {
    const ifMatch = digestOf(app());

    const first = await call("write", { path: "conf/app.json", content: "one", ifMatch });
    const second = await call("write", { path: "conf/app.json", content: "two", ifMatch });

    expect([verdict(first), verdict(second), app()]).toEqual(["applied", "rejected E_FENCE_MOVED", "one"]);
  });

  it("refuses when another writer came in between, and leaves what that one wrote", async () => {
    const opened = await openFolder(root, "conf/app.json");
    if (!opened.ok) throw new Error(opened.error.message);
    const change = {
      ...opened.value,
      ifMatch: digestOf(app()),
      bytesMax: 1_000,
      evenIfReadOnly: false,
      isOver: () => false,
    };

    const reply = await replaceFile(change, () => {
      writeFileSync(join(root, "conf/app.json"), "theirs");
      return { kind: "bytes", bytes: Buffer.from("ours"), mode: 0o644 };
    });
    await opened.value.folder.close();

    expect([verdict(reply), app(), names()]).toEqual(["rejected E_FENCE_MOVED", "theirs", ["app.json"]]);
  });

  it("lets one of many writers at once create a file", async () => {
    const replies = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        call("write", { path: "conf/new", content: `${index}`, ifMatch: "absent" }),
      ),
    );

    expect(replies.map(verdict).filter((found) => found === "applied")).toHaveLength(1);
    expect(replies.map(verdict).filter((found) => found === "rejected E_FENCE_MOVED")).toHaveLength(15);
    expect(names()).toEqual(["app.json", "new"]);
  });

  it("refuses a folder that is not there, or in the place of the file", async () => {
    expect(verdict(await call("write", { path: "none/x", content: "" }))).toBe("rejected E_TARGET_REFUSED");
    expect(verdict(await call("write", { path: "conf", content: "" }))).toBe("rejected E_TARGET_REFUSED");
  });

  it("changes nothing once the call is broken off", async () => {
    const stop = new AbortController();
    stop.abort();
    const before = app();

    expect(verdict(await call("write", { path: "conf/app.json", content: "new" }, { signal: stop.signal }))).not.toBe(
      "applied",
    );
    expect([app(), names()]).toEqual([before, ["app.json"]]);
  });

  it("is never done by a read", async () => {
    expect(verdict(await call("write", { path: "conf/app.json", content: "x" }, { access: "read" }))).toBe(
      "not_sent E_CALL_INVALID",
    );
  });
});

describe("edit", () => {
  it("opens a file, edits its content and saves it, and the way back restores every byte", async () => {
    const before = app();
    const edit = (value: string, ifMatch: string): Promise<Reply> =>
      call("edit", { path: "conf/app.json", format: "json", set: [{ pointer: "/level", value }], ifMatch });

    const done = await edit("debug", digestOf(before));
    const changed = app();
    const undone = await edit("info", digestOf(changed));

    expect([verdict(done), verdict(undone)]).toEqual(["applied", "applied"]);
    expect([changed, app()]).toEqual(['{ "level": "debug" }\n', before]);
  });

  it.each([
    ["a value that is not there", { set: [{ pointer: "/none", value: 1 }] }],
    ["a file of another format", { format: "ini", set: [{ pointer: "/level", value: 1 }] }],
    [
      "the second change of two",
      {
        set: [
          { pointer: "/level", value: "debug" },
          { pointer: "/none", value: 1 },
        ],
      },
    ],
    ["a file that is not there", { path: "conf/none", set: [{ pointer: "/level", value: 1 }] }],
  ])("refuses %s and changes nothing", async (_, change) => {
    const before = app();

    expect(verdict(await call("edit", { path: "conf/app.json", format: "json", ...change }))).toBe(
      "rejected E_TARGET_REFUSED",
    );
    expect(app()).toBe(before);
  });
});

describe("delete", () => {
  it("removes the file whose content is the one expected, and no other", async () => {
    expect(verdict(await call("delete", { path: "conf/app.json", ifMatch: digestOf("other") }))).toBe(
      "rejected E_FENCE_MOVED",
    );
    expect(existsSync(join(root, "conf/app.json"))).toBe(true);

    expect(await call("delete", { path: "conf/app.json", ifMatch: digestOf(app()) })).toMatchObject({
      kind: "applied",
      output: { exists: false, sha256: "absent" },
    });
    expect(names()).toEqual([]);
  });

  it("refuses what is not there", async () => {
    expect(verdict(await call("delete", { path: "conf/none" }))).toBe("rejected E_TARGET_REFUSED");
  });
});

describe("what is refused before any run", () => {
  const templateProblems = (name: string, template: JsonValue): readonly string[] =>
    fileConnector.operations
      .find((operation) => operation.name === name)
      ?.checkTemplate(template, "write", "/with")
      .map(({ code, pointer }) => `${code} ${pointer}`) ?? ["no operation"];

  it("accepts bindings where values go", () => {
    expect(
      templateProblems("edit", {
        path: { $property: "path" },
        format: "json",
        set: [{ pointer: "/a", value: { $arg: "a" } }],
        ifMatch: { $fence: true },
      }),
    ).toEqual([]);
    expect(
      templateProblems("write", { path: { $arg: "path" }, content: { $secret: "key" }, ifMatch: { $fence: true } }),
    ).toEqual([]);
  });

  it.each([
    ["write", "two contents", { path: "a", content: "", json: {} }, ["E_SCHEMA /with"]],
    ["write", "no content", { path: "a" }, ["E_SCHEMA /with"]],
    [
      "edit",
      "a pointer that an argument names",
      { path: "a", format: "json", set: [{ pointer: { $arg: "p" }, value: 1 }] },
      ["E_SCHEMA /with/set/0/pointer"],
    ],
    [
      "edit",
      "no pointer",
      { path: "a", format: "json", set: [{ pointer: "a", value: 1 }] },
      ["E_SCHEMA /with/set/0/pointer"],
    ],
    ["read", "a path that climbs", { path: "../a" }, ["E_ARG_PATH /with/path"]],
  ] as const)("%s: refuses %s", (name, _, template, expected) => {
    expect(templateProblems(name, template as unknown as JsonValue)).toEqual(expected);
  });

  it("asks for an absolute root", () => {
    expect(
      fileConnector.checkSettings({ root: "conf" }, "/c").map(({ code, pointer }) => `${code} ${pointer}`),
    ).toEqual(["E_CONNECTION_SETTINGS /c/root"]);
  });

  it("calls `read` alone a read that cannot write", () => {
    expect(fileConnector.operations.filter(({ enforcesRead }) => enforcesRead).map(({ name }) => name)).toEqual([
      "read",
    ]);
  });
});
