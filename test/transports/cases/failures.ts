import { PluginError } from 'plugboard';
import { expect } from 'vitest';
import type { Case, Host } from '../behaviour.ts';

/** What a handler may throw, and what its caller then gets. */
const thrown: readonly (readonly [how: string, message: unknown])[] = [
  ['plain', 'it went wrong'],
  ['string', 'only text'],
  ['empty', expect.any(String)],
  ['null', expect.any(String)],
  ['undefined', expect.any(String)],
  ['number', expect.any(String)],
  ['object', expect.any(String)],
  ['hostile', expect.any(String)],
  ['cactus', expect.any(String)],
];

async function expectCoded({ ask }: Host, how: string, rawMessage: unknown): Promise<void> {
  const failure: unknown = await ask('fail', { how }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(PluginError);
  expect(failure).toMatchObject({ code: 'PLUGIN_1203', plugin: 'subject', rawMessage, retryable: false });
  expect(await ask('echo', { value: 'next' })).toBe('next');
}

/** What goes wrong inside a plugin. */
export const failureCases: readonly Case[] = [
  ...thrown.map(([how, message]): Case => ({
    name: `what a handler throws is coded, and the plugin goes on: ${how}`,
    own: {},
    run: (host) => expectCoded(host, how, message),
  })),
  {
    name: 'a coded error keeps code, message, retryable and retryAfterMs',
    async run({ ask }) {
      await expect(ask('fail', { how: 'coded' })).rejects.toMatchObject({
        code: 'USER_LOCKED',
        rawMessage: 'ada is locked',
        retryable: true,
        retryAfterMs: 1500,
        plugin: 'subject',
      });
    },
  },
  {
    name: 'a code put on any error is kept',
    async run({ ask }) {
      await expect(ask('fail', { how: 'codedByHand' })).rejects.toMatchObject({
        code: 'QUOTA_EMPTY',
        rawMessage: 'no quota',
        retryable: true,
        retryAfterMs: 20,
      });
    },
  },
  {
    name: 'a hook that the plugin does not answer is PLUGIN_1211',
    async run({ askUnanswered }) {
      await expect(askUnanswered()).rejects.toMatchObject({
        code: 'PLUGIN_1211',
        plugin: 'subject',
        hook: 'never.answered',
        message: expect.stringContaining('execute') as string,
      });
    },
  },
];
