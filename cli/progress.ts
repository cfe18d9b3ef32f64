const showEveryMs = 100;

/** Tells on a terminal how many bytes were hashed; nothing where nobody looks. */
class Progress {
  readonly #isShown = process.stderr.isTTY;
  #bytes = 0;
  #shownAt = performance.now(); // what is done sooner needs no progress
  #width = 0;

  readonly onBytes = (bytes: number): void => {
    this.#bytes += bytes;
    if (!this.#isShown || performance.now() - this.#shownAt < showEveryMs) return;
    this.#shownAt = performance.now();
    const text = `hashed ${(this.#bytes / 1024 / 1024).toFixed(1)} MiB`;
    this.#width = Math.max(this.#width, text.length);
    process.stderr.write(`\r${text.padEnd(this.#width)}`);
  };

  /** Leaves the line empty. */
  end(): void {
    if (this.#width > 0) process.stderr.write(`\r${' '.repeat(this.#width)}\r`);
  }
}

/** Does a piece of work while it is told how far it is. */
export async function withProgress<T>(work: (onBytes: (bytes: number) => void) => Promise<T>): Promise<T> {
  const progress = new Progress();
  try {
    return await work(progress.onBytes);
  } finally {
    progress.end();
  }
}
