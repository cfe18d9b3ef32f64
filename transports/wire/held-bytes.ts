/** A chunk below this is copied, so that a byte does not keep a whole read buffer alive. */
const smallBytes = 16 * 1024;

const slabBytes = 64 * 1024;

/** Bytes that wait for the rest of their frame: memory in proportion to their number, however small the chunks. */
export class HeldBytes {
  #parts: Buffer[] = [];
  #slab: Buffer | undefined;
  #slabUsed = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(chunk: Buffer): void {
    this.#length += chunk.length;
    if (chunk.length >= smallBytes) {
      this.#closeSlab();
      this.#parts.push(chunk);
      return;
    }
    for (let rest = chunk; rest.length > 0;) {
      this.#slab ??= Buffer.allocUnsafeSlow(slabBytes);
      const copied = rest.copy(this.#slab, this.#slabUsed);
      this.#slabUsed += copied;
      if (this.#slabUsed === slabBytes) this.#closeSlab();
      rest = rest.subarray(copied);
    }
  }

  /** Everything held and `last`, as one; nothing is held after it. */
  take(last: Buffer): Buffer {
    if (this.#length === 0) return last;
    this.#closeSlab();
    const whole = Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#length = 0;
    return whole;
  }

  #closeSlab(): void {
    if (this.#slab === undefined) return;
    this.#parts.push(this.#slab.subarray(0, this.#slabUsed));
    this.#slab = undefined;
    this.#slabUsed = 0;
  }
}
