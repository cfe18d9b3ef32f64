import { isDeepStrictEqual } from 'node:util';

import type { ResolvedSettings } from '../config/settings.ts';
import { PluginError } from '../core/errors.ts';
import type { PluginHealth } from '../core/health.ts';
import { withFields } from '../core/logger.ts';
import type { CallRecorder } from '../core/metrics.ts';
import { printable } from '../core/printable.ts';
import type { PluginSource } from '../core/transport.ts';
import { CallPath } from '../resilience/call-path.ts';
import { Tally } from '../resilience/tally.ts';
import { entryHealth } from './entry-health.ts';
import { viewOf } from './entry-view.ts';
import { checkSource } from './admission.ts';
import { Instance } from './instance.ts';
import { logMove } from './log-move.ts';
import { policiesOf, type Policies } from './policies.ts';
import { route } from './router.ts';
import type { Shared } from './shared.ts';
import type { DrainReport, PluginView } from './view.ts';

/** For a plugin without running calls to clean up, in milliseconds; then it is ended by force. */
const closeTimeoutMs = 5000;

/** One registered plugin: its instances and the way of its calls. Its changes happen one after the other. */
export class Entry {
  readonly name: string;
  settings: ResolvedSettings;
  source: PluginSource;
  instances: readonly Instance[] = [];
  readonly tally: Tally = new Tally();
  readonly #shared: Shared;
  readonly #recorder: CallRecorder | undefined;
  #path: CallPath | undefined;
  #policies: Policies | undefined;
  /** Instances that are being started to take over. */
  #fresh: readonly Instance[] = [];
  #changes: Promise<unknown> = Promise.resolve();
  #closed: (() => PluginError) | undefined;

  constructor(name: string, source: PluginSource, settings: ResolvedSettings, shared: Shared) {
    this.name = name;
    this.source = source;
    this.settings = settings;
    this.#shared = shared;
    this.#recorder = shared.metrics?.recorderFor(name);
  }

  /** The way of its calls; undefined until it is open. */
  get path(): CallPath | undefined {
    return this.#path;
  }

  get view(): PluginView {
    return viewOf(this);
  }

  health(): Promise<PluginHealth> {
    return entryHealth(this.instances, this.#shared.clock);
  }

  /** Becomes callable: eager instances are ready then. */
  open(): Promise<void> {
    return this.#change(async () => {
      const policies = await this.#policiesFor(this.settings);
      const instances = this.#newInstances(this.source, this.settings);
      const { gate } = this.#shared;
      if (this.settings.start === 'lazy' && gate) await checkSource(this.source, this.name, gate);
      if (this.settings.start === 'eager') await this.#startAll(instances, (instance) => instance.start());
      this.#take(this.source, policies, instances);
    });
  }

  /** Starts new instances, and only when they are healthy lets them take over; the old ones are drained. */
  replace(source: PluginSource, settings: ResolvedSettings): Promise<DrainReport> {
    return this.#change(async () => {
      const policies = await this.#policiesFor(settings);
      const fresh = this.#newInstances(source, settings);
      await this.#startAll(fresh, (instance) => instance.startHealthy());
      const old = this.instances;
      const oldPath = this.#path;
      const limiter = this.#policies?.parts.limiter;
      this.#take(source, policies, fresh);
      if (limiter !== policies.parts.limiter) limiter?.close(); // who waited under the old limit need not
      return this.#retire(old, oldPath);
    });
  }

  /** Refuses new calls, lets running ones end for `timeoutMs` from now on, stops every instance. */
  drain(timeoutMs: number, refusal: () => PluginError): Promise<DrainReport> {
    this.#path?.refuse(refusal);
    const endHurry = this.#path?.hurry(timeoutMs);
    return this.#change(() => this.#drain(timeoutMs, refusal, endHurry)).finally(() => endHurry?.());
  }

  /** The same for good, and at once: what is being started is given up, what is being drained is hurried. */
  async close(timeoutMs: number, refusal: () => PluginError): Promise<DrainReport> {
    this.#closed ??= refusal;
    this.#path?.refuse(refusal);
    const endHurry = this.#path?.hurry(timeoutMs);
    await Promise.all(this.#fresh.map((instance) => instance.stop(0)));
    return this.#then(() => this.#drain(timeoutMs, refusal, endHurry));
  }

  async #drain(
    timeoutMs: number,
    refusal: () => PluginError,
    endHurry: (() => number) | undefined,
  ): Promise<DrainReport> {
    const { clock, events } = this.#shared;
    const { name: plugin } = this;
    const startedAt = clock.now();
    const onProgress = (remaining: number): void =>
      events.emit('drain', { plugin, remaining, cancelled: undefined });
    const wasOver = this.instances.every(({ supervisor }) => supervisor.ended);
    this.#path?.refuse(refusal);
    if (this.tally.active > 0) onProgress(this.tally.active);
    for (const instance of this.instances) instance.draining();
    const late = (await this.#path?.drain({ timeoutMs, onProgress })) ?? 0;
    const cancelled = late + (endHurry?.() ?? 0);
    await Promise.all(this.instances.map((instance) => instance.stop(Math.min(timeoutMs, closeTimeoutMs))));
    this.#path?.close();
    if (!wasOver) events.emit('drain', { plugin, remaining: 0, cancelled });
    return { cancelled, durationMs: clock.now() - startedAt };
  }

  /** Only one change at a time, in the order they were asked for; a closed plugin has no more. */
  #change<T>(change: () => Promise<T>): Promise<T> {
    return this.#then(() => {
      if (this.#closed !== undefined) throw this.#closed();
      return change();
    });
  }

  #then<T>(change: () => Promise<T>): Promise<T> {
    const after = this.#changes.then(change);
    this.#changes = after.catch(() => {});
    return after;
  }

  async #startAll(
    instances: readonly Instance[],
    start: (instance: Instance) => Promise<void>,
  ): Promise<void> {
    this.#fresh = instances;
    try {
      await Promise.all(instances.map(start));
      if (this.#closed !== undefined) throw this.#closed();
    } catch (error) {
      await Promise.all(instances.map((instance) => instance.stop(0)));
      throw error;
    } finally {
      this.#fresh = [];
    }
  }

  #policiesFor(settings: ResolvedSettings): Promise<Policies> {
    return policiesOf(this.name, settings, this.#shared, this.#recorder, this.#policies);
  }

  /** From here on calls go to these instances. */
  #take(source: PluginSource, policies: Policies, instances: readonly Instance[]): void {
    const changed = changedSettings(this.settings, policies.settings);
    this.#policies = policies;
    this.source = source;
    this.settings = policies.settings;
    this.instances = instances;
    const { parts } = policies;
    const path = new CallPath(
      {
        ...parts,
        route: (call) => route(call, this.instances, this.name),
        mustReroute: (target) => this.instances.length > 1 || !this.instances.includes(target as Instance),
      },
      this.tally,
    );
    if (this.#closed !== undefined) path.refuse(this.#closed);
    this.#path = path;
    if (changed.length > 0) this.#shared.events.emit('config', { plugin: this.name, changed });
  }

  async #retire(old: readonly Instance[], path: CallPath | undefined): Promise<DrainReport> {
    const { clock } = this.#shared;
    const { drainTimeoutMs: timeoutMs } = this.settings;
    const startedAt = clock.now();
    const counts = await Promise.all(
      old.map(async (instance) => {
        instance.draining();
        const onProgress = (remaining: number): void =>
          this.#shared.events.emit('drain', { plugin: this.name, remaining, cancelled: undefined });
        const cancelled = (await path?.drainTarget(instance, { timeoutMs, onProgress })) ?? 0;
        await instance.stop(Math.min(timeoutMs, closeTimeoutMs));
        return cancelled;
      }),
    );
    return { cancelled: counts.reduce((sum, count) => sum + count, 0), durationMs: clock.now() - startedAt };
  }

  #newInstances(source: PluginSource, settings: ResolvedSettings): readonly Instance[] {
    return Array.from({ length: settings.instances.count }, (_, index) =>
      this.#newInstance(source, settings, index),
    );
  }

  #newInstance(source: PluginSource, settings: ResolvedSettings, index: number): Instance {
    const { name: plugin } = this;
    const { clock, contract, logger, events, gate } = this.#shared;
    const setup = {
      plugin,
      hooks: Object.keys(contract),
      config: settings.config,
      startTimeoutMs: settings.startTimeoutMs,
      clock,
      logger: withFields(logger, { plugin }),
      services: settings.services,
      callHost: (service: string, request: unknown) => this.#callHost(service, request),
    };
    const about = { plugin, instance: index };
    return new Instance(
      {
        plugin,
        source,
        settings,
        clock,
        setup,
        gate,
        events: {
          state: (from, to) => {
            logMove(logger, about, from, to);
            events.emit('state', { ...about, from, to });
            if (to.status === 'starting' && to.attempt > 1)
              events.emit('restart', { ...about, attempt: to.attempt });
          },
          breaker: (from, to) => events.emit('breaker', { ...about, from, to }),
          health: (from, to, message) => events.emit('health', { ...about, from, to, message }),
        },
      },
      index,
    );
  }

  async #callHost(service: string, request: unknown): Promise<unknown> {
    const { services } = this.#shared;
    const run = Object.hasOwn(services, service) ? services[service] : undefined;
    if (run !== undefined && this.settings.services.includes(service))
      return run(request, { plugin: this.name });
    const allowed = this.settings.services.length === 0 ? 'none' : this.settings.services.join(', ');
    const message = `the host service '${printable(service, 80)}' is unknown or not allowed; allowed: ${allowed}. Name it in the plugin's \`services\`.`;
    throw new PluginError('RPC_2007', { plugin: this.name, message });
  }
}

function changedSettings(before: ResolvedSettings, after: ResolvedSettings): string[] {
  const names = Object.keys(after) as (keyof ResolvedSettings)[];
  return names.filter(
    (name) => before[name] !== after[name] && !isDeepStrictEqual(before[name], after[name]),
  );
}
