import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyHeaderOps, parseHeaders, rewriteHeaders, type Header, type HeaderOp } from 'plugboard/email';

const block = [
  'Received: from a\r\n\tby b\r\n',
  'Subject: first\r\n',
  'X-Odd:no space\r\n',
  'subject:  second \r\n',
  'DKIM-Signature: v=1;\r\n b=abc\r\n',
].join('');
const headers: readonly Header[] = [
  ['Received', 'from a\tby b'],
  ['Subject', 'first'],
  ['X-Odd', 'no space'],
  ['subject', 'second'],
  ['DKIM-Signature', 'v=1; b=abc'],
];
const add = (name: string, value: string): HeaderOp => ({ op: 'add', name, value });

describe('parseHeaders', () => {
  it('gives the fields in order, unfolded', () => {
    expect(parseHeaders(block)).toEqual(headers);
  });

  it('stops at the empty line, takes bare line feeds, and gives what is no field an empty name', () => {
    expect(parseHeaders('A: 1\nnonsense\n\nB: 2\n')).toEqual([
      ['A', '1'],
      ['', 'nonsense'],
    ]);
    expect(parseHeaders('')).toEqual([]);
    expect(parseHeaders(' folded at once\r\nA: 1')).toEqual([
      ['', 'folded at once'],
      ['A', '1'],
    ]);
  });
});

describe('rewriteHeaders', () => {
  it('leaves every line that is not concerned as it was', () => {
    expect(rewriteHeaders(block, [])).toBe(block);
    expect(rewriteHeaders(block, [add('X-New', 'a\r\n b')])).toBe(`X-New: a\r\n b\r\n${block}`);
    expect(rewriteHeaders(block, [{ op: 'remove', name: 'SUBJECT' }])).toBe(
      block.replace('Subject: first\r\n', '').replace('subject:  second \r\n', ''),
    );
    expect(rewriteHeaders(block, [{ op: 'replace', name: 'Subject', value: 'third', index: 1 }])).toBe(
      block.replace('subject:  second ', 'Subject: third'),
    );
    expect(rewriteHeaders('A: 1', [{ op: 'add', name: 'B', value: '2', at: 'end' }])).toBe(
      'A: 1\r\nB: 2\r\n',
    );
  });

  it('makes of a block what applyHeaderOps makes of its fields', () => {
    const name = fc.constantFrom('Subject', 'SUBJECT', 'X-A', 'Received', 'X-None');
    const value = fc.constantFrom('', 'plain', 'folded\r\n\ttwice');
    const index = fc.option(fc.nat(2), { nil: undefined });
    const op: fc.Arbitrary<HeaderOp> = fc.oneof(
      fc.record({
        op: fc.constant('add' as const),
        name,
        value,
        at: fc.constantFrom('start' as const, 'end' as const),
      }),
      fc.record({ op: fc.constant('replace' as const), name, value, index }),
      fc.record({ op: fc.constant('remove' as const), name, index }),
    );
    fc.assert(
      fc.property(fc.array(op, { maxLength: 8 }), (ops) => {
        expect(parseHeaders(rewriteHeaders(block, ops))).toEqual(applyHeaderOps(headers, ops));
      }),
    );
  });
});

describe('applyHeaderOps', () => {
  it('removes the nth of a name alone, and replaces what is not there by adding it', () => {
    expect(applyHeaderOps(headers, [{ op: 'remove', name: 'Subject', index: 1 }])).toEqual(
      headers.filter(([name]) => name !== 'subject'),
    );
    expect(applyHeaderOps([], [{ op: 'replace', name: 'A', value: '1' }])).toEqual([['A', '1']]);
  });
});
