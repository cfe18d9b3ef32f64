import { describe, expect, it } from 'vitest';
import { Simple, type StateChange } from 'plugboard';
import { managed } from '../support/managed.ts';
import { Puppet } from './puppet.ts';

const empty = () => managed(Simple<string, string>().build());

describe('on', () => {
  it('tells each move of each plugin, from where to where', async () => {
    await using host = await empty();
    const heard: string[] = [];
    host.manager.on('state', ({ plugin, from, to }) =>
      heard.push(`${plugin}: ${from.status} -> ${to.status}`),
    );
    const manager = await host.manager.register('auth', new Puppet());
    await manager.unregister('auth');
    expect(heard).toEqual([
      'auth: stopped -> starting',
      'auth: starting -> ready',
      'auth: ready -> draining',
      'auth: draining -> stopped',
    ]);
  });

  it('gives back what takes the listener away again', async () => {
    await using host = await empty();
    const heard: StateChange[] = [];
    const undo = host.manager.on('state', (change) => heard.push(change));
    undo();
    undo();
    await host.manager.register('auth', new Puppet());
    expect(heard).toEqual([]);
  });

  it('counts each listening, even of one function, and undoes only that one', async () => {
    await using host = await empty();
    let heard = 0;
    const listener = (): void => void heard++;
    const undo = host.manager.on('state', listener);
    host.manager.on('state', listener);
    undo();
    await host.manager.register('auth', new Puppet());
    expect(heard).toBe(2);
  });

  it('may be undone, or done, by a listener while it listens', async () => {
    await using host = await empty();
    const heard: string[] = [];
    const undo = host.manager.on('state', ({ to }) => {
      heard.push(`first ${to.status}`);
      undo();
      if (heard.length === 1) host.manager.on('state', (later) => heard.push(`second ${later.to.status}`));
    });
    await host.manager.register('auth', new Puppet());
    expect(heard.filter((line) => line.startsWith('first'))).toEqual(['first starting']);
    expect(heard).toContain('second ready');
  });

  it('lets no listener that throws harm the others or the plugin', async () => {
    await using host = await empty();
    let heard = 0;
    host.manager.on('state', () => {
      throw new Error('not my day');
    });
    host.manager.on('state', () => heard++);
    const manager = await host.manager.register('auth', new Puppet());
    expect(heard).toBe(2);
    expect(await manager.execute('auth', 'hello')).toBe('hello');
  });
});
