/** A node of what PostgreSQL 18 says under `explain (analyze, buffers, format json)`. */
export interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  /** Under `verbose`. */
  readonly Schema?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  /** The mean of its loops. */
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  /** Pages, those of the nodes below among them. */
  readonly "Shared Hit Blocks"?: number;
  readonly "Shared Read Blocks"?: number;
  readonly Plans?: readonly PlanNode[];
}

/** A plan's nodes, from the top. */
export const nodesOf = (plan: PlanNode): PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** Whether it read a table or an index; what was planned and never run did not. */
export const isScan = (node: PlanNode): boolean =>
  node["Actual Loops"] > 0 &&
  (node["Relation Name"] !== undefined || node["Node Type"] === "Bitmap Index Scan") &&
  node["Node Type"] !== "ModifyTable";

/** Rows that a scan looked at in all its loops, also those that it then left out. */
export const rowsReadBy = (scan: PlanNode): number =>
  Math.round(
    (scan["Actual Rows"] +
      (scan["Rows Removed by Filter"] ?? 0) +
      (scan["Rows Removed by Index Recheck"] ?? 0)) *
      scan["Actual Loops"],
  );

/** Pages that a node read itself, from memory or not. */
export const pagesReadBy = (node: PlanNode): number =>
  pagesBelow(node) - (node.Plans ?? []).reduce((sum, below) => sum + pagesBelow(below), 0);

const pagesBelow = (node: PlanNode): number =>
  (node["Shared Hit Blocks"] ?? 0) + (node["Shared Read Blocks"] ?? 0);
