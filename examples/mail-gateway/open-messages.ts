/** Which messages plugins may read now, by the id that hooks name them with: the host service `message.read`. */
export class OpenMessages {
  readonly #files = new Map<string, { readonly file: string; users: number }>();

  fileOf(id: string): string | undefined {
    return this.#files.get(id)?.file;
  }

  /** Lets plugins read a message while `work` runs. */
  async during<T>(id: string, file: string, work: () => Promise<T>): Promise<T> {
    const entry = this.#files.get(id) ?? { file, users: 0 };
    this.#files.set(id, entry);
    entry.users++;
    try {
      return await work();
    } finally {
      if (--entry.users === 0) this.#files.delete(id);
    }
  }
}
