// Host services: typed where they are declared, where they are allowed and where a plugin asks for them.
import { expectTypeOf } from 'vitest';
import { definePlugin, Simple, type HostClient } from 'plugboard';
import { subprocess } from 'plugboard/transports';
import { serve } from 'plugboard/serve';

const source = subprocess('./plugin');
const services = {
  quota: async ({ user }: { user: string }, { plugin }: { plugin: string }) => ({
    left: user.length + plugin.length,
  }),
  now: () => new Date(),
};

const builder = Simple<string, string>().withServices(services);
builder.withPlugin('auth', source, { services: ['quota', 'now'] });
builder.withPlugin('auth', source, { services: [] });
// @ts-expect-error the host offers no such service
builder.withPlugin('auth', source, { services: ['secrets'] });
// @ts-expect-error no services were declared before
Simple<string, string>().withPlugin('auth', source, { services: ['quota'] });
builder.withServices({ more: () => 1 }).withPlugin('auth', source, { services: ['quota', 'more'] });
// @ts-expect-error a service is a function
builder.withServices({ answer: 42 });
// @ts-expect-error settings have no such member: the unit is part of the name
builder.withPlugin('auth', source, { timeout: 5 });

// A plugin that knows the services sees them typed, each answering with a promise.
type Services = typeof services;
definePlugin<string, number, Services>({
  name: 'auth',
  version: '1.0.0',
  async execute(user, { host }) {
    expectTypeOf(host).toEqualTypeOf<HostClient<Services>>();
    expectTypeOf(host.now).returns.resolves.toEqualTypeOf<Date>();
    // @ts-expect-error the service wants an object with a user
    await host.quota(user);
    // @ts-expect-error the host offers no such service
    void host.secrets;
    return (await host.quota({ user })).left;
  },
});

// The same with serve, and while the plugin starts.
void serve<string, number, Services>({
  name: 'auth',
  version: '1.0.0',
  async initialize({ host }) {
    expectTypeOf(await host.quota({ user: 'ada' })).toEqualTypeOf<{ left: number }>();
  },
  execute: (user) => user.length,
});

// Without the types any name may be asked, and nothing is known of the answer.
definePlugin<string, number>({
  name: 'auth',
  version: '1.0.0',
  async execute(user, { host }) {
    expectTypeOf(await host['quota']?.(user)).toEqualTypeOf<unknown>();
    return 1;
  },
});
