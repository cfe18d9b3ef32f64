import { setImmediate as nextTurn } from 'node:timers/promises';

import { Composer, Lexer, LineCounter, Parser, type CST, type Document } from 'yaml';

/** What a text may cost before anything is made of it. */
const maxBytes = 1024 * 1024;
const maxDepth = 64;
const maxWords = 600_000;
/** What the lexer says before a text of no quotes. */
const scalarMark = '\u001f';
/** After so many words others get their turn. */
const wordsPerTurn = 4000;

/** A place in a text, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Why a text is no whitelist, and where. */
export class TextFault extends Error {
  readonly place: Place | undefined;

  constructor(message: string, place?: Place) {
    super(message);
    this.place = place;
  }
}

/** A text as YAML sees it, and where in the text each offset lies. */
export interface GuardedDocument {
  readonly document: Document.Parsed;
  readonly placeAt: (offset: number) => Place;
}

/**
 * Parses YAML, and JSON as the part of it that it is: one document, of bounded size and depth, without aliases.
 * @throws {TextFault} for anything else.
 */
export async function parseGuarded(text: string): Promise<GuardedDocument> {
  if (Buffer.byteLength(text) > maxBytes) throw new TextFault(`it is larger than ${maxBytes / 1024} KiB`);
  if (text.trim() === '') throw new TextFault('it is empty');
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  lines.addNewLine(0);
  const tokens = await tokensOf(text, new Parser(lines.addNewLine), placeAt);
  await nextTurn();
  const documents = [...new Composer({ uniqueKeys: false, merge: false }).compose(tokens)];
  const [document, second] = documents;
  if (document === undefined) throw new TextFault('it is empty');
  if (second !== undefined) throw new TextFault('it holds more than one document', placeAt(second.range[0]));
  const [error] = document.errors;
  if (error !== undefined) throw new TextFault(firstLine(error.message), placeAt(error.pos[0]));
  return { document, placeAt };
}

/** The parser's own steps, so that it can be stopped: it keeps a stack, and its memory grows with the depth. */
async function tokensOf(
  text: string,
  parser: Parser,
  placeAt: (offset: number) => Place,
): Promise<CST.Token[]> {
  const tokens: CST.Token[] = [];
  let words = 0;
  let before = '';
  for (const word of new Lexer().lex(text)) {
    const at = parser.offset;
    for (const token of parser.next(word)) tokens.push(token);
    if (parser.stack.length > maxDepth)
      throw new TextFault(`it is nested deeper than ${maxDepth}`, placeAt(at));
    if (word.startsWith('*') && before !== scalarMark)
      throw new TextFault('it uses an alias; write out what it stands for', placeAt(at));
    before = word;
    if (++words > maxWords) throw new TextFault('it has too many words');
    if (words % wordsPerTurn === 0) await nextTurn();
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
}
