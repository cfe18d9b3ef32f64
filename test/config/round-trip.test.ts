import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig, resolveConfig } from '../../src/config/parse.ts';
import { diffConfig } from '../../src/config/diff.ts';
import { serializeConfig } from '../../src/config/serialize.ts';
import { hostConfigs } from './host-configs.ts';

const env = {};

describe('a configuration that is written down', () => {
  it.each(['yaml', 'json'] as const)('is read back as the same from %s', (format) => {
    fc.assert(
      fc.property(hostConfigs, (given) => {
        const config = resolveConfig(given, { env });
        const text = serializeConfig(config, format);
        expect(parseConfig(text, { format, env })).toEqual(config);
      }),
      { numRuns: 200 },
    );
  });

  it('does not depend on what the host is set to otherwise', () => {
    const config = resolveConfig({ plugins: ['auth'] }, { env });
    const base = { circuitBreaker: {}, retry: {}, healthCheck: {} };
    expect(parseConfig(serializeConfig(config), { format: 'yaml', env, base })).toEqual(config);
  });

  it('differs from itself in nothing, and from another exactly where it does', () => {
    fc.assert(
      fc.property(hostConfigs, hostConfigs, (one, other) => {
        const [before, after] = [resolveConfig(one, { env }), resolveConfig(other, { env })];
        const none = diffConfig(before, resolveConfig(one, { env }));
        expect([none.added, none.removed, none.changed, none.host]).toEqual([[], [], [], []]);
        const { added, removed, changed, unchanged } = diffConfig(before, after);
        const names = after.plugins.filter(({ enabled }) => enabled).map(({ name }) => name);
        const was = before.plugins.filter(({ enabled }) => enabled).map(({ name }) => name);
        const stay = [...changed.map(({ name }) => name), ...unchanged];
        expect([...added, ...stay].toSorted()).toEqual(names.toSorted());
        expect([...removed, ...stay].toSorted()).toEqual(was.toSorted());
      }),
      { numRuns: 100 },
    );
  });
});
