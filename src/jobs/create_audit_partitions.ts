import { callFunction, type Job } from "./job.ts";

/** Events of these months go where those go that have no place of their own. */
class MonthsWithoutPartition extends Error {
  constructor(months: readonly string[]) {
    super(
      `the trail has no partition for ${months.join(", ")}: its events are in audit.events_default, because no worker ran for months. ` +
        "Nothing is lost; months after it have their own",
    );
    this.name = "MonthsWithoutPartition";
  }
}

/**
 * Makes the trail's missing partitions, this month's and the next three's.
 *
 * @throws {MonthsWithoutPartition} once those are made that can be, for as long as one of these months has none
 */
export const createAuditPartitions: Job = async (context) => {
  const created = await callFunction<number>(context, "select jobs.create_audit_partitions()");
  const without = await callFunction<string[]>(context, "select jobs.months_without_partition()");
  if (without.length > 0) throw new MonthsWithoutPartition(without);
  return { created };
};
