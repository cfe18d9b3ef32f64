import { accept, type EmailHooks } from 'plugboard/email';
import { describe, expect, it } from 'vitest';
import { needsTool } from '../../languages/tool.ts';
import { authority } from '../../support/certificates.ts';
import { until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { everybody, own, testGateway } from './support/gateway.ts';
import { hasSwaks, swaks } from './support/swaks.ts';
import { sessionIdOf, tracer } from './support/tracer.ts';

const login = own('login', {
  'command.auth': ({ username, password }) =>
    username === 'ada' && password === 'lovelace' ? accept({ identity: 'ada' }) : { action: 'continue' },
});

/** What a mail of a logged-in client over TLS meets, in this order. */
const way: readonly (keyof EmailHooks)[] = [
  'connection.connect',
  'security.rateLimitCheck',
  'security.reputationCheck',
  'command.ehlo',
  'command.startTls',
  'command.startTls',
  'command.ehlo',
  'security.rateLimitCheck',
  'command.auth',
  'security.rateLimitCheck',
  'security.rateLimitCheck',
  'transaction.mailFrom',
  'security.reputationCheck',
  'authn.spfCheck',
  'security.rateLimitCheck',
  'transaction.rcptTo',
  'transaction.data',
  'security.rateLimitCheck',
  'message.headers',
  'message.body',
  'authn.dkimVerify',
  'authn.arcVerify',
  'authn.dmarcCheck',
  'content.antivirusScan',
  'content.antispamScan',
  'content.contentFilter',
  'message.messageComplete',
  'queue.enqueue',
];
const delivery = [
  'queue.dequeue',
  'delivery.preDelivery',
  'delivery.deliveryAttempt',
  'delivery.deliverySuccess',
];

describe('scenario 1: a clean mail with STARTTLS and AUTH', () => {
  needsTool('swaks with TLS', hasSwaks);

  it('is delivered over LMTP, and meets all hooks in their order under one session', async () => {
    await using folder = await tempFolder();
    const { certFile, keyFile } = authority(folder.path, 'ca').sign('localhost');
    const { plugin, seen } = tracer();
    await using test = await testGateway([plugin, login, everybody], { tls: { certFile, keyFile } });
    const { exitCode } = await swaks(
      test.port,
      '--tls',
      '--auth',
      'PLAIN',
      '--auth-user',
      'ada',
      '--auth-password',
      'lovelace',
    );
    expect(exitCode).toBe(0);
    const mail = await test.peer.next();
    expect(mail.text).toContain('with ESMTPSA id');
    await until(
      () => test.gateway.queue.size === 0 && seen.some(({ hook }) => hook === 'connection.disconnect'),
    );
    const counted = seen.filter(({ hook }) => hook === 'metrics.metricsCollect');
    expect(counted.map(({ request }) => request['event'])).toContain('message.accepted');
    const asked = seen.filter(({ hook }) => !/^metrics|reset$|disconnect$/.test(hook));
    const order = asked.map(({ hook }) => hook);
    expect(order.filter((hook) => !delivery.includes(hook))).toEqual(way);
    expect(order.filter((hook) => delivery.includes(hook))).toEqual(delivery);
    expect(new Set(asked.map(sessionIdOf)).size).toBe(1);
    expect(seen.filter(({ hook }) => hook === 'connection.disconnect')).toMatchObject([
      {
        request: {
          reason: 'quit',
          messages: 1,
          session: { auth: { user: 'ada' }, tls: { protocol: 'TLSv1.3' } },
        },
      },
    ]);
    expect(seen.findLast(({ hook }) => hook === 'transaction.reset')?.request).toMatchObject({
      reason: 'done',
    });
  });
});
