/** A map of bounded size: beyond its limit, the entry that was not used for longest makes room. */
export class RecentlyUsed<Key, Value extends {}> {
  readonly #limit: number;
  /** The least recently used first. */
  readonly #entries = new Map<Key, Value>();
  /** The one that was used last, which need not move. */
  #latest: Key | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** To look is to use. */
  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined && key !== this.#latest) this.#touch(key, value);
    return value;
  }

  /** @returns what made room, if something had to */
  set(key: Key, value: Value): Value | undefined {
    this.#touch(key, value);
    if (this.#entries.size <= this.#limit) return undefined;
    const oldest = this.#entries.keys().next().value as Key;
    const itsValue = this.#entries.get(oldest);
    this.#entries.delete(oldest);
    return itsValue;
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  #touch(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#latest = key;
  }
}
