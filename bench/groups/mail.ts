import { race } from '../measure/race.ts';
import type { Report } from '../report/report.ts';
import { timeRows, timesAsFast } from '../report/rows.ts';
import { mailGateway, smtpAlone } from '../rivals/mail.ts';

const about = 'a mail of 2 KB, 16 at once';

/** Mails through the gateway: accepted by hooks and written to the disk, against a server that forgets them. */
export async function run(): Promise<Report> {
  const servers = [
    await smtpAlone('smtp-server alone'),
    await mailGateway('gateway without plugins', 'none'),
    await mailGateway('gateway, ten hooks in its process', 'in-process'),
    await mailGateway('gateway, the same plugins as children', 'children'),
  ];
  try {
    const laps = await race(servers, { rounds: 5, calls: 400, warmups: 2 });
    const [alone, bare, ...others] = servers.map(({ name }) => name);
    return {
      group: 'mail',
      about:
        'mails from the client to the 250: hooks, and on the disk before it, against a server that forgets them',
      times: timeRows(laps, about),
      ratios: [bare, ...others].flatMap((name = '') => [
        timesAsFast(laps, about, [name, alone ?? '']),
        ...(name === bare ? [] : [timesAsFast(laps, about, [name, bare ?? ''])]),
      ]),
      facts: [],
    };
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}
