import { describe, expect, it } from 'vitest';
import { Client } from './support/client.ts';
import { everybody, testGateway } from './support/gateway.ts';

describe('the SMTP side', () => {
  it('takes a mail and hands it on, with a trace field', async () => {
    await using test = await testGateway([everybody]);
    using client = await Client.hello(test.port);
    expect(await client.send('ada@example.org', ['bob@example.net'])).toMatch(/^250 2\.6\.0 Queued as \w+$/);
    const mail = await test.peer.next();
    expect(mail).toMatchObject({ from: 'ada@example.org', to: ['bob@example.net'] });
    expect(mail.text).toMatch(
      /^Received: from client\.example\.org \(\[127\.0\.0\.1\]\)\r\n\tby gw\.example\.org with ESMTP id \w+;\r\n\t.*\r\nSubject: hello\r\n\r\nHello\.\r\n$/,
    );
  });
});
