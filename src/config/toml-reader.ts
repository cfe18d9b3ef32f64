import { parse, TomlDate, TomlError } from 'smol-toml';

import { maxDepth, NodeBudget, tooDeep } from './caps.ts';
import { UnreadableText } from './problems.ts';
import { tomlPositions } from './toml-positions.ts';
import { below, itemOf, type Tree } from './tree.ts';

/** Reads TOML 1.0 into a tree; tables and keys at the start of a line have positions, inline ones those of their line. */
export function readToml(text: string): Tree {
  const budget = new NodeBudget();
  const positions = tomlPositions(text);
  const make = (value: unknown, path: string, depth: number, outer: number | undefined): Tree => {
    const at = positions.get(path) ?? outer;
    if (depth >= maxDepth && typeof value === 'object') throw tooDeep(at);
    budget.take(1, at);
    if (Array.isArray(value)) {
      const items = value.map((item: unknown, index) => make(item, itemOf(path, index), depth + 1, at));
      return { kind: 'list', at, path, items };
    }
    if (typeof value !== 'object' || value === null || value instanceof TomlDate) {
      return { kind: 'scalar', at, path, value: value instanceof TomlDate ? value.toISOString() : value };
    }
    const entries = Object.entries(value).map(([key, part]: [string, unknown]) => {
      const tree = make(part, below(path, key), depth + 1, at);
      return { key, at: tree.at, value: tree };
    });
    return { kind: 'map', at, path, entries };
  };
  return make(parsed(text), '', 0, undefined);
}

function parsed(text: string): unknown {
  try {
    return parse(text, { maxDepth });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw new UnreadableText(`is not valid TOML: ${reason}`, offsetOf(text, error.line, error.column));
  }
}

function offsetOf(text: string, line: number, column: number): number {
  let at = 0;
  for (let passed = 1; passed < line; passed++) at = text.indexOf('\n', at) + 1;
  return at + column - 1;
}
