import { inProcess } from 'plugboard/transports';
import { definePlugin, Production, type Plugin } from 'plugboard';
import { emailHooks, type EmailHooks } from 'plugboard/email';
import { deliver } from '../../../../examples/mail-gateway/delivery/deliver.ts';
import { parseRoute, type Route } from '../../../../examples/mail-gateway/delivery/route.ts';
import type { Resolver } from '../../../../examples/mail-gateway/delivery/targets.ts';
import type { DeliveryTools } from '../../../../examples/mail-gateway/delivery/tools.ts';
import { OpenMessages } from '../../../../examples/mail-gateway/open-messages.ts';
import { openQueue } from './queued-mail.ts';

/** DNS as a table: `MX domain` and `A host`; what is not in it does not exist, `FAIL` does not answer. */
export function stubDns(table: Readonly<Record<string, readonly string[]>>): Resolver {
  const look = async (key: string): Promise<readonly string[]> => {
    const found = table[key];
    if (found?.[0] === 'FAIL') throw Object.assign(new Error('no answer'), { code: 'ESERVFAIL' });
    if (found === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    return found;
  };
  return {
    async resolveMx(domain) {
      const hosts = await look(`MX ${domain}`);
      return hosts.map((exchange, priority) => ({ exchange, priority }));
    },
    resolve4: (host) => look(`A ${host}`),
    resolve6: () => Promise.resolve([]),
  };
}

/** Delivery from an open queue, with plugins in this process; the clock is held. */
export async function openDelivery(
  folder: string,
  more: { route?: string; dns?: Resolver; mxPort?: number; plugin?: Plugin<Partial<EmailHooks>> } = {},
) {
  const { queue, clock, log } = await openQueue(folder);
  const none = definePlugin<EmailHooks>({
    name: 'none',
    version: '1.0.0',
    hooks: { 'error.error': () => ({ action: 'continue' }) },
  });
  const manager = await Production(emailHooks)
    .withPlugin('own', inProcess(more.plugin ?? none))
    .build();
  const route: Route = parseRoute(more.route ?? 'mx');
  const tools: DeliveryTools = {
    queue,
    run: (hook, request, options) => manager.run(hook, request, options),
    messages: new OpenMessages(),
    clock,
    log,
    resolver: more.dns ?? stubDns({}),
    chance: () => 0.5,
    hostname: 'gw.example.org',
    mxPort: more.mxPort ?? 25,
    retry: () => ({ firstMs: 60_000, maxMs: 3_600_000, factor: 2, jitter: 0.2 }),
    routeTo: () => route,
  };
  return {
    queue,
    clock,
    log,
    /** Does what is due; says whether there was something. */
    async work(): Promise<boolean> {
      const lease = await queue.take();
      if (lease === undefined) return false;
      await deliver(tools, lease);
      await queue.giveBack(lease);
      return true;
    },
    [Symbol.asyncDispose]: async () => void (await manager.shutdown()),
  };
}
