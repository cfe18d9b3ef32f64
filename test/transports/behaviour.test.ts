import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectNoChildren, ownChildren } from '../support/processes.ts';
import { cases, refusedStarts, start, type Host } from './behaviour.ts';
import { subjects } from './subjects.ts';

describe.each(named(subjects))('%s', (_, subject) => {
  let shared: Host;

  beforeAll(async () => {
    shared = await start(subject);
  });

  afterAll(async () => {
    await shared[Symbol.asyncDispose]();
    expectNoChildren();
  });

  it.for(named(cases))('%s', async ([name, { own, run }], context) => {
    skipIfExcused(context, name);
    expect.hasAssertions();
    if (own === undefined) return run(shared);
    await using host = await start(subject, own);
    await run(host);
  });

  it.for(named(refusedStarts))('%s', async ([name, { own, error }], context) => {
    skipIfExcused(context, name);
    const before = ownChildren();
    await expect(start(subject, own)).rejects.toMatchObject(error);
    expect(ownChildren()).toEqual(before);
  });

  it('is excused only from cases that exist', () => {
    const names = new Set([...cases, ...refusedStarts].map(({ name }) => name));
    expect(Object.keys(subject.cannot).filter((name) => !names.has(name))).toEqual([]);
  });

  function skipIfExcused(context: { skip(reason: string): void }, name: string): void {
    const reason = subject.cannot[name];
    if (reason !== undefined) context.skip(reason);
  }
});

/** Each with its name in front, for the title of its test. */
function named<T extends { readonly name: string }>(table: readonly T[]): (readonly [string, T])[] {
  return table.map((row) => [row.name, row]);
}
