import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Reply } from "../../core/run/words/input.ts";
import type { JsonObject } from "../../core/value/json-value.ts";
import { type Change, replaceFile } from "./change-file.ts";
import { fileConnector } from "./file-connector.ts";
import { openFolder } from "./open-folder.ts";

let root: string;
let path: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rights-"));
  path = join(root, "app.json");
  writeFileSync(path, '{"level":1}\n');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function call(operation: "write" | "edit" | "delete", more: JsonObject = {}): Promise<Reply> {
  const templates = {
    write: { path: "app.json", content: '{"level":2}\n' },
    edit: { path: "app.json", format: "json", set: [{ pointer: "/level", value: 2 }] },
    delete: { path: "app.json" },
  };
  return fileConnector.perform({
    operation,
    access: "write",
    with: { ...templates[operation], ...more },
    settings: { root },
    timeoutMs: 10_000,
    outputBytesMax: 10_000,
    signal: new AbortController().signal,
  });
}

function verdict(reply: Reply): string {
  return reply.kind === "applied" ? "applied" : `${reply.kind} ${reply.problem.code}: ${reply.problem.message}`;
}

const content = (): string => readFileSync(path, "utf8").trim();
const modeOf = (name = "app.json"): string => (statSync(join(root, name)).mode & 0o7777).toString(8);

// Python has the calls that Node lacks, so it is what the connector is compared with.
const python = ((): string | null => {
  try {
    return execFileSync("python3", ["-c", "import os, sys; os.listxattr('.'); print(sys.executable)"], {
      encoding: "utf8",
    }).trim();
  } catch {
    return null;
  }
})();

/** Sets a list as the kernel stores it: owner rw, user 1234 rw, its own group nothing, mask rw, others nothing. */
const listOf = (kind: "access" | "default"): string =>
  `entries = [(1, 6, 2**32-1), (2, 6, 1234), (4, 0, 2**32-1), (16, 6, 2**32-1), (32, 0, 2**32-1)]
packed = b"".join(struct.pack("<HHI", *entry) for entry in entries)
os.setxattr(sys.argv[1], "system.posix_acl_${kind}", struct.pack("<I", 2) + packed)`;

function inPython(line: string, about: string): string {
  return execFileSync(python ?? "", ["-c", `import os, struct, sys\n${line}`, about], { encoding: "utf8" }).trim();
}

const attributesOf = (about: string): string =>
  inPython("print({n: os.getxattr(sys.argv[1], n).hex() for n in sorted(os.listxattr(sys.argv[1]))})", about);

describe.skipIf(python === null)("attributes of a file that is replaced", () => {
  it("stay: access control list, mask and attributes, by `write` and by `edit`", async () => {
    inPython(`os.setxattr(sys.argv[1], "user.origin", bytes(range(256)))\n${listOf("access")}`, path);
    const before = attributesOf(path);

    const replies = [await call("edit"), await call("write", { content: "new" })];

    expect(replies.map(verdict)).toEqual(["applied", "applied"]);
    expect([content(), modeOf(), attributesOf(path)]).toEqual(["new", "660", before]);
    expect(before).toContain("posix_acl_access");
  });

  it("stay none where the folder gives an access control list to every new file", async () => {
    chmodSync(path, 0o640);
    inPython(listOf("default"), root);

    expect(verdict(await call("edit"))).toBe("applied");

    expect([content(), modeOf(), attributesOf(path)]).toEqual(['{"level":2}', "640", "{}"]);
  });

  it("are compared before the new file is put in place: what a copy lacks is a refusal", async () => {
    inPython(listOf("access"), path);
    const before = attributesOf(path);
    withProgram("cp", "exit 0");

    expect(verdict(await call("edit"))).toBe(
      "rejected E_TARGET_REFUSED: the access control list and attributes of `app.json` cannot be kept: " +
        "the new file would not have the same ones",
    );
    expect([content(), modeOf(), attributesOf(path), readdirSync(root)]).toEqual([
      '{"level":1}',
      "660",
      before,
      ["app.json", "bin"],
    ]);
  });

  it("are not set in two steps: a list beside a set-user-id bit is a refusal", async () => {
    inPython(listOf("access"), path);
    chmodSync(path, 0o4660);

    expect(verdict(await call("edit"))).toContain("the mode 4660 and a list cannot be set in one step");
    expect([content(), modeOf()]).toEqual(['{"level":1}', "4660"]);
  });
});

/** Puts a program of ours before the system's. */
function withProgram(name: string, script: string): void {
  mkdirSync(join(root, "bin"));
  writeFileSync(join(root, "bin", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${join(root, "bin")}:${process.env["PATH"]}`);
}

describe("a machine that cannot tell what a file has", () => {
  it.each([
    ["has no tar", "", "GNU tar cannot be started (ENOENT)"],
    ["has another tar", "echo 'tar: unrecognized option: acls' >&2; exit 1", "tar: unrecognized option: acls"],
    [
      "has a tar without support",
      "echo 'tar: XATTR support is not available' >&2",
      "tar: XATTR support is not available",
    ],
    ["has a tar that says nothing", "exit 0", "GNU tar does not list them"],
  ])("changes nothing: it %s", async (_, script, why) => {
    if (script === "") vi.stubEnv("PATH", join(root, "none"));
    else withProgram("tar", script);

    expect(verdict(await call("edit"))).toBe(
      `rejected E_TARGET_REFUSED: the access control list and attributes of \`app.json\` cannot be kept: ${why}`,
    );
    expect(content()).toBe('{"level":1}');
  });

  it("still makes a new file, which has nothing to keep", async () => {
    vi.stubEnv("PATH", join(root, "none"));

    expect(verdict(await call("write", { path: "new", ifMatch: "absent", mode: 0o600 }))).toBe("applied");
    expect(modeOf("new")).toBe("600");
  });
});

describe("a file with several names", () => {
  it.each(["write", "edit"] as const)("is refused by %s, and every name shows the same", async (operation) => {
    linkSync(path, join(root, "other"));

    expect(verdict(await call(operation))).toBe(
      "rejected E_TARGET_REFUSED: `app.json` has 2 names (hard links), and only this one would get the new content",
    );
    expect([content(), readFileSync(join(root, "other"), "utf8").trim()]).toEqual(['{"level":1}', '{"level":1}']);
  });

  it("loses one by `delete`, and the others keep the content", async () => {
    linkSync(path, join(root, "other"));

    expect(verdict(await call("delete"))).toBe("applied");
    expect([existsSync(path), readFileSync(join(root, "other"), "utf8")]).toEqual([false, '{"level":1}\n']);
  });

  it("is changed once the second name is what a killed process of ours left behind", async () => {
    linkSync(path, join(root, `.interlock-${"0a".repeat(12)}.tmp`));
    writeFileSync(join(root, `.interlock-${"0b".repeat(12)}.tmp`), "of another file");

    expect(verdict(await call("edit"))).toBe("applied");
    expect(readdirSync(root)).toEqual([`.interlock-${"0b".repeat(12)}.tmp`, "app.json"]);
  });
});

describe("a read-only file", () => {
  it.each(["write", "edit", "delete"] as const)("is left alone by %s", async (operation) => {
    chmodSync(path, 0o444);

    expect(verdict(await call(operation))).toBe("rejected E_TARGET_REFUSED: `app.json` is read-only (mode 444)");
    expect([content(), modeOf()]).toEqual(['{"level":1}', "444"]);
  });

  it("is changed where the template says so, and stays read-only", async () => {
    chmodSync(path, 0o444);

    expect(verdict(await call("edit", { evenIfReadOnly: true }))).toBe("applied");
    expect([content(), modeOf()]).toEqual(['{"level":2}', "444"]);
    expect(verdict(await call("delete", { evenIfReadOnly: true }))).toBe("applied");
    expect(existsSync(path)).toBe(false);
  });

  it.runIf(process.getuid?.() === 0)("is also one that somebody else may write, and not we", () => {
    chmodSync(root, 0o777);
    const connector = fileURLToPath(new URL("./file-connector.ts", import.meta.url));
    const script = `const { fileConnector } = await import(${JSON.stringify(connector)});
      process.setuid(12345);
      const settings = { root: ${JSON.stringify(root)} };
      const bounds = { timeoutMs: 5000, outputBytesMax: 1000, signal: new AbortController().signal };
      const call = { operation: "delete", access: "write", with: { path: "app.json" }, settings, ...bounds };
      console.log((await fileConnector.perform(call)).problem.message);`;

    const said = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });

    expect(said.trim()).toBe("`app.json` is read-only (mode 644)");
    expect(existsSync(path)).toBe(true);
  });
});

describe("rights that change while the new content is written", () => {
  it.each([
    ["a mode that becomes narrower", () => chmodSync(path, 0o600)],
    ["another name", () => linkSync(path, join(root, "other"))],
    [
      "the same content in another file",
      () => {
        rmSync(path);
        writeFileSync(path, '{"level":1}\n', { mode: 0o600 });
      },
    ],
  ])("are not undone: %s", async (_, between) => {
    const opened = await openFolder(root, "app.json");
    if (!opened.ok) throw new Error(opened.error.message);
    const change: Change = {
      ...opened.value,
      ifMatch: null,
      bytesMax: 1_000,
      evenIfReadOnly: false,
      isOver: () => false,
    };

    const reply = await replaceFile(change, () => {
      between();
      return { kind: "bytes", bytes: Buffer.from("ours"), mode: 0o644 };
    });
    await opened.value.folder.close();

    expect(verdict(reply)).toBe(
      "rejected E_FENCE_MOVED: `app.json` is not as it was read: its owner, mode, names or attributes changed",
    );
    expect(content()).toBe('{"level":1}');
    expect(readdirSync(root).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
