import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { createTotals, type Figures } from "../../src/processes/figures.ts";

/** What a process tells that counted so many requests, each of which took a second, and has one connection. */
async function counted(requests: number): Promise<Figures> {
  const registry = new Registry();
  const registers = [registry];
  new Counter({ name: "requests_total", help: "x", labelNames: ["code"], registers }).inc(
    { code: "a" },
    requests,
  );
  new Gauge({ name: "connections", help: "x", registers }).set(1);
  const seconds = new Histogram({ name: "seconds", help: "x", buckets: [0.5, 2], registers });
  for (let n = 0; n < requests; n++) seconds.observe(1);
  return registry.getMetricsAsJSON();
}

/** The figures of a page, by series. */
function read(page: string): Record<string, number> {
  const lines = page.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => [line.split(" ")[0], Number(line.split(" ")[1])]));
}

test("what several processes measured is told in sums", async () => {
  expect(read(await createTotals().page([await counted(2), await counted(3)]))).toEqual({
    'requests_total{code="a"}': 5,
    connections: 2,
    'seconds_bucket{le="0.5"}': 0,
    'seconds_bucket{le="2"}': 5,
    'seconds_bucket{le="+Inf"}': 5,
    seconds_sum: 5,
    seconds_count: 5,
  });
});

test("what a process counted is kept when it is gone, and what it had is not", async () => {
  const totals = createTotals();
  totals.keep(await counted(2));
  totals.keep(await counted(4));
  const page = read(await totals.page([await counted(1)]));
  expect(page).toMatchObject({ 'requests_total{code="a"}': 7, seconds_count: 7, connections: 1 });
});

test("one that is gone before it told anything changes nothing", async () => {
  const totals = createTotals();
  totals.keep([]);
  expect(read(await totals.page([await counted(1)]))).toMatchObject({ seconds_count: 1, connections: 1 });
});
