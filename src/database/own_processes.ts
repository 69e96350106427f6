/** Something that must not outlive this process: a server that it runs, a program that it waits for. */
export interface OwnProcess {
  /** Ends it and resolves when it is gone. */
  stop(): Promise<void>;
}

/** What this process runs at the moment. Whoever starts something puts it here, and takes it out when it is gone. */
export const ownProcesses = new Set<OwnProcess>();

/** Ends all of it, for a process that was told to go before it was ready. */
export async function stopOwnProcesses(): Promise<void> {
  await Promise.allSettled([...ownProcesses].map((one) => one.stop()));
}
