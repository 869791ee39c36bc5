import { expect, it } from "vitest";
import { answersAlert, describeAlerts, noTerms, type ResponseTerms } from "./response-terms.ts";

const terms: ResponseTerms = {
  ...noTerms,
  alerts: [
    {
      labels: [
        { name: "alertname", values: ["Slow"] },
        { name: "service", values: ["shop", "till"] },
      ],
    },
    { labels: [{ name: "severity", values: ["page"] }] },
  ],
};

function labelled(labels: Readonly<Record<string, string>>): boolean {
  return answersAlert(
    terms,
    Object.entries(labels).map(([name, value]) => ({ name, value })),
  );
}

it("an alert is answered if all labels of one entry have one of their values", () => {
  expect(labelled({ alertname: "Slow", service: "till", pod: "7" })).toBe(true);
  expect(labelled({ severity: "page" })).toBe(true);
  expect(labelled({ alertname: "Slow", service: "billing" })).toBe(false);
  expect(labelled({ alertname: "Slow" })).toBe(false);
  expect(labelled({ alertname: "Slower", service: "shop" })).toBe(false);
  expect(labelled({})).toBe(false);
});

it("a situation that lists no alert answers none", () => {
  expect(answersAlert(noTerms, [{ name: "alertname", value: "Slow" }])).toBe(false);
});

it("what is answered is told in one line", () => {
  expect(describeAlerts(terms)).toBe("alertname=Slow, service=shop|till or severity=page");
});
