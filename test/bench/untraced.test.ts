import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { untraced } from '../../bench/measure/untraced.ts';

const dist = new URL('../../dist/', import.meta.url);

it('the copy of the package without the code for traces does nothing for them in a call', async () => {
  const texts = new Map<string, string>();
  for (const { file, pattern, by } of untraced) {
    const text = texts.get(file) ?? (await readFile(new URL(file, dist), 'utf8'));
    expect(text).toMatch(pattern);
    texts.set(file, text.replace(pattern, by));
  }
  const left = [...texts.values()].join('\n').split('\n');
  // What opens a span is still there, and nobody asks for it.
  expect(left.filter((line) => /\bspan\b|\btracing\b/.test(line)).map((line) => line.trim())).toEqual([
    'this.span = tracer.startCall({ plugin, hook: this.hook, transport, parent });',
    'askTraced(channel, span) {',
    'return span.run(() => channel.call(this));',
  ]);
  expect(left.filter((line) => /\.startSpan|\.askTraced/.test(line))).toEqual([]);
});
