import { Production, type Clock, type Logger, type PluginManager } from 'plugboard';
import { emailHooks, messageServices, type EmailHooks } from 'plugboard/email';
import { tellOfPlugins } from './hooks.ts';
import type { OpenMessages } from './open-messages.ts';
import type { OwnPlugin } from './own-plugin.ts';
import { exchangeShipped, shippedIn } from './shipped-plugins.ts';

export interface MailPluginsOptions {
  /** A host's configuration; undefined for a gateway whose plugins are all in code. */
  readonly config: object | undefined;
  readonly inCode: readonly [OwnPlugin, ...OwnPlugin[]];
  readonly messages: OpenMessages;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The plugins of a gateway: those of its file, and those of its code. */
export class MailPlugins {
  readonly manager: PluginManager<EmailHooks>;
  readonly #hasFile: boolean;
  #shipped: readonly OwnPlugin[];
  readonly #undo: () => void;

  private constructor(manager: PluginManager<EmailHooks>, shipped: readonly OwnPlugin[], hasFile: boolean) {
    this.manager = manager;
    this.#shipped = shipped;
    this.#hasFile = hasFile;
    this.#undo = tellOfPlugins(manager);
  }

  /** @throws {PluginError} naming every plugin that does not start, and every mistake in the configuration. */
  static async start({ config, inCode, messages, clock, log }: MailPluginsOptions): Promise<MailPlugins> {
    const shipped = await shippedIn(config);
    const [first, ...others] = inCode;
    let builder = Production(emailHooks)
      .withLogger(log)
      .withClock(clock)
      .withMetrics()
      .withServices(messageServices((id) => messages.fileOf(id)))
      .withPlugin(first.name, first.source, first.settings);
    for (const { name, source, settings } of [...shipped, ...others]) {
      builder = builder.withPlugin(name, source, settings);
    }
    const configured = config === undefined ? builder : builder.withConfig(config);
    return new MailPlugins((await configured.build()).dynamic(), shipped, config !== undefined);
  }

  /** Whether some plugin may answer a hook. */
  isAnswered(hook: string): boolean {
    return this.manager
      .listPlugins()
      .some(({ hooks, state }) => state.status !== 'ready' || hooks.includes(hook));
  }

  /** Takes up another configuration, all of it or nothing. */
  async reload(config: object | undefined): Promise<void> {
    if (!this.#hasFile && config === undefined) return;
    const next = await shippedIn(config);
    const exchange = await exchangeShipped(this.manager, this.#shipped, next);
    try {
      await this.manager.reloadConfig(config ?? { plugins: [] });
    } catch (error) {
      await exchange.drop();
      throw error;
    }
    await exchange.keep();
    this.#shipped = next;
  }

  async close(): Promise<void> {
    this.#undo();
    await this.manager.shutdown();
  }
}
