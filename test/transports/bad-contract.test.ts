import { Simple } from 'plugboard';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { managed } from '../support/managed.ts';
import { subjects } from './subjects.ts';

const question = {
  request: z.object({ do: z.string(), value: z.string().max(5).optional() }),
  response: z.object({ score: z.number() }).or(z.string()),
};

describe.each(subjects)('$name', (subject) => {
  it('an answer that breaks the contract is PLUGIN_1210, and says where', async () => {
    await using host = await managed(Simple(question).withPlugin('subject', subject.source()).build());
    await expect(host.manager.execute('subject', { do: 'context' })).rejects.toMatchObject({
      code: 'PLUGIN_1210',
      plugin: 'subject',
      retryable: false,
      message: expect.stringContaining('the plugin') as string,
    });
    expect(await host.manager.execute('subject', { do: 'echo', value: 'short' })).toBe('short');
  });

  it('a request that breaks the contract is PLUGIN_1209, and the plugin is not asked', async () => {
    await using host = await managed(Simple(question).withPlugin('subject', subject.source()).build());
    const tooLong = { do: 'echo', value: 'longer than five' };
    await expect(host.manager.execute('subject', tooLong)).rejects.toMatchObject({
      code: 'PLUGIN_1209',
      retryable: false,
      message: expect.stringContaining('value') as string,
    });
    expect(await host.manager.execute('subject', { do: 'countCalls' })).toBe('1 call');
  });
});
