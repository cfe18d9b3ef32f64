import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dependentsOf, unloadRefusal } from '../../src/discovery/dependents.ts';
import { orderError, startOrder, type Needing } from '../../src/discovery/start-order.ts';
import { hostRefusal, isInRange, versionRefusal } from '../../src/discovery/versions.ts';

/** `a@1.0.0: b c@^2.0.0 d?` needs b, c in a range, and d if it is there. */
function plugins(...lines: readonly string[]): Needing[] {
  return lines.map((line) => {
    const [self = '', needs = ''] = line.split(':');
    const [name = '', version] = self.trim().split('@');
    const dependencies = needs.split(' ').filter((need) => need !== '');
    return {
      name,
      version,
      dependencies: dependencies.map((need) => {
        const [other = '', range = '*'] = need.replace('?', '').split('@');
        return { name: other, version: range, optional: need.includes('?') };
      }),
    };
  });
}

const waves = (...lines: string[]): string[] =>
  startOrder(plugins(...lines)).waves.map((wave) => wave.join(' '));
const problems = (...lines: string[]): string[] =>
  startOrder(plugins(...lines)).problems.map(({ plugin, kind, message }) => `${plugin} ${kind}: ${message}`);

describe('the order of starts', () => {
  it.each([
    [['a', 'b'], ['a b']],
    [
      ['a: b', 'b'],
      ['b', 'a'],
    ],
    [
      ['a: b c', 'b: d', 'c: d', 'd'],
      ['d', 'b c', 'a'],
    ],
    [
      ['a: b?', 'b'],
      ['b', 'a'],
    ],
    [['a: missing?', 'b'], ['a b']],
    [
      ['a: b?', 'b: a?'],
      ['a', 'b'],
    ],
    [
      ['a: b?', 'b: a'],
      ['a', 'b'],
    ],
    [['a: b@^2.0.0?', 'b@1.0.0'], ['a b']],
    [
      ['a: b b', 'b'],
      ['b', 'a'],
    ],
    [
      ['a: b@^1.0.0', 'b'],
      ['b', 'a'],
    ],
  ])('of %o is %o', (lines, expected) => {
    expect(waves(...lines)).toEqual(expected);
    expect(problems(...lines)).toEqual([]);
  });

  it.each<[string[], string[]]>([
    [['a: b'], ["a missing: needs plugin 'b', which is missing"]],
    [['a: b@^2.0.0', 'b@1.5.0'], ["a version: needs plugin 'b' in version ^2.0.0, which is 1.5.0"]],
    [['a: a'], ['a cycle: is in a circle of dependencies: a -> a']],
    [
      ['a: b', 'b: c', 'c: a'],
      ['a', 'b', 'c'].map((name) => `${name} cycle: is in a circle of dependencies: a -> b -> c -> a`),
    ],
    [
      ['a: b', 'b: b', 'c: a'],
      [
        'b cycle: is in a circle of dependencies: b -> b',
        'a blocked: needs a plugin that cannot start',
        'c blocked: needs a plugin that cannot start',
      ],
    ],
    [
      ['a: x', 'b: a', 'c'],
      ["a missing: needs plugin 'x', which is missing", 'b blocked: needs a plugin that cannot start'],
    ],
    [['a', 'a'], ['a duplicate: there are two plugins of this name']],
  ])('of %o says what is wrong', (lines, expected) => {
    expect(problems(...lines)).toEqual(expected);
  });

  it('still starts what can', () => {
    expect(waves('a: x', 'b: c', 'c', 'd: e', 'e: d')).toEqual(['c', 'b']);
    const error = orderError(startOrder(plugins('a: x', 'b: b')));
    expect(error?.code).toBe('REGISTRY_1901');
    expect(error?.message).toContain("a needs plugin 'x', which is missing");
    expect(error?.message).toContain('b is in a circle');
    expect(orderError(startOrder(plugins('a')))).toBeUndefined();
  });

  it('puts every plugin after all it needs, and names every other', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const need = fc.record({
      name: fc.constantFrom(...names, 'missing'),
      version: fc.constant('*'),
      optional: fc.boolean(),
    });
    const sets = fc.array(fc.array(need, { maxLength: 3 }), { maxLength: 6 });
    fc.assert(
      fc.property(sets, (all) => {
        const given = all.map((dependencies, index) => ({ name: names[index] ?? '', dependencies }));
        const order = startOrder(given);
        const started = order.waves.flat();
        const told = new Set(order.problems.map(({ plugin }) => plugin));
        for (const { name, dependencies } of given) {
          expect(started.includes(name)).toBe(!told.has(name));
          const needs = dependencies.filter(({ optional }) => !optional).map((other) => other.name);
          const before = started.slice(0, Math.max(0, started.indexOf(name)));
          expect(before).toEqual(expect.arrayContaining(started.includes(name) ? needs : []));
        }
        expect(startOrder(given)).toEqual(order);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the plugins that need a plugin', () => {
  it('are named in the order in which they stop', () => {
    const all = plugins('db', 'auth: db', 'mail: auth db', 'log: db?', 'web: mail');
    expect(dependentsOf('db', all)).toEqual(['web', 'mail', 'auth']);
    expect(dependentsOf('web', all)).toEqual([]);
    expect(unloadRefusal('auth', all)?.message).toContain(
      'it is needed by web, mail, which run. Unload those first',
    );
    expect(unloadRefusal('log', all)).toBeUndefined();
  });
});

describe('versions', () => {
  it.each([
    ['1.2.3', '^1.0.0', true],
    ['2.0.0', '^1.0.0', false],
    ['0.2.0', '^0.1.0', false],
    ['0.1.5', '^0.1.0', true],
    ['0.0.1', '^0.0.0', false],
    ['1.2.9', '~1.2.3', true],
    ['1.3.0', '~1.2.3', false],
    ['2.5.0', '>=1 <3', true],
    ['1.0.0-beta.2', '^1.0.0', false],
    ['1.0.0-beta.11', '>=1.0.0-beta.2', true],
    ['1.0.0-beta.2', '>=1.0.0-beta.11', false],
    ['1.0.0', '*', true],
  ])('%s in %s: %s', (version, range, fits) => {
    expect(isInRange(version, range)).toBe(fits);
    expect(versionRefusal('a', version, range) === undefined).toBe(fits);
  });

  it('of the host are asked for by plugins', () => {
    expect(hostRefusal('a', '^1.0.0', '1.4.0')).toBeUndefined();
    expect(hostRefusal('a', '^2.0.0', '1.4.0')?.message).toContain(
      'it asks for a host of version ^2.0.0, and this one is 1.4.0',
    );
  });
});
