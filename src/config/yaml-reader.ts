import {
  Composer,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  Parser,
  type CST,
  type ParsedNode,
  type YAMLMap,
} from 'yaml';

import { maxDepth, maxLexemes, maxNodes, NodeBudget, tooDeep } from './caps.ts';
import { UnreadableText } from './problems.ts';
import { below, itemOf, type Entry, type ListTree, type ScalarTree, type Tree } from './tree.ts';

/** Reads YAML 1.2 (core schema, merge keys) into a tree with positions. */
export function readYaml(text: string): Tree {
  const tokens = tokensOf(text);
  for (const token of tokens) checkToken(token);
  const composer = new Composer({
    uniqueKeys: false,
    schema: 'core',
    logLevel: 'silent',
    prettyErrors: false,
  });
  const [document] = withoutStacks(() => [...composer.compose(tokens, true, text.length)]);
  const [problem] = [...(document?.errors ?? []), ...(document?.warnings ?? [])];
  if (problem !== undefined)
    throw new UnreadableText(`is not valid YAML: ${lower(problem.message)}`, problem.pos[0]);
  return new TreeMaker().tree(document?.contents ?? null, '', 0);
}

/** A text may have an error at every second character; their stacks, which nobody sees, would cost seconds. */
function withoutStacks<T>(make: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * Lexer and parser of the library keep no stack and need linear time; they are stopped at the first error, the second
 * document, or when there is more than the rest could take.
 */
function tokensOf(text: string): CST.Token[] {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  let documents = 0;
  let directives = 0;
  const add = (token: CST.Token): void => {
    if (token.type === 'error')
      throw new UnreadableText(`is not valid YAML: ${lower(token.message)}`, token.offset);
    if (token.type === 'directive' && ++directives > 2)
      throw new UnreadableText('has too many directives', token.offset);
    if (token.type === 'document' && ++documents > 1)
      throw new UnreadableText('holds more than one document; split it', token.offset);
    tokens.push(token);
  };
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexemes > maxLexemes)
      throw new UnreadableText(`has more than ${maxLexemes} words and signs; split it`, undefined);
    for (const token of parser.next(lexeme)) add(token);
  }
  for (const token of parser.end()) add(token);
  return tokens;
}

/** Depth and count are checked here without recursion, because composing recurses. */
function checkToken(root: CST.Token): void {
  const open: { token: CST.Token; depth: number }[] = [{ token: root, depth: 0 }];
  let count = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > maxDepth && 'items' in token) throw tooDeep(token.offset); // the document itself is 0
    if (++count > 2 * maxNodes)
      throw new UnreadableText(`has more than ${maxNodes} values; split it`, token.offset);
    for (const inner of insideOf(token)) open.push({ token: inner, depth: depth + 1 });
  }
}

function insideOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!('items' in token)) return [];
  return token.items.flatMap((item) =>
    [item.key, item.value].filter((inner) => inner !== undefined && inner !== null),
  );
}

/** Makes trees of nodes. Aliases are looked up here: the library's own way is quadratic. */
class TreeMaker {
  readonly #budget = new NodeBudget();
  readonly #anchors = new Map<string, ParsedNode>();

  tree(node: ParsedNode | null, path: string, depth: number): Tree {
    if (isAlias(node)) return this.tree(this.#target(node.source, node.range[0]), path, depth);
    const at = node?.range[0];
    if (depth >= maxDepth && isCollection(node)) throw tooDeep(at);
    this.#budget.take(1, at);
    const tree = this.#made(node, at, path, depth);
    if (node !== null && 'anchor' in node && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    return tree;
  }

  #made(node: ParsedNode | null, at: number | undefined, path: string, depth: number): Tree {
    if (isMap(node)) return { kind: 'map', at, path, entries: this.#entries(node, path, depth) };
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.tree(item, itemOf(path, index), depth + 1));
      return { kind: 'list', at, path, items } satisfies ListTree;
    }
    const value: unknown = isScalar(node) ? node.value : null;
    return { kind: 'scalar', at, path, value } satisfies ScalarTree;
  }

  #entries(node: YAMLMap.Parsed, path: string, depth: number): Entry[] {
    const own: Entry[] = [];
    const merged: Entry[] = [];
    for (const { key, value } of node.items) {
      const [at] = key.range;
      if (!isScalar(key)) throw new UnreadableText('has a key that is no text', at);
      const name = key.source ?? '';
      if (name === '<<' && key.type === 'PLAIN') merged.push(...this.#merged(value, path, depth));
      else own.push({ key: name, at, value: this.tree(value, below(path, name), depth + 1) });
    }
    const names = new Set(own.map(({ key }) => key));
    for (const entry of merged) {
      if (!names.has(entry.key)) own.push(entry);
      names.add(entry.key);
    }
    return own;
  }

  /** `<<: *base` or `<<: [*first, *second]`: what the map has not itself, the first counts. */
  #merged(value: ParsedNode | null, path: string, depth: number): readonly Entry[] {
    const tree = this.tree(value, path, depth);
    const maps = tree.kind === 'list' ? tree.items : [tree];
    return maps.flatMap((map) => {
      if (map.kind !== 'map') throw new UnreadableText("has a merge key '<<' whose value is no map", tree.at);
      return map.entries;
    });
  }

  #target(name: string, at: number): ParsedNode {
    const target = this.#anchors.get(name);
    if (target === undefined)
      throw new UnreadableText(`has an alias *${name} without an anchor &${name} before it`, at);
    return target;
  }
}

function lower(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
