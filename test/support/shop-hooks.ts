import {
  defineHooks,
  definePlugin,
  hook,
  Simple,
  type Handlers,
  type Plugin,
  type PluginManager,
  type PluginSettings,
  type Refused,
} from 'plugboard';
import { inProcess } from 'plugboard/transports';

/** What plugins say of an order in these tests. */
export interface Say {
  readonly action: 'continue' | 'modify' | 'approve' | 'defer' | 'refuse';
  readonly text?: string;
  readonly code?: number;
  readonly score?: number;
  readonly known?: string;
  readonly notes?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export const goOn: Say = { action: 'continue' };

const refuse = ({ plugin, code = 451 }: Refused): Say => ({
  action: 'defer',
  code,
  text: `no word from ${plugin}`,
});
const rest = { otherwise: goOn, refuse };

/** One hook for each rule. */
export const shopHooks = defineHooks({
  'order.judge': hook<string, Say>({ combine: 'first-decisive', onFailure: 'closed', ...rest }),
  'order.glance': hook<string, Say>({ combine: 'first-decisive', onFailure: 'open', ...rest }),
  'order.edit': hook<string, Say>({
    combine: 'modify-chain',
    apply: (request, { text = '' }) => `${request} ${text}`,
    onFailure: 'closed',
    ...rest,
  }),
  'order.weigh': hook<string, Say>({
    combine: 'accumulate-score',
    order: ['refuse', 'defer', 'approve', 'modify'],
    total: (score) => (score >= 10 ? { action: 'refuse', text: `sum ${score}` } : undefined),
    onFailure: 'open',
    ...rest,
  }),
  'order.whose': hook<string, Say>({
    combine: 'first-provider',
    provides: ({ known }) => known !== undefined,
    onFailure: 'open',
    ...rest,
  }),
  'order.seen': hook<string>({ combine: 'observe' }),
  'order.ask': hook<string, Say>(),
});
export type ShopHooks = typeof shopHooks;

type Answers = Handlers<ShopHooks>;

/** A plugin of the shop, by what it answers. */
export function shopPlugin(hooks: Answers): Plugin<Partial<ShopHooks>> {
  return definePlugin<ShopHooks>({ name: 'shop', version: '1.0.0', hooks });
}

/** A name, what it answers, and its settings. */
export type ShopPlugin = readonly [string, Answers, PluginSettings?];

/** A manager of such plugins, in the order given. */
export async function shop(...plugins: ShopPlugin[]): Promise<PluginManager<ShopHooks>> {
  const manager: PluginManager<ShopHooks> = await Simple(shopHooks).withMetrics().build();
  for (const [name, hooks, settings] of plugins)
    await manager.register(name, inProcess(shopPlugin(hooks)), settings);
  return manager;
}
