import { describe, expect, expectTypeOf, it } from "vitest";
import { parseJson } from "./json.ts";
import type { JsonValue } from "./json-value.ts";
import {
  anyJson,
  boolean,
  integer,
  listOf,
  name,
  number,
  oneOf,
  type Parsed,
  parseWith,
  recordOf,
  refine,
  refuseAt,
  text,
} from "./shape.ts";
import {
  documentOf,
  documentOfType,
  object,
  objectOf,
  optional,
  optionalSince,
  taggedBy,
  withDefault,
} from "./shape-object.ts";

const step = object({
  id: name(),
  kind: oneOf(["act", "probe", "end"]),
  after: listOf(name(), { itemsMax: 3 }),
  retries: withDefault(integer({ min: 0, max: 5 }), 0),
  note: optional(text({ charsMax: 10 })),
});
const proposal = documentOf("interlock.proposal/1", { goal: text(), steps: listOf(step, { itemsMax: 2 }) });

const right = { format: "interlock.proposal/1", goal: "g", steps: [{ id: "s1", kind: "act", after: [] }] };

function problemsOf(value: JsonValue): readonly string[] {
  const parsed = parseWith(proposal, value);
  return parsed.ok ? [] : parsed.error.map((found) => `${found.code} ${found.pointer}`);
}

describe("what is parsed", () => {
  it("a document becomes a typed value, with its defaults and without what is missing", () => {
    const parsed = parseWith(proposal, right);

    expect(parsed).toEqual({
      ok: true,
      value: { format: "interlock.proposal/1", goal: "g", steps: [{ id: "s1", kind: "act", after: [], retries: 0 }] },
    });
  });

  it("types follow from the parser", () => {
    expectTypeOf<Parsed<typeof step>["kind"]>().toEqualTypeOf<"act" | "probe" | "end">();
    expectTypeOf<Parsed<typeof step>["note"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Parsed<typeof proposal>["format"]>().toEqualTypeOf<"interlock.proposal/1">();
  });

  it("a record comes out sorted, whatever the order of the input", () => {
    const parsed = parseWith(recordOf(integer({ min: 0, max: 9 })), { b: 1, a: 2 });

    expect(parsed.ok && JSON.stringify(parsed.value)).toBe('{"a":2,"b":1}');
  });

  it("a union is read by the variant its tag names", () => {
    const shape = taggedBy("kind", {
      circle: object({ kind: oneOf(["circle"]), radius: number({ min: 0, max: 10 }) }),
      point: object({ kind: oneOf(["point"]) }),
    });

    expect(parseWith(shape, { kind: "circle", radius: 1.5 })).toEqual({
      ok: true,
      value: { kind: "circle", radius: 1.5 },
    });
    expect(parseWith(shape, { kind: "circel", radius: 1 })).toMatchObject({
      ok: false,
      error: [{ pointer: "/kind", hint: "did you mean `circle`?" }],
    });
    expect(parseWith(shape, {})).toMatchObject({ ok: false, error: [{ code: "E_SCHEMA_MISSING_FIELD" }] });
  });

  it("null and false are values, not failures", () => {
    expect(parseWith(anyJson(), null)).toEqual({ ok: true, value: null });
    expect(parseWith(boolean(), false)).toEqual({ ok: true, value: false });
  });

  it("a refinement converts or refuses at its place", () => {
    const even = refine(integer({ min: 0, max: 9 }), (value, at) =>
      value % 2 === 0 ? `even ${value}` : refuseAt(at, "E_SCHEMA", "odd"),
    );

    expect(parseWith(even, 4)).toEqual({ ok: true, value: "even 4" });
    expect(parseWith(listOf(even), [2, 3])).toMatchObject({ ok: false, error: [{ pointer: "/1", message: "odd" }] });
  });
});

describe("what is refused", () => {
  it("all problems are told at once, each at its place", () => {
    const value = {
      format: "interlock.proposal/1",
      approved: true,
      steps: [
        { id: "s 1", kind: "akt", after: "s0", retries: 9 },
        { id: "s2", kind: "act", after: [1], note: "much too long" },
      ],
    };

    expect(problemsOf(value)).toEqual([
      "E_SCHEMA_UNKNOWN_FIELD /approved",
      "E_SCHEMA_MISSING_FIELD ",
      "E_NAME_CHARSET /steps/0/id",
      "E_SCHEMA /steps/0/kind",
      "E_SCHEMA /steps/0/after",
      "E_SCHEMA /steps/0/retries",
      "E_SCHEMA /steps/1/after/0",
      "E_SCHEMA /steps/1/note",
    ]);
  });

  it("an unknown field close to a missing one is taken for it", () => {
    const parsed = parseWith(object({ action: name(), after: name() }), { acton: "x", after: "y" });

    expect(parsed).toMatchObject({
      ok: false,
      error: [{ code: "E_SCHEMA_UNKNOWN_FIELD", hint: "did you mean `action`?" }, {}],
    });
  });

  it("another version is only that, whatever else is wrong", () => {
    expect(problemsOf({ format: "interlock.proposal/99", banana: 1 })).toEqual(["E_SCHEMA_VERSION /format"]);
  });

  it("another format is not another version", () => {
    expect(problemsOf({ ...right, format: "interlock.plan/1" })).toEqual(["E_SCHEMA /format"]);
    expect(problemsOf({ ...right, format: "interlock.proposal" })).toEqual(["E_SCHEMA /format"]);
    expect(problemsOf({ ...right, format: 1 })).toEqual(["E_SCHEMA /format"]);
  });

  it("a missing format is named", () => {
    expect(problemsOf({ goal: "g", steps: [] })).toEqual(["E_SCHEMA_MISSING_FIELD "]);
  });

  it.each<[string, JsonValue]>([
    ["null", null],
    ["a list", []],
    ["a text", "x"],
    ["a number", 1],
  ])("%s is not a document", (_title, value) => {
    expect(problemsOf(value)).toEqual(["E_SCHEMA "]);
  });

  it("a list longer than permitted is refused as a whole", () => {
    expect(problemsOf({ ...right, steps: [1, 2, 3] })).toEqual(["E_SCHEMA /steps"]);
  });

  it("a field named like the object's machinery is unknown, not inherited", () => {
    const read = parseJson('{"toString":1,"id":"a"}');

    expect(read.ok && parseWith(object({ id: name() }), read.value)).toMatchObject({
      ok: false,
      error: [{ code: "E_SCHEMA_UNKNOWN_FIELD", pointer: "/toString" }],
    });
    expect(parseWith(object({ toString: name() }), {})).toMatchObject({
      ok: false,
      error: [{ code: "E_SCHEMA_MISSING_FIELD" }],
    });
  });

  it.each(["", "-a", "a b", "dr\u043ep", "a/b", "é", "a\n"])("the name %j is refused", (value) => {
    expect(parseWith(name(), value).ok).toBe(false);
  });

  it("both bounds are permitted, of numbers, lengths and lists", () => {
    expect([0, 10].every((value) => parseWith(integer({ min: 0, max: 10 }), value).ok)).toBe(true);
    expect([0.5, 1.5].every((value) => parseWith(number({ min: 0.5, max: 1.5 }), value).ok)).toBe(true);
    expect(["a", "abc"].map((value) => parseWith(text({ charsMin: 1, charsMax: 3 }), value).ok)).toEqual([true, true]);
    expect(["", "abcd"].map((value) => parseWith(text({ charsMin: 1, charsMax: 3 }), value).ok)).toEqual([
      false,
      false,
    ]);
    expect(
      [[], [1], [1, 2]].map((value) => parseWith(listOf(anyJson(), { itemsMin: 1, itemsMax: 1 }), value).ok),
    ).toEqual([false, true, false]);
  });

  it("an object with an unknown field gives no value to go on with", () => {
    let wasCalled = false;
    const refined = refine(object({ id: name() }), (value) => {
      wasCalled = true;
      return value;
    });

    expect(parseWith(refined, { id: "a", extra: 1 }).ok).toBe(false);
    expect(wasCalled).toBe(false);
  });

  it.each([1.5, "1", 2 ** 60, 11, -1])("%j is no whole number from 0 to 10", (value) => {
    expect(parseWith(integer({ min: 0, max: 10 }), value).ok).toBe(false);
  });
});

describe("versions of a document", () => {
  interface Note {
    readonly format: "interlock.note/1" | "interlock.note/2";
    readonly text: string;
    readonly inside: { readonly by?: string };
  }
  const note = documentOfType<Note>(["interlock.note/1", "interlock.note/2"], {
    text: text(),
    inside: objectOf<Note["inside"]>({ by: optionalSince("interlock.note/2", text()) }),
  });
  const refusalsOf = (value: JsonValue): readonly string[] => {
    const read = parseWith(note, value);
    return read.ok ? [] : read.error.map(({ code, pointer, hint }) => `${code} ${pointer}: ${hint}`);
  };

  it("every version listed is read as itself", () => {
    for (const format of ["interlock.note/1", "interlock.note/2"] as const)
      expect(parseWith(note, { format, text: "a", inside: {} })).toEqual({
        ok: true,
        value: { format, text: "a", inside: {} },
      });
  });

  it("a field that came with a version is unknown in an earlier one, at any depth", () => {
    expect(refusalsOf({ format: "interlock.note/2", text: "a", inside: { by: "b" } })).toEqual([]);
    expect(refusalsOf({ format: "interlock.note/1", text: "a", inside: { by: "b" } })).toEqual([
      "E_SCHEMA_UNKNOWN_FIELD /inside/by: remove the field",
    ]);
    expect(parseWith(objectOf<Note["inside"]>({ by: optionalSince("interlock.note/2", text()) }), { by: "b" }).ok).toBe(
      false,
    );
  });

  it("a version that is not listed is refused, with a hint to the newest", () => {
    expect(refusalsOf({ format: "interlock.note/3", text: 7 })).toEqual([
      "E_SCHEMA_VERSION /format: write `interlock.note/2`",
    ]);
  });

  it("a parser of a type that leaves out one of its fields, or has one more, does not compile", () => {
    // @ts-expect-error: `inside` is missing
    documentOfType<Note>(["interlock.note/1"], { text: text() });
    // @ts-expect-error: `by` is a field that may be missing
    objectOf<Note["inside"]>({ by: text() });
    // @ts-expect-error: nobody knows `to`
    objectOf<Note["inside"]>({ by: optional(text()), to: text() });
  });
});
