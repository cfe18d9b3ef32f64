import { describe, expect, it } from 'vitest';
import { defaultReplies, defer, reject, replyOf, type RefusingHook } from 'plugboard/email';
import { check } from './check.ts';

describe('the reply to a refusal', () => {
  it('has the code, status and text of the hook where the answer has none', () => {
    expect(replyOf('connection.connect', reject({}))).toEqual({
      code: 554,
      enhanced: '5.7.1',
      text: 'Not welcome here',
    });
    expect(replyOf('command.auth', defer({}))).toMatchObject({ code: 454, enhanced: '4.7.0' });
  });

  it('has what the answer says, and no status that belongs to another code', () => {
    expect(
      replyOf('transaction.mailFrom', reject({ code: 552, enhanced: '5.3.4', text: 'Too big' })),
    ).toEqual({
      code: 552,
      enhanced: '5.3.4',
      text: 'Too big',
    });
    expect(replyOf('transaction.mailFrom', reject({ code: 553 }))).toEqual({
      code: 553,
      enhanced: '5.0.0',
      text: 'Refused',
    });
    expect(replyOf('transaction.mailFrom', reject({ text: 'Mine' }))).toMatchObject({
      code: 550,
      enhanced: '5.7.1',
      text: 'Mine',
    });
  });

  it('is in ASCII', () => {
    expect(replyOf('transaction.rcptTo', reject({ text: 'Grüße\r\n' })).text).toBe('Gr??e??');
  });

  it.each(Object.entries(defaultReplies))('of %s obeys the rules for answers', async (hook, replies) => {
    for (const action of Object.keys(replies) as ('reject' | 'defer')[]) {
      const reply = replyOf(hook as RefusingHook, { action });
      const { issues } = await check(hook as RefusingHook, 'response', {
        action,
        ...reply,
        ...(hook === 'authn.spfCheck' && { spf: { result: 'fail' } }),
      });
      expect(issues).toEqual([]);
    }
  });
});
