import { Production, type Clock, type Logger, type LogLevel, type PluginManager } from 'plugboard';
import { resolveConfig } from 'plugboard/config';
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
  readonly #first: OwnPlugin;
  #config: object | undefined;
  #logLevel: LogLevel;
  #shipped: readonly OwnPlugin[];
  readonly #undo: () => void;

  private constructor(
    manager: PluginManager<EmailHooks>,
    shipped: readonly OwnPlugin[],
    { config, inCode: [first] }: MailPluginsOptions,
  ) {
    this.manager = manager;
    this.#shipped = shipped;
    this.#config = config;
    this.#logLevel = levelOf(first, config);
    this.#first = first;
    this.#undo = tellOfPlugins(manager);
  }

  /** @throws {PluginError} naming every plugin that does not start, and every mistake in the configuration. */
  static async start(options: MailPluginsOptions): Promise<MailPlugins> {
    const { config, inCode, messages, clock, log } = options;
    const [first, ...others] = inCode;
    const whole = config && naming(first, config);
    const shipped = await shippedIn(whole);
    let builder = Production(emailHooks)
      .withLogger(log)
      .withClock(clock)
      .withMetrics()
      .withServices(messageServices((id) => messages.fileOf(id)))
      .withPlugin(first.name, first.source, first.settings);
    for (const { name, source, settings } of [...shipped, ...others]) {
      builder = builder.withPlugin(name, source, settings);
    }
    const configured = whole === undefined ? builder : builder.withConfig(whole);
    return new MailPlugins((await configured.build()).dynamic(), shipped, options);
  }

  /** The least level that the configuration wants logged. */
  get logLevel(): LogLevel {
    return this.#logLevel;
  }

  /** Whether some plugin may answer a hook. */
  isAnswered(hook: string): boolean {
    return this.manager
      .listPlugins()
      .some(({ hooks, state }) => state.status !== 'ready' || hooks.includes(hook));
  }

  /** Takes up another configuration, all of it or nothing. */
  async reload(config: object | undefined): Promise<void> {
    if (this.#config === undefined && config === undefined) return;
    const whole = naming(this.#first, config ?? {});
    const next = await shippedIn(whole);
    const exchange = await exchangeShipped(this.manager, this.#shipped, next, whole);
    try {
      await this.manager.reloadConfig(whole);
    } catch (error) {
      await exchange.drop();
      throw error;
    }
    await exchange.keep();
    this.#shipped = next;
    this.#config = config;
    this.#logLevel = levelOf(this.#first, config);
  }

  async close(): Promise<void> {
    this.#undo();
    await this.manager.shutdown();
  }
}

/** A host's configuration has to name a plugin; of a file that names none, it is the gateway's own. */
function naming({ name, settings }: OwnPlugin, config: object): object {
  const { plugins, discovery }: { readonly plugins?: unknown; readonly discovery?: unknown } = config;
  const isNone =
    plugins === undefined || plugins === null || (Array.isArray(plugins) && plugins.length === 0);
  if (!isNone || discovery !== undefined) return config;
  return { ...config, plugins: [{ name, priority: settings?.priority }] };
}

function levelOf(first: OwnPlugin, config: object | undefined): LogLevel {
  return resolveConfig(naming(first, config ?? {})).logLevel;
}
