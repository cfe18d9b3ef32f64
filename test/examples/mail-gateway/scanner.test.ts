import { expect, it } from 'vitest';
import { reject } from 'plugboard/email';
import { Client } from './support/client.ts';
import { everybody, own, testGateway } from './support/gateway.ts';

const to = ['bob@example.net'];
const broken = (): never => {
  throw new Error('the scanner is down');
};

it('scenario 9: a scanner that fails where it may is named in the header of what went on without it', async () => {
  const scanner = own(
    'scanner',
    { 'content.antivirusScan': broken, 'content.antispamScan': broken },
    { onFailure: 'open' },
  );
  await using test = await testGateway([scanner, everybody]);
  using client = await Client.hello(test.port);
  expect(await client.send('ada@example.org', to)).toMatch(/^250 /);
  const { text } = await test.peer.next();
  expect(text.match(/^X-Scan-Failed: .*/gm)).toEqual(['X-Scan-Failed: scanner', 'X-Scan-Failed: scanner']);
});

it('scenario 9: a virus scanner that fails defers the mail, unless it is set to be passed over', async () => {
  const scanner = own('scanner', { 'content.antivirusScan': broken });
  await using test = await testGateway([scanner, everybody]);
  using client = await Client.hello(test.port);
  expect(await client.send('ada@example.org', to)).toMatch(/^451 4\.3\.0 /);
});

it('scenario 9: what another scanner refuses is refused, though the first one failed', async () => {
  const first = own('first', { 'content.antispamScan': broken });
  const second = own('second', { 'content.antispamScan': () => reject({ text: 'No spam' }) });
  await using test = await testGateway([first, second, everybody]);
  using client = await Client.hello(test.port);
  expect(await client.send('ada@example.org', to)).toMatch(/^550 5\.7\.1 No spam/);
});
