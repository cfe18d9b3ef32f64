import { PluginError, type Channel, type ChannelCall, type OpenSetup, type PluginSource } from 'plugboard';

/** No process of a system has a number as large: what a test signals by mistake is nobody's. */
export const noPid = 2 ** 30;

/**
 * A transport of the tests' own: its plugin starts, answers and ends as the test says, and by itself it does
 * nothing. Without being told, it starts at once and answers what it was asked.
 */
export class Puppet implements PluginSource {
  readonly kind = 'puppet';
  readonly target = 'a string';
  /** Every channel that was opened, in order. */
  readonly channels: PuppetChannel[] = [];
  /** How often it was told to start. */
  starts = 0;
  /** What happens at the next starts instead of a start. */
  onStart: (setup: OpenSetup) => Promise<void> = async () => {};
  answer: (call: ChannelCall) => unknown = (call) => call.request;
  onHealth: () => Promise<{ status: 'healthy' }> = async () => ({ status: 'healthy' });
  /** What happens between being told to close and being closed. */
  onClose: (timeoutMs: number) => Promise<void> = async () => {};
  /** Whether it takes new config while it runs. */
  onConfigure: (config: unknown) => Promise<boolean> = async () => false;

  async open(setup: OpenSetup): Promise<Channel> {
    this.starts++;
    await this.onStart(setup);
    const channel = new PuppetChannel(this, noPid + this.starts);
    this.channels.push(channel);
    return channel;
  }

  /** The running plugin. */
  get last(): PuppetChannel {
    const channel = this.channels.at(-1);
    if (channel === undefined) throw new Error('the puppet was never started');
    return channel;
  }

  /** Makes every start fail, as a program does that is not there. */
  failToStart(message = 'there is no such program'): void {
    this.onStart = () => Promise.reject(new PluginError('REGISTRY_1908', { message }));
  }
}

class PuppetChannel implements Channel {
  readonly info = { name: 'puppet', version: '1.0.0' };
  readonly hooks = ['execute'];
  readonly pid: number;
  readonly ended: Promise<PluginError | undefined>;
  /** The time it was given to close, if it was told to. */
  closedWithMs: number | undefined;
  readonly #puppet: Puppet;
  #end: (error: PluginError | undefined) => void = () => {};

  constructor(puppet: Puppet, pid: number) {
    this.#puppet = puppet;
    this.pid = pid;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  call(call: ChannelCall): unknown {
    return this.#puppet.answer(call);
  }

  health(): Promise<{ status: 'healthy' }> {
    return this.#puppet.onHealth();
  }

  configure(config: unknown): Promise<boolean> {
    return this.#puppet.onConfigure(config);
  }

  async close(timeoutMs: number): Promise<void> {
    this.closedWithMs = timeoutMs;
    await this.#puppet.onClose(timeoutMs);
    this.#end(undefined);
  }

  kill(reason: PluginError): void {
    this.#end(reason);
  }

  /** Ends unexpectedly, and waits until whoever watches has seen it. */
  async crash(message = 'it fell over.'): Promise<void> {
    this.#end(new PluginError('PLUGIN_1205', { message }));
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Ends by its own will, without an error. */
  async leave(): Promise<void> {
    this.#end(undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
