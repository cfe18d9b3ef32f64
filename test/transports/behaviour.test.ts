// oxlint-disable vitest/valid-title, vitest/expect-expect -- names and expectations stand in the tables
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectNoChildren, ownChildren } from '../support/processes.ts';
import { cases, refusedStarts, start, type Host } from './behaviour.ts';
import { subjects } from './subjects.ts';

for (const subject of subjects) {
  describe(subject.name, () => {
    let shared: Host;

    beforeAll(async () => {
      shared = await start(subject);
    });

    afterAll(async () => {
      await shared[Symbol.asyncDispose]();
      expectNoChildren();
    });

    for (const { name, own, run } of cases) {
      it(name, async (context) => {
        skipIfExcused(context, name);
        if (own === undefined) return run(shared);
        await using host = await start(subject, own);
        await run(host);
      });
    }

    for (const { name, own, error } of refusedStarts) {
      it(name, async (context) => {
        skipIfExcused(context, name);
        const before = ownChildren();
        await expect(start(subject, own)).rejects.toMatchObject(error);
        expect(ownChildren()).toEqual(before);
      });
    }

    it('is excused only from cases that exist', () => {
      const names = new Set([...cases, ...refusedStarts].map(({ name }) => name));
      expect(Object.keys(subject.cannot).filter((name) => !names.has(name))).toEqual([]);
    });

    function skipIfExcused(context: { skip(reason: string): void }, name: string): void {
      const reason = subject.cannot[name];
      if (reason !== undefined) context.skip(reason);
    }
  });
}
