import { expect, it } from 'vitest';
import { hclogLine } from '../../../transports/go-plugin/serve-log.ts';

const date = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 67));
const line = (message: unknown, fields?: object): Record<string, unknown> =>
  JSON.parse(hclogLine({ level: 'info', name: 'kv', message, fields }, date)) as Record<string, unknown>;

it('a record has a time of six digits, and its own keys whatever the fields say', () => {
  expect(line('said', { '@level': 1, '@message': null, '@timestamp': {}, more: 2 })).toEqual({
    '@level': 'info',
    '@message': 'said',
    '@module': 'kv',
    '@timestamp': '2026-01-02T03:04:05.067000Z',
    more: 2,
  });
});

it.each([undefined, null, 7, { a: 1 }, Symbol('s')])('a message is text, also %o', (message) => {
  expect(line(message)['@message']).toEqual(expect.any(String));
});

it('fields that JSON cannot hold harm nothing', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  expect(line('said', circle)).toMatchObject({ '@message': 'said', fields: expect.any(String) as string });
  expect(line('said', { big: 2n ** 70n, error: new Error('oh'), nothing: undefined })).toMatchObject({
    big: '1180591620717411303424',
    error: 'oh',
  });
});

it('is one line that a host in Go can parse, however long it was', () => {
  const text = hclogLine({ level: 'warn', name: 'kv', message: 'long\n'.repeat(50_000) }, date);
  expect(text).not.toContain('\n');
  expect(Buffer.byteLength(text)).toBeLessThan(64 * 1024);
  expect(JSON.parse(text)).toMatchObject({ '@level': 'warn', cut: true });
});
