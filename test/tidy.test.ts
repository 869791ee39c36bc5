// The rules of the house that have a number or a form. Those with a direction are in `import-directions.test.ts`. They
// read the sources, so no comment can switch them off. There is no list of exceptions: what breaks a rule is repaired
// in the change that breaks it.
import { describe, expect, it } from "vitest";
import { anyOf, code, everything, product } from "./support/ruled-sources.ts";
import { isTest, type Source, textsBelow } from "./support/sources.ts";

describe("hints", () => {
  // A next step is data. Only a face words it as a command.
  it("below the faces no text names a command or an option of the command line", () => {
    const rooms = /^src\/(?:core|log|owner|engine|identities|policies|packs|propose|investigate|recover|flow)\//;
    const spoken = product
      .filter(({ path }) => rooms.test(path) && !isTest(path))
      .flatMap(({ path, lines }) =>
        lines.flatMap((line, index) =>
          /["`]interlock [a-z]|(?:\\`|"\w[^"]*`)--[a-z]/.test(line.replace(/^\s*(?:\*|\/\/|\/\*).*/, ""))
            ? [`${path}:${index + 1} ${line.trim()}`]
            : [],
        ),
      );

    expect(spoken).toEqual([]);
  });
});

describe("commands in messages", () => {
  // Hints have to begin with the command that the user typed.
  it("in the command line's code only the help and its examples spell a command out", () => {
    const spelt = product
      .filter(({ path }) => path.startsWith("src/faces/cli/") && !isTest(path) && !path.endsWith("/examples.ts"))
      .flatMap(({ path, lines }) =>
        lines.flatMap((line, index) =>
          /["`(: ]interlock [a-z]/.test(line.replace(/^\s*(?:\*|\/\/|\/\*|\.(?:option|argument|description)\().*/, ""))
            ? [`${path}:${index + 1} ${line.trim()}`]
            : [],
        ),
      );

    expect(spelt).toEqual([]);
  });
});

describe("shape of code", () => {
  it("no file is longer than 500 lines", () => {
    const long = everything
      .map(({ path, text }) => ({ path, lineCount: text.trimEnd().split("\n").length }))
      .filter(({ lineCount }) => lineCount > 500)
      .map(({ path, lineCount }) => `${path} ${lineCount}`);

    expect(long).toEqual([]);
  });

  it("no line is longer than 120 characters", () => {
    // Neither the row of a table nor a quotation can be broken in Markdown.
    const texts = textsBelow("packs", ["yaml", "md"]).map((source) => ({
      ...source,
      lines: source.lines.map((line) => (/^[|>] /.test(line) ? "" : line)),
    }));
    const long = [...everything, ...texts].flatMap(({ path, lines }) =>
      lines.flatMap((line, index) => ([...line].length > 120 ? [`${path}:${index + 1}`] : [])),
    );

    expect(long).toEqual([]);
  });

  it("a database file is opened in one place, which looks at what it opens", () => {
    const opening = /new DatabaseSync\((?!\s*":memory:")/;
    const others = code.filter(({ path, text }) => path !== "src/log/sqlite/database-file.ts" && opening.test(text));

    expect(others.map(({ path }) => path)).toEqual([]);
  });

  it("the command line writes the files that a person names in one place, which waits for no pipe", () => {
    const writing = /\b(?:writeFile|writeFileSync|appendFileSync|createWriteStream)\b/;
    // One writes the reference of the commands into this repository, and one makes a new file (`wx`).
    const known = ["src/faces/cli/write-docs.ts", "src/faces/cli/commands/report-fault.ts"];
    const others = code.filter(
      ({ path, text }) =>
        path.startsWith("src/faces/") &&
        ![...known, "src/faces/cli/write-output.ts"].includes(path) &&
        writing.test(text),
    );

    expect(others.map(({ path }) => path)).toEqual([]);
  });

  it("the command line shows a time with its zone, through one function", () => {
    const others = everything.filter(
      ({ path, text }) =>
        path.startsWith("src/faces/") && path !== "src/faces/cli/show-time.ts" && /toISOString|toLocale/.test(text),
    );

    expect(others.map(({ path }) => path)).toEqual([]);
  });

  it("no function is longer than 70 lines", () => {
    const long = everything.filter(({ path }) => !isTest(path));

    expect(long.flatMap(longFunctions)).toEqual([]);
  });

  it("a long function is found, however its parameters are laid out, and a long call is none", () => {
    const body = Array.from({ length: 70 }, () => "    work();");
    const lines = [
      ...["export function f() {", ...body, "}"],
      ...["class C {", "  g(", "    x: string,", "  ): void {", ...body, "  }", "}"],
      ...["const h = (x) => {", ...body, "};"],
      ...["it(", ...body, ");"],
      ...["function short() {", ...body.slice(2), "}"],
    ];

    const found = longFunctions({ path: "x.ts", text: "", lines });

    expect(found).toEqual(["x.ts:1 72 lines", "x.ts:74 74 lines", "x.ts:149 72 lines"]);
  });

  it("no default export, enum, namespace or any", () => {
    const banned = anyOf(
      /^export default (?!defineConfig)|^(?:export )?(?:const )?enum |^(?:export )?namespace /,
      /[:<]\s*any(?=[;,)\]>=|&{}[]|\s*[=|&{]|$)/,
    );
    const found = everything.filter(({ path }) => !isTest(path)).flatMap((source) => linesWith(source, banned));

    expect(found).toEqual([]);
  });

  it("nothing is cast to `never`, by which the compiler would take any value for any other", () => {
    const found = everything.filter(({ path }) => !isTest(path)).flatMap((source) => linesWith(source, /\bas never\b/));

    expect(found).toEqual([]);
  });

  it("nothing is cast to a document: what is stored or received becomes one in its strict reader alone", () => {
    const documents = [
      ...["Plan", "Approval", "Grant", "SignedEnvelope", "Event", "StoreRecord", "BodyRemoved", "BodyRestored"],
      ...["SiteState", "ResponseReport", "ReportDraft", "ControlRequest", "ControlReply", "ControlInput", "Archive"],
    ].join("|");
    const cast = new RegExp(
      `\\bas (?:unknown as )?(?:Readonly<)?(?:${documents})\\b|: (?:${documents}) = JSON\\.parse`,
    );

    expect(code.flatMap((source) => linesWith(source, cast))).toEqual([]);
    expect(cast.test("const plan = value as unknown as Plan;")).toBe(true);
  });

  // The linter finds a promise that nobody waits for, and takes `void` for an excuse. Its rejection ends the process.
  it("no promise is thrown away with `void`: it is awaited, or its rejection is caught", () => {
    const thrownAway = /(?:^|[;{}]|\belse|\)) *void [\w#(]/;
    const places = [...code, ...everything.filter(({ path }) => path.startsWith("verifier/"))];

    expect(
      places.flatMap((source) => linesWith(source, thrownAway).filter((line) => !isArrowBody(source, line))),
    ).toEqual([]);
    expect(["void run();", "if (a) void run();", "else void run();"].map((line) => thrownAway.test(line))).toEqual([
      true,
      true,
      true,
    ]);
    expect(
      ["return void list.push(a);", "(a) => void list.push(a)", "f(): void {"].some((line) => thrownAway.test(line)),
    ).toBe(false);
  });

  it("a script refuses an option that it does not have with one line, and with no stack trace", () => {
    const reads = everything.filter(({ path, text }) => !isTest(path) && /\bparseArgs\(/.test(text));
    const unguarded = reads.filter(({ text }) => !/\bcatch\b/.test(text));

    expect(unguarded.map(({ path }) => path)).toEqual([]);
    expect(reads.map(({ path }) => path)).toContain("simulation/script-options.ts");
  });

  it("tests are written with `it`", () => {
    const others = everything.filter(({ text }) => /import \{[^}]*\btest\b[^}]*\} from "vitest"/.test(text));

    expect(others.map(({ path }) => path)).toEqual([]);
  });

  it("files are named in kebab-case, after a concept", () => {
    const odd = everything
      .map(({ path }) => path)
      .filter(
        (path) =>
          !/^[a-z0-9][a-z0-9-]*(?:\.test|\.fixture)?\.ts$/.test(path.split("/").at(-1) ?? "") ||
          /\b(?:utils|helpers|misc|common)\.ts$/.test(path),
      );

    expect(odd).toEqual([]);
  });

  it("exported functions and types of the core carry a docstring", () => {
    const bare = code
      .filter(({ path }) => path.startsWith("src/core/"))
      .flatMap(({ path, lines }) =>
        lines.flatMap((line, index) =>
          /^export (?:async )?(?:function|interface|class) /.test(line) &&
          !/\*\/\s*$|^\s*\/\//.test(lines[index - 1] ?? "")
            ? [`${path}:${index + 1} ${line}`]
            : [],
        ),
      );

    expect(bare).toEqual([]);
  });
});

/** Whether a line is the body of an arrow function that begins on the line before. */
function isArrowBody({ lines }: Source, found: string): boolean {
  const line = Number(/:(\d+) /.exec(found)?.[1] ?? 0);
  return lines[line - 2]?.trimEnd().endsWith("=>") ?? false;
}

/** Lines that a pattern matches outside comments and strings. */
function linesWith({ path, lines }: Source, pattern: RegExp): readonly string[] {
  return lines.flatMap((line, index) =>
    pattern.test(line.replace(/\/\/.*|"[^"]*"|`[^`]*`|^\s*\/?\*.*/g, ""))
      ? [`${path}:${index + 1} ${line.trim()}`]
      : [],
  );
}

/** Functions and methods by their indentation: from the line that opens one to the brace that closes it. */
function longFunctions({ path, lines }: Source): readonly string[] {
  const opening = anyOf(
    /^\s*(?:export )?(?:async )?function\b/,
    /^\s*(?:(?:static|async|override|get|set) )*[#\w]+\((?:.*\).*\{)?$/,
    /^\s*(?:export )?const \w+ = .*=> \{$/,
  );
  return lines.flatMap((line, start) => {
    if (!opening.test(line) || /^\s*(?:if|for|while|switch|return|catch)\b/.test(line)) return [];
    const indent = line.slice(0, line.length - line.trimStart().length);
    const isOpen = line.endsWith("{");
    const rest = lines.slice(start + 1);
    const heading = isOpen ? 0 : rest.findIndex((other) => other.startsWith(`${indent})`));
    if (!isOpen && !(rest[heading] ?? "").endsWith("{")) return [];
    const length = rest.findIndex((other) => other.startsWith(`${indent}}`)) + 2;
    return length > 70 ? [`${path}:${start + 1} ${length} lines`] : [];
  });
}
