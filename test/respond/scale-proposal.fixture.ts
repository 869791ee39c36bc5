/** A proposal to scale the shop, as a model would write it. */
export function scaleProposal(workers: number, more: object = {}): string {
  const args = [
    { name: "service", from: "literal", value: '"shop"' },
    { name: "workers", from: "literal", value: String(workers) },
  ];
  const step = {
    id: "scale",
    action: "service.scale",
    purpose: "more workers",
    kind: "act",
    after: [],
    when: "",
    args,
    expect: [],
    onFailure: "rollback",
  };
  return JSON.stringify({
    format: "interlock.proposal/1",
    goal: "",
    summary: "scale out",
    decline: "",
    assumptions: [],
    steps: [step],
    ...more,
  });
}
