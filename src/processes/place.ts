import type { Log } from "../log.ts";
import type { WebProcess } from "./web_process.ts";

/** Milliseconds before a process is started in the place of one that died: doubled each time, up to the last. */
export const FIRST_PAUSE = 100;
export const LAST_PAUSE = 30_000;
/** Milliseconds after which one that dies has lived, and the pauses begin anew. */
export const STEADY = 60_000;

export interface PlaceOptions {
  /** Starts a process and resolves when it answers requests. */
  readonly start: () => Promise<WebProcess>;
  /** Milliseconds that a process which was replaced has to finish. */
  readonly patience: number;
  readonly log: Pick<Log, "error">;
}

/** A place for one web process. Whichever is in it, when it dies another one comes. */
export class Place {
  readonly #options: PlaceOptions;
  #serving: WebProcess | null = null;
  #replacing: Promise<void> | null = null;
  /** Whether the next one is on its way already. */
  #awaited = false;
  #pause = FIRST_PAUSE;
  #timer: NodeJS.Timeout | undefined;
  #vacated = false;

  constructor(options: PlaceOptions) {
    this.#options = options;
  }

  /** Starts the first one. Returns the origin that it listens at. @throws {CannotServe} */
  async fill(): Promise<string> {
    const web = await this.#options.start();
    this.#serve(web);
    return web.ready;
  }

  get isServing(): boolean {
    return this.#serving !== null;
  }

  /** Whether this process is the one in this place. */
  holds(web: WebProcess): boolean {
    return this.#serving === web;
  }

  /**
   * Starts another process and, when it answers requests, lets the one before it finish; resolves when that is gone.
   *
   * @throws {CannotServe} for the other one: then everything is as before
   */
  replace(): Promise<void> {
    this.#replacing ??= this.#exchange().finally(() => {
      this.#replacing = null;
    });
    return this.#replacing;
  }

  /** Starts no process any more. */
  vacate(): void {
    this.#vacated = true;
    clearTimeout(this.#timer);
  }

  async #exchange(): Promise<void> {
    const before = this.#serving;
    // One that died is being replaced already.
    if (before === null) return;
    this.#awaited = true;
    try {
      this.#serve(await this.#options.start());
    } catch (error) {
      if (this.#serving === null) this.#reviveLater();
      throw error;
    } finally {
      this.#awaited = false;
    }
    await before.finish("hand over", this.#options.patience);
  }

  #serve(web: WebProcess): void {
    this.#serving = web;
    const since = performance.now();
    void web.gone.then((how) => {
      if (this.#serving !== web) return;
      this.#serving = null;
      if (this.#vacated) return;
      const { id, pid } = web;
      this.#options.log.error({ process: id, pid, how }, "a web process died; another one is started");
      if (performance.now() - since >= STEADY) this.#pause = FIRST_PAUSE;
      if (!this.#awaited) this.#reviveLater();
    });
  }

  #reviveLater(): void {
    if (this.#vacated) return;
    this.#timer = setTimeout(() => void this.#revive(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LAST_PAUSE);
  }

  async #revive(): Promise<void> {
    try {
      this.#serve(await this.#options.start());
    } catch (error) {
      const { message: reason } = error as Error;
      if (!this.#vacated)
        this.#options.log.error({ reason, ms: this.#pause }, "a web process cannot start; waiting");
      this.#reviveLater();
    }
  }
}
