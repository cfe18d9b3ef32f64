/** Things by their rank, the lowest first; of equals the one that came first. */
export class Heap<T> {
  readonly #items: { readonly item: T; readonly rank: number; readonly order: number }[] = [];
  #order = 0;

  get size(): number {
    return this.#items.length;
  }

  /** The rank of the first; Infinity of an empty heap. */
  get firstRank(): number {
    return this.#items[0]?.rank ?? Infinity;
  }

  push(item: T, rank: number): void {
    this.#items.push({ item, rank, order: this.#order++ });
    for (let at = this.#items.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): T | undefined {
    this.#swap(0, this.#items.length - 1);
    const last = this.#items.pop();
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = this.#isBefore(right, left) ? right : left;
      if (!this.#isBefore(child, at)) break;
      this.#swap(child, at);
      at = child;
    }
    return last?.item;
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#items[a], this.#items[b]];
    if (one === undefined || other === undefined) return one !== undefined;
    return one.rank === other.rank ? one.order < other.order : one.rank < other.rank;
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#items[a], this.#items[b]];
    if (one === undefined || other === undefined) return;
    this.#items[a] = other;
    this.#items[b] = one;
  }
}
