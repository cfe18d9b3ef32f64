import { UnreadableText } from './problems.ts';

/** The largest text, in bytes. Default 1 MiB: a thousand plugins with every field need half of it. */
export const defaultMaxBytes: number = 2 ** 20;
/** Maps and lists inside one another; more could exhaust the stack of a parser. */
export const maxDepth = 64;
/** Values of a file, each alias counted with all that it stands for. */
export const maxNodes = 100_000;
/** Words, signs and line ends of a YAML file, counted before its tree is made: a second's work, roughly. */
export const maxLexemes = 300_000;

/** Counts the values of one text. */
export class NodeBudget {
  #left = maxNodes;

  take(count: number, at: number | undefined): void {
    this.#left -= count;
    if (this.#left < 0) throw new UnreadableText(`has more than ${maxNodes} values; split it`, at);
  }
}

/** Refuses a text that is too large before a parser sees it. */
export function checkSize(text: string, maxBytes: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes)
    throw new UnreadableText(`has ${bytes} bytes; at most ${maxBytes} are read`, undefined);
}

export function tooDeep(at: number | undefined): UnreadableText {
  return new UnreadableText(`is nested more than ${maxDepth} deep`, at);
}
