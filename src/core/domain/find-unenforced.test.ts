import { describe, expect, it } from "vitest";
import { readShopDomain } from "../../../test/support/read-domain.ts";
import { findUnenforced } from "./find-unenforced.ts";

const { actions } = readShopDomain();

describe("findUnenforced", () => {
  it("names nothing where no argument declares a confidentiality", () => {
    expect(findUnenforced(actions)).toEqual([]);
  });

  it("names each argument that declares one", () => {
    const marked = actions.map((action) =>
      action.name === "note.add" || action.name === "k8s.scale"
        ? { ...action, input: action.input.map((argument) => ({ ...argument, confidentialityMax: "secret" as const })) }
        : action,
    );

    expect(findUnenforced(marked)).toEqual([
      "k8s.scale.deploy",
      "k8s.scale.replicas",
      "note.add.body",
      "note.add.volume",
    ]);
  });
});
