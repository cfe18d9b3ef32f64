import { describe, expect, it } from 'vitest';
import {
  definePlugin,
  PluginError,
  Simple,
  type Admission,
  type AuditEvent,
  type Gate,
  type GateHost,
  type Launch,
  type SecurityReport,
} from 'plugboard';
import { inProcess } from 'plugboard/transports';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { Puppet } from './puppet.ts';
import { aTurn } from './so-far.ts';

/** A gate that admits every plugin but the forbidden ones, and remembers what it was asked. */
class ListGate implements Gate {
  readonly forbidden = new Set<string>();
  readonly asked: string[] = [];
  readonly recorded: AuditEvent[] = [];
  /** Starts that are running. */
  held = 0;
  host: GateHost | undefined;
  closed = 0;
  onOpen: () => void = () => {};

  async open(host: GateHost): Promise<void> {
    this.onOpen();
    this.host = host;
  }

  async check(plugin: string): Promise<void> {
    this.asked.push(`check ${plugin}`);
    this.#judge(plugin);
  }

  async admit(plugin: string, launch: Launch): Promise<Admission> {
    this.asked.push(`admit ${plugin}`);
    this.#judge(plugin);
    this.held++;
    return { launch: { ...launch, file: '/verified/copy.js' } as Launch, release: () => void this.held-- };
  }

  record(event: AuditEvent): void {
    this.recorded.push(event);
  }

  async reload(): Promise<void> {
    throw new PluginError('SECURITY_1802', { message: 'the list cannot be read. Mend it.' });
  }

  report(): SecurityReport {
    throw new Error('nobody asks');
  }

  async close(): Promise<void> {
    this.closed++;
  }

  #judge(plugin: string): void {
    if (!this.forbidden.has(plugin)) return;
    throw new PluginError('SECURITY_1803', { plugin, message: 'it is not what was listed. List it again.' });
  }
}

/** A plugin of a transport that says what it starts. */
class FilePuppet extends Puppet {
  readonly launch: Launch = { kind: 'module', file: '/plugins/score.js' };
  readonly launched: unknown[] = [];

  constructor() {
    super();
    this.onStart = async ({ launch }) => void this.launched.push(launch);
  }
}

async function guardedHost() {
  const clock = new ManualClock();
  const gate = new ListGate();
  const puppet = new FilePuppet();
  const host = await managed(Simple<string, string>().withClock(clock).withSecurity(gate).build());
  return { clock, gate, puppet, host, manager: host.manager };
}

const echo = definePlugin({ name: 'echo', version: '1.0.0', execute: (text: string) => text });

describe('a manager with a gate', () => {
  it('starts what the gate gives in place of what the source named', async () => {
    const { puppet, host, manager } = await guardedHost();
    await using _ = host;
    await manager.register('score', puppet);
    expect(puppet.launched).toEqual([{ kind: 'module', file: '/verified/copy.js' }]);
  });

  it('starts nothing that the gate refuses, and does not keep it', async () => {
    const { gate, puppet, host, manager } = await guardedHost();
    await using _ = host;
    gate.forbidden.add('score');
    await expect(manager.register('score', puppet)).rejects.toThrow(
      "[SECURITY_1803] plugin 'score': it is not what was listed",
    );
    expect([puppet.starts, manager.has('score'), gate.held]).toEqual([0, false, 0]);
  });

  it('refuses a lazy plugin when it is registered, not at its first call', async () => {
    const { gate, puppet, host, manager } = await guardedHost();
    await using _ = host;
    gate.forbidden.add('score');
    await expect(manager.register('score', puppet, { start: 'lazy' })).rejects.toMatchObject({
      code: 'SECURITY_1803',
    });
    expect(gate.asked).toEqual(['check score']);
  });

  it('asks again before every restart, and tries no more when the answer is no', async () => {
    const { clock, gate, puppet, host, manager } = await guardedHost();
    await using _ = host;
    const guarded = await manager.register('score', puppet);
    gate.forbidden.add('score');
    await puppet.last.crash();
    clock.advance(1000);
    await aTurn();
    expect(gate.asked).toEqual(['admit score', 'admit score']);
    expect(guarded.getPlugin('score')?.state.status).toBe('failed');
    await expect(guarded.execute('score', 'x')).rejects.toMatchObject({ code: 'SECURITY_1803' });
    clock.advance(3_600_000);
    await aTurn();
    expect(puppet.starts).toBe(1);
  });

  it('gives every admission back: after a crash, a failed start, and the end', async () => {
    const { clock, gate, puppet, host, manager } = await guardedHost();
    await using _ = host;
    await manager.register('score', puppet);
    expect(gate.held).toBe(1);
    puppet.failToStart();
    await puppet.last.crash();
    expect(gate.held).toBe(0);
    clock.advance(1000);
    await aTurn();
    expect([gate.asked.length, gate.held]).toEqual([2, 0]);
    await manager.shutdown();
    expect([gate.held, gate.closed]).toEqual([0, 1]);
  });

  it('asks nothing about code of the host itself', async () => {
    const { gate, host, manager } = await guardedHost();
    await using _ = host;
    const known = await manager.register('echo', inProcess(echo));
    expect(await known.execute('echo', 'hello')).toBe('hello');
    expect(gate.asked).toEqual([]);
  });

  it('refuses a source that does not say what it starts', async () => {
    const { host, manager } = await guardedHost();
    await using _ = host;
    await expect(manager.register('puppet', new Puppet())).rejects.toThrow(
      'its source (puppet) does not say what it starts, so no gate can judge it',
    );
  });

  it('drains and stops a plugin whose leave was taken back, and says why to its callers', async () => {
    const { gate, puppet, host, manager } = await guardedHost();
    await using _ = host;
    const guarded = await manager.register('score', puppet);
    const stopped = host.next('score', 'stopped');
    gate.host?.revoke('score', new PluginError('SECURITY_1802', { message: 'it was taken off the list.' }));
    await expect(guarded.execute('score', 'x')).rejects.toMatchObject({ code: 'SECURITY_1802' });
    await stopped;
    expect(gate.held).toBe(0);
  });

  it('lets the gate note what comes, changes and goes', async () => {
    const { gate, puppet, host, manager } = await guardedHost();
    await using _ = host;
    const guarded = await manager.register('score', puppet);
    await guarded.replace('score', new FilePuppet(), { timeoutMs: 1234 });
    await guarded.unregister('score');
    const details = { kind: 'puppet', what: '/plugins/score.js' };
    expect(gate.recorded).toEqual([
      { event: 'plugin_registered', plugin: 'score', details },
      { event: 'config_changed', plugin: 'score', details: { changed: ['timeoutMs'] } },
      { event: 'plugin_replaced', plugin: 'score', details },
      { event: 'plugin_unregistered', plugin: 'score', details },
    ]);
  });

  it('lets the gate note each configuration that was taken up, and each that was refused', async () => {
    const { gate, host, manager } = await guardedHost();
    await using _ = host;
    const off = { plugins: [{ name: 'score', command: './score', enabled: false }] };
    await manager.reloadConfig(off);
    await expect(manager.reloadConfig({ plugins: [{ name: 'score', comand: './score' }] })).rejects.toThrow(
      'CONFIG_1703',
    );
    expect(gate.recorded).toEqual([
      { event: 'config_reloaded', details: { added: [], removed: [], changed: [] } },
      { event: 'config_refused', details: { code: 'CONFIG_1703' } },
    ]);
  });

  it('hands on why its rules cannot be read again', async () => {
    const { host, manager } = await guardedHost();
    await using _ = host;
    await expect(manager.reloadSecurity()).rejects.toMatchObject({ code: 'SECURITY_1802' });
  });

  it('is not built, and starts nothing, when the gate cannot be made ready', async () => {
    const gate = new ListGate();
    const puppet = new FilePuppet();
    gate.onOpen = () => {
      throw new PluginError('SECURITY_1802', { message: 'there is no such file. Create it.' });
    };
    const building = Simple<string, string>().withSecurity(gate).withPlugin('score', puppet).build();
    await expect(building).rejects.toThrow('there is no such file');
    expect([puppet.starts, gate.closed]).toEqual([0, 1]);
  });
});
