import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { isAlive } from '../../support/processes.ts';
import type { Case, RefusedStart } from '../behaviour.ts';

/** Start, health, end. */
export const lifeCases: readonly Case[] = [
  {
    name: 'is healthy as long as it answers',
    own: {},
    async run({ health }) {
      expect(await health()).toMatchObject({
        status: 'healthy',
        plugins: { subject: { status: 'healthy' } },
      });
    },
  },
  {
    name: 'says that it is degraded, and why',
    own: {},
    async run({ ask, health }) {
      const report = { status: 'degraded', message: 'the cache is cold', metadata: { hits: 0 } };
      await ask('setHealth', { report });
      expect(await health()).toMatchObject({ status: 'degraded', plugins: { subject: report } });
    },
  },
  {
    name: 'says that it is unhealthy',
    own: {},
    async run({ ask, health }) {
      await ask('setHealth', { report: 'unhealthy' });
      expect(await health()).toMatchObject({
        status: 'unhealthy',
        plugins: { subject: { status: 'unhealthy' } },
      });
    },
  },
  {
    name: 'gets its config when it starts',
    own: { settings: { config: { words: ['a', 'b'], nested: { limit: 3 } } } },
    async run({ ask }) {
      expect(await ask('config')).toEqual({ words: ['a', 'b'], nested: { limit: 3 } });
    },
  },
  {
    name: 'says who it is',
    async run({ view }) {
      expect(view()).toMatchObject({
        name: 'subject',
        state: { status: 'ready' },
        info: { name: 'all-round', version: '1.2.3', description: 'does what it is told' },
        hooks: ['execute'],
      });
    },
  },
  {
    name: 'a shutdown lets running calls end, refuses new ones, and leaves no process',
    own: {},
    async run({ ask, shutdown, view }) {
      const { pid } = view();
      const held = ask('hold', { key: 'running' });
      const released = ask('release', { key: 'running', value: 'ended well' });
      const closing = shutdown();
      await expect(ask('echo', { value: 'too late' })).rejects.toMatchObject({ code: 'PLUGIN_1208' });
      expect(await Promise.all([held, released])).toEqual(['ended well', null]);
      expect(await closing).toMatchObject({ cancelled: {} });
      expect(pid !== undefined && isAlive(pid)).toBe(false);
    },
  },
  {
    name: 'a shutdown waits until the plugin has closed',
    own: {},
    async run({ ask, shutdown }) {
      const folder = await mkdtemp(join(tmpdir(), 'plugboard-close-'));
      try {
        const path = join(folder, 'memoir');
        await ask('writeAtTheEnd', { path });
        await shutdown();
        expect(await readFile(path, 'utf8')).toBe('all is done');
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  },
];

/** What keeps a plugin from starting. */
export const refusedStarts: readonly RefusedStart[] = [
  {
    name: 'an initialize that throws fails the build with its reason',
    own: { settings: { config: { refuse: 'the licence has run out' } } },
    error: { code: 'REGISTRY_1901', message: expect.stringContaining('the licence has run out') as string },
  },
];
