import { AggregatorRegistry, type Registry } from "prom-client";

/** What one process measured, ready to be sent. */
export type Figures = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

/** What several processes measured, told as if they were one. */
export interface Totals {
  /**
   * Keeps what a process counted that is gone. Prometheus takes a count that became smaller for one that began anew, and
   * would add all that the others ever counted to its rate.
   */
  keep(departed: Figures): void;
  /** Prometheus' text format: sums, and of the event loop's lag the mean, the least or the most. */
  page(living: readonly Figures[]): Promise<string>;
}

export function createTotals(): Totals {
  let departed: Figures = [];
  const sum = (figures: Figures[]) => AggregatorRegistry.aggregate(figures);
  return {
    keep(figures) {
      const counts = figures.filter(({ type }) => ["counter", "histogram"].includes(String(type)));
      // At once, and not a promise later: nobody may find a process neither among the living nor here, or in both.
      departed = sum([departed, counts]).getMetricsAsArray() as unknown as Figures;
    },
    page: (living) => sum([...living, departed]).metrics(),
  };
}
