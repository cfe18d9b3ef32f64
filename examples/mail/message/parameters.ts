/** A header value such as `text/plain; charset="utf-8"`, taken apart; names and value in lower case. */
export interface Parameterised {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const parameter = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g;

/** Reads a value with parameters; what is not one is passed over. */
export function readParameters(source: string): Parameterised {
  const [value = ''] = source.split(';', 1);
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, bare = ''] of source.matchAll(parameter)) {
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare);
  }
  return { value: value.trim().toLowerCase(), parameters };
}
