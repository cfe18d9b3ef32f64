import { styleText } from 'node:util';

/** Colours a piece of text, or leaves it alone. */
export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

/** Colours are for terminals, and only for people who did not ask for none (https://no-color.org). */
export function paintFor(output: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Paint {
  const colours = output.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return colours ? styleText : (_, text) => text;
}
