import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareVersions, isVersion } from "./version.ts";

describe("a version", () => {
  // The examples beside the expression that the specification suggests (semver.org).
  it.each(
    [
      "0.0.4 1.2.3 10.20.30 1.1.2-prerelease+meta 1.1.2+meta 1.1.2+meta-valid 1.0.0-alpha 1.0.0-beta",
      "1.0.0-alpha.beta 1.0.0-alpha.beta.1 1.0.0-alpha.1 1.0.0-alpha0.valid 1.0.0-alpha.0valid",
      "1.0.0-rc.1+build.1 2.0.0-rc.1+build.123 1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay",
      "1.2.3-beta 10.2.3-DEV-SNAPSHOT 1.2.3-SNAPSHOT-123 2.0.0 2.0.0+build.1848 2.0.1-alpha.1227",
      "1.0.0-alpha+beta 1.2.3----RC-SNAPSHOT.12.9.1--.12+788 1.2.3----R-S.12.9.1--.12",
      "1.2.3----RC-SNAPSHOT.12.9.1--.12 1.0.0+0.build.1-rc.10000aaa-kk-0.1",
      "99999999999999999999999.999999999999999999.99 1.0.0-0A.is.legal v1.2.4",
    ].flatMap((row) => row.split(" ")),
  )("is %s", (text) => {
    expect(isVersion(text)).toBe(true);
  });

  it.each(
    [
      "1 1.2 1.10 1.2.3-0123 1.2.3-0123.0123 1.1.2+.123 +invalid -invalid -invalid+invalid -invalid.01",
      "alpha alpha.beta alpha.1 1.0.0-alpha_beta 1.0.0-alpha.. 1.0.0-alpha..1 01.1.1 1.01.1 1.1.01",
      "1.2.3.DEV 1.2-SNAPSHOT 1.2-RC-SNAPSHOT -1.0.3-gamma+b7718 +justmeta 9.8.7+meta+meta",
      "9.8.7-whatever+meta+meta vv1.2.3 V1.2.3 =1.2.3 v 1.2.3- 1.2.3+",
    ]
      .flatMap((row) => row.split(" "))
      .concat("", " 1.2.3", "1.2.3 ", "1.2.3\n", "\u0661.2.3", `1.2.3-${"a".repeat(200)}`),
  )("is not %j", (text) => {
    expect(isVersion(text)).toBe(false);
    expect(compareVersions(text, "1.0.0")).toBeUndefined();
  });

  it("has its place in the order that the specification gives as its example", () => {
    const rising = [
      ...["0.9.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2"],
      ...["1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.9.0", "1.10.0", "1.11.0", "2.0.0", "2.1.0", "2.1.1"],
      "99999999999999999998.0.0",
      "99999999999999999999.0.0",
    ];

    for (const [index, one] of rising.entries())
      for (const [place, other] of rising.entries())
        expect(Math.sign(compareVersions(one, other) ?? Number.NaN), `${one} ${other}`).toBe(Math.sign(index - place));
  });

  it("is neither before nor after one that differs in its `v` or its build alone", () => {
    expect(compareVersions("v1.2.4", "1.2.4")).toBe(0);
    expect(compareVersions("1.2.4+build.2", "1.2.4+build.10")).toBe(0);
    expect(compareVersions("1.2.4-rc.1+x", "1.2.4")).toBeLessThan(0);
  });

  it("is in one order with every other: neither reversed nor in a circle", () => {
    const number = fc.constantFrom("0", "1", "2", "9", "10", "11");
    const part = fc.constantFrom("0", "1", "9", "10", "a", "A", "rc", "-", "1a");
    const version = fc
      .tuple(fc.tuple(number, number, number), fc.array(part, { maxLength: 3 }))
      .map(([numbers, parts]) => `${numbers.join(".")}${parts.length === 0 ? "" : `-${parts.join(".")}`}`);
    const sign = (left: string, right: string): number => Math.sign(compareVersions(left, right) ?? Number.NaN);
    fc.assert(
      fc.property(version, version, version, (one, two, three) => {
        const isReversed = sign(one, two) + sign(two, one) === 0;
        const isChained = !(sign(one, two) <= 0 && sign(two, three) <= 0) || sign(one, three) <= 0;
        return isReversed && isChained && (sign(one, two) === 0) === (one === two);
      }),
      { numRuns: 3_000 },
    );
  });
});
