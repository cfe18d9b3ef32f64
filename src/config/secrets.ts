import type { Tree } from './tree.ts';

/** Strings of a configuration that came from secret files, with the text as written. Prints and serialises as nothing. */
export class Secrets {
  readonly #templates: ReadonlyMap<unknown, string>;

  constructor(templates: ReadonlyMap<unknown, string>) {
    this.#templates = templates;
  }

  /** The text as written, `${file:/run/secrets/key}`, of a value that came from a secret file; undefined for another. */
  templateOf(value: unknown): string | undefined {
    return this.#templates.get(value);
  }
}

/** The secrets of a tree whose `${…}` are replaced. */
export function secretsOf(tree: Tree): Secrets {
  const templates = new Map<unknown, string>();
  const visit = (part: Tree): void => {
    if (part.kind === 'list') part.items.forEach(visit);
    else if (part.kind === 'map') for (const { value } of part.entries) visit(value);
    else if (part.isSecret === true && part.template !== undefined) templates.set(part.value, part.template);
  };
  visit(tree);
  return new Secrets(templates);
}
