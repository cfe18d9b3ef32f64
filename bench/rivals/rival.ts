/** Another end that echoes, whatever carries the messages. */
export interface Rival<T = unknown> {
  readonly ask: (request: T) => Promise<T>;
  readonly close: () => void;
}

/** Answers that are waited for, by id. */
export class Waiting<T> {
  readonly #resolves = new Map<number, (answer: T) => void>();
  #nextId = 1;

  /** Calls `send` with a new id; resolves when that id is answered. */
  ask(send: (id: number) => void): Promise<T> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#resolves.set(id, resolve);
      send(id);
    });
  }

  answered(id: number, answer: T): void {
    const resolve = this.#resolves.get(id);
    this.#resolves.delete(id);
    resolve?.(answer);
  }
}
