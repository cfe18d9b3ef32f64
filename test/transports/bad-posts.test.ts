import { Simple } from 'plugboard';
import { worker } from 'plugboard/transports';
import { expect, it } from 'vitest';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { fixture } from './subjects.ts';

it.each([
  ['text', 'malformed'],
  ['number', 'malformed'],
  ['null', 'malformed'],
  ['emptyList', 'malformed'],
  ['noCount', 'malformed'],
  ['texts', 'malformed'],
  ['notANumber', 'late-or-repeated'],
  ['map', 'unknown-message'],
  ['error', 'unknown-message'],
  ['cyclic', 'unknown-id'],
  ['unknownId', 'unknown-id'],
  ['repeatedId', 'late-or-repeated'],
  ['hostileLog', undefined],
  ['nullPrototype', undefined],
])('a worker that posts against the protocol harms no call: %s', async (what, kind) => {
  const log = new MemoryLogger();
  await using host = await managed(
    Simple<string, string>()
      .withLogger(log)
      .withPlugin('subject', worker(fixture('bad/posts-as-told.mjs')))
      .build(),
  );
  expect(await host.manager.execute('subject', what)).toBe('ok');
  expect(log.records.find(({ fields }) => 'kind' in fields)?.fields['kind']).toBe(kind);
});

it('what cannot be posted to a worker is said in one sentence, with the cure', async () => {
  await using host = await managed(
    Simple<unknown, string>()
      .withPlugin('subject', worker(fixture('bad/posts-as-told.mjs')))
      .build(),
  );
  await expect(host.manager.execute('subject', Symbol('x'))).rejects.toThrow(
    'cannot be copied to another thread: Symbol(x) could not be cloned. Send plain data.',
  );
});
