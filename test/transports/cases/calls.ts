import { expect } from 'vitest';
import type { Case } from '../behaviour.ts';

/** In an order that is neither theirs nor its reverse. */
function shuffled(count: number): number[] {
  return Array.from({ length: count }, (_, at) => (at * 7919) % count);
}

/** Answers, their order, their end. */
export const callCases: readonly Case[] = [
  {
    name: 'answers at once',
    async run({ ask }) {
      expect(await ask('echo', { value: { text: 'hello', list: [1, 2.5, true, null] } })).toEqual({
        text: 'hello',
        list: [1, 2.5, true, null],
      });
    },
  },
  {
    name: 'answers later',
    async run({ ask }) {
      expect(await ask('echoLater', { value: 'later' })).toBe('later');
    },
  },
  {
    name: 'many calls in flight come back to their callers, in whatever order they are answered',
    async run({ ask }) {
      const count = 200;
      const held = Array.from({ length: count }, (_, key) => ask('hold', { key }));
      const releases = shuffled(count).map((key) => ask('release', { key, value: `answer ${key}` }));
      expect(await Promise.all(held)).toEqual(Array.from({ length: count }, (_, key) => `answer ${key}`));
      await Promise.all(releases);
    },
  },
  {
    name: 'a thousand calls of one turn are all answered, each with its own answer',
    async run({ ask }) {
      const answers = Array.from({ length: 1000 }, (_, value) => ask('echo', { value }));
      expect(await Promise.all(answers)).toEqual(Array.from({ length: 1000 }, (_, value) => value));
    },
  },
  {
    name: 'a deadline that passes ends the call with PLUGIN_1204',
    async run({ ask }) {
      await expect(ask('hold', { key: 'for ever' }, { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'PLUGIN_1204',
        plugin: 'subject',
        message: expect.stringContaining('50 ms') as string,
      });
      expect(await ask('echo', { value: 'next' })).toBe('next');
    },
  },
  {
    name: 'a caller who gives up gets PLUGIN_1206',
    async run({ ask }) {
      const giveUp = new AbortController();
      const call = ask('hold', { key: 'given up' }, { signal: giveUp.signal });
      giveUp.abort();
      await expect(call).rejects.toMatchObject({ code: 'PLUGIN_1206', retryable: false });
      expect(await ask('echo', { value: 'next' })).toBe('next');
    },
  },
  {
    name: 'a caller who gives up aborts the signal of the plugin',
    async run({ ask }) {
      const giveUp = new AbortController();
      const options = { signal: giveUp.signal, onProgress: () => giveUp.abort() };
      await expect(ask('untilAborted', { key: 'caller' }, options)).rejects.toMatchObject({
        code: 'PLUGIN_1206',
      });
      expect(await ask('abortOf', { key: 'caller' })).toEqual({ aborted: true, isCoded: true });
    },
  },
  {
    name: 'a deadline that passes aborts the signal of the plugin',
    async run({ ask }) {
      await expect(ask('untilAborted', { key: 'deadline' }, { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'PLUGIN_1204',
      });
      expect(await ask('abortOf', { key: 'deadline' })).toEqual({ aborted: true, isCoded: true });
    },
  },
  {
    name: 'a late answer is dropped without a word',
    own: {},
    async run({ ask, log, view }) {
      await expect(ask('untilAborted', { key: 'late' }, { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'PLUGIN_1204',
      });
      await ask('abortOf', { key: 'late' });
      expect(await ask('echo', { value: 'after the late answer' })).toBe('after the late answer');
      expect(log.records.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
      expect(view().calls).toEqual({ started: 3, succeeded: 2, failed: 1, active: 0 });
    },
  },
  {
    name: 'progress arrives at the caller in its order',
    async run({ ask }) {
      const seen: unknown[] = [];
      await ask('progress', { values: [1, { of: 3 }, 'done'] }, { onProgress: (value) => seen.push(value) });
      expect(seen).toEqual([1, { of: 3 }, 'done']);
    },
  },
];
