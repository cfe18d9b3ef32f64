import type { ResolvedSettings } from '../config/settings.ts';
import type { PluginError } from '../core/errors.ts';
import type { PluginHealth } from '../core/health.ts';
import type { PluginRecorder } from '../core/metrics.ts';
import type { PluginSource } from '../core/transport.ts';
import { CallPath } from '../resilience/call-path.ts';
import { Tally } from '../resilience/tally.ts';
import { adjusted } from './adjusted.ts';
import { entryHealth } from './entry-health.ts';
import { viewOf } from './entry-view.ts';
import { checkSource } from './admission.ts';
import { Cooldown } from './cooldown.ts';
import { changedSettings } from './changed-settings.ts';
import { drainPlugin, retire, type Drained } from './drains.ts';
import type { Instance } from './instance.ts';
import { newInstances } from './instances.ts';
import type { NextForm } from './next-form.ts';
import { policiesOf, type Policies } from './policies.ts';
import { route } from './router.ts';
import type { Shared } from './shared.ts';
import { anyInfo, starting, type InfoCheck } from './starting.ts';
import {
  shift,
  startSomehow,
  type ReplaceStrategy,
  type Shift,
  type Stage,
  type Takeover,
} from './takeover.ts';
import type { DrainReport, PluginView } from './view.ts';

/** One registered plugin: its instances and the way of its calls. Its changes happen one after the other. */
export class Entry {
  readonly name: string;
  settings: ResolvedSettings;
  source: PluginSource;
  instances: readonly Instance[] = [];
  readonly tally: Tally = new Tally();
  readonly #shared: Shared;
  /** Hears what happens to it; undefined where nobody counts. */
  readonly recorder: PluginRecorder | undefined;
  #path: CallPath | undefined;
  #policies: Policies | undefined;
  /** Instances that are being started to take over. */
  #fresh: readonly Instance[] = [];
  readonly #cooldown: Cooldown;
  /** Instances that were replaced and are being drained. */
  readonly #retiring = new Set<Instance>();
  /** When everything has to be over. */
  #endsAt = Infinity;
  #changes: Promise<unknown> = Promise.resolve();
  #closed: (() => PluginError) | undefined;

  constructor(name: string, source: PluginSource, settings: ResolvedSettings, shared: Shared) {
    this.name = name;
    this.source = source;
    this.settings = settings;
    this.#shared = shared;
    this.#cooldown = new Cooldown(name, shared.clock);
    this.recorder = shared.metrics?.recorderFor(name, Object.keys(shared.contract));
  }

  /** The way of its calls; undefined until it is open. */
  get path(): CallPath | undefined {
    return this.#path;
  }

  get view(): PluginView {
    return viewOf(this);
  }

  /** Why it may not be replaced by new instances now; what does not run may always be. */
  get cooling(): PluginError | undefined {
    const runs = this.instances.some(
      ({ supervisor: { ended, state } }) => !ended && state.status !== 'failed',
    );
    return runs ? this.#cooldown.refusal(this.settings.reloadCooldownMs) : undefined;
  }

  health(): Promise<PluginHealth> {
    return entryHealth(this.instances, this.#shared.clock);
  }

  /** Becomes callable: eager instances are ready then. */
  open(check?: InfoCheck): Promise<void> {
    return this.#change(async () => {
      const policies = await this.#policiesFor(this.settings);
      const instances = this.#newInstances(this.source, this.settings);
      const { gate } = this.#shared;
      if (this.settings.start === 'lazy' && gate) await checkSource(this.source, this.name, gate);
      if (this.settings.start === 'eager') await this.#startAll(instances, starting(check));
      this.#take(this.source, policies, instances);
    });
  }

  /** Makes a change ready: in place where the settings allow it and the source stays, else with new instances. */
  prepare(next: NextForm): Promise<Takeover> {
    return this.#hold(async () => {
      const { source = this.source, settings = this.settings } = next;
      const policies = await this.#policiesFor(settings);
      const inPlace = next.inPlace ? await adjusted(this, settings) : undefined;
      const made = inPlace ?? (await this.#shift(next.strategy, this.#stage(source, settings, next.check)));
      return [source, policies, made];
    });
  }

  async #shift(strategy: ReplaceStrategy, stage: Stage): Promise<Shift> {
    const refusal = this.cooling;
    if (refusal !== undefined) throw refusal;
    try {
      return await shift(strategy, stage);
    } finally {
      this.#cooldown.begin(); // what does not start was tried all the same
    }
  }

  /** Lets no other change begin until this one was committed or given up. */
  #hold(make: () => Promise<readonly [PluginSource, Policies, Shift]>): Promise<Takeover> {
    return new Promise((resolve, reject) => {
      const change = this.#change(async () => {
        const [source, policies, made] = await make();
        await new Promise<void>((decided) =>
          resolve({
            commit: () => this.#commit(source, policies, made).finally(decided),
            abandon: () => made.undo().finally(decided),
          }),
        );
      });
      change.catch(reject);
    });
  }

  async #commit(source: PluginSource, policies: Policies, made: Shift): Promise<DrainReport> {
    const { clock } = this.#shared;
    const startedAt = clock.now();
    const { limiter } = this.#policies?.parts ?? {};
    const kept = this.instances.filter((instance) => made.instances.includes(instance));
    this.#take(source, policies, made.instances);
    for (const instance of kept) instance.adjust(policies.settings);
    if (limiter !== policies.parts.limiter) limiter?.close(); // who waited under the old limit need not
    const cancelled = made.cancelled + (await this.#retire(made.toRetire));
    return { cancelled, durationMs: clock.now() - startedAt };
  }

  #stage(nextSource: PluginSource, nextSettings: ResolvedSettings, check: InfoCheck = anyInfo): Stage {
    const { source, settings, instances: old } = this;
    return {
      old,
      fresh: () => this.#newInstances(nextSource, nextSettings),
      again: () => this.#newInstances(source, settings),
      start: (instances) => this.#startAll(instances, starting(check)),
      bringBack: (instances) => this.#bringBack(instances),
      show: (instances) => void (this.instances = instances),
      retire: (instances) => this.#retire(instances),
    };
  }

  /** Refuses new calls, lets running ones end for `timeoutMs` from now on, stops every instance. */
  drain(timeoutMs: number, refusal: () => PluginError): Promise<DrainReport> {
    this.#path?.refuse(refusal);
    const endHurry = this.#path?.hurry(timeoutMs);
    return this.#change(() => {
      this.#path?.refuse(refusal); // it may be another one by now
      return drainPlugin(this.#leaving(this.instances), timeoutMs, endHurry);
    }).finally(() => endHurry?.());
  }

  /** The same for good, and at once: what is being started is given up, what is being drained is hurried. */
  async close(timeoutMs: number, refusal: () => PluginError): Promise<DrainReport> {
    this.#closed ??= refusal;
    this.#path?.refuse(refusal);
    const endHurry = this.#path?.hurry(timeoutMs);
    for (const { supervisor } of this.instances) supervisor.abandonConfig();
    await Promise.all(this.#fresh.map((instance) => instance.stop(0)));
    return this.#then(() => drainPlugin(this.#leaving(this.instances), timeoutMs, endHurry));
  }

  /** The same within a time: what runs then, whatever it does, is ended by force. */
  async end(timeoutMs: number, refusal: () => PluginError): Promise<DrainReport> {
    const { clock } = this.#shared;
    this.#endsAt = clock.now() + timeoutMs;
    const closing = this.close(timeoutMs, refusal);
    const timer = clock.startTimer(timeoutMs, () => this.#force()); // after that of its calls
    return closing.finally(() => timer.cancel());
  }

  #force(): void {
    for (const instance of [...this.instances, ...this.#fresh, ...this.#retiring]) instance.force();
  }

  /** Only one change at a time, in the order they were asked for; a closed plugin has no more. */
  #change<T>(change: () => Promise<T>): Promise<T> {
    return this.#then(() => {
      this.#checkOpen();
      return change();
    });
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw this.#closed();
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
      this.#checkOpen();
      await Promise.all(instances.map(start));
      this.#checkOpen();
    } catch (error) {
      await Promise.all(instances.map((instance) => instance.stop(0)));
      throw error;
    } finally {
      this.#fresh = [];
    }
  }

  async #bringBack(instances: readonly Instance[]): Promise<void> {
    if (this.#closed !== undefined) return;
    this.#fresh = instances;
    await Promise.all(instances.map(startSomehow));
    this.#fresh = [];
  }

  #policiesFor(settings: ResolvedSettings): Promise<Policies> {
    return policiesOf(this.name, settings, this.#shared, this.recorder, this.#policies);
  }

  /** From here on calls go to these instances. */
  #take(source: PluginSource, policies: Policies, instances: readonly Instance[]): void {
    const changed = changedSettings(this.settings, policies.settings);
    this.#policies = policies;
    this.source = source;
    this.settings = policies.settings;
    this.instances = instances;
    const { parts } = policies;
    const path = new CallPath({
      ...parts,
      tally: this.tally,
      transport: source.kind,
      route: (call) => route(call, this.instances, this.name),
      mustReroute: (target, pass) =>
        pass?.isStale === true || this.instances.length > 1 || !this.instances.includes(target as Instance),
    });
    if (this.#closed !== undefined) path.refuse(this.#closed);
    this.#path = path;
    if (changed.length > 0) this.#shared.events.emit('config', { plugin: this.name, changed });
  }

  /** Some of its instances, or what it has now, as those whose calls are to end. */
  #leaving(instances: readonly Instance[]): Drained {
    const [shared, recorder, path] = [this.#shared, this.recorder, this.#path];
    const { name: plugin, tally } = this;
    return { plugin, instances, path, tally, shared, recorder, endsAt: this.#endsAt };
  }

  async #retire(old: readonly Instance[]): Promise<number> {
    for (const instance of old) this.#retiring.add(instance);
    const cancelled = await retire(this.#leaving(old), this.settings.drainTimeoutMs);
    for (const instance of old) this.#retiring.delete(instance);
    return cancelled;
  }

  #newInstances(source: PluginSource, settings: ResolvedSettings): readonly Instance[] {
    return newInstances(this.name, source, settings, this.#shared, () => this.settings, this.recorder);
  }
}
