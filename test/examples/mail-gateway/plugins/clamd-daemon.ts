import { ping } from '../../../../examples/mail-gateway/plugins/clamav/clamd.ts';
import { freePort } from '../../../support/free-port.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { findDaemon, startDaemon } from './daemon.ts';

const command = findDaemon('clamd');

/** Whether clamd can be started here. */
export const hasClamd: boolean = command !== undefined;

/** A test virus; in two halves, so that no scanner finds this file. */
export const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');
/** The largest message that it takes. */
export const streamMaxBytes = 1024 * 1024;

/** A running clamd. */
export interface Clamd extends AsyncDisposable {
  readonly port: number;
}

/** A real clamd that knows one signature; where it was before, if a port is given. */
export async function startClamd(before?: number): Promise<Clamd> {
  const folder = await tempFolder();
  const port = before ?? (await freePort());
  await folder.write('test.ndb', `Test.EICAR:0:*:${Buffer.from(eicar).toString('hex')}\n`);
  const config = [
    `DatabaseDirectory ${folder.path}`,
    `TemporaryDirectory ${folder.path}`,
    `TCPSocket ${port}`,
    'TCPAddr 127.0.0.1',
    'Foreground yes',
    `StreamMaxLength ${streamMaxBytes}`,
  ];
  const file = await folder.write('clamd.conf', `${config.join('\n')}\n`);
  const answers = (): Promise<boolean> => ping({ host: '127.0.0.1', port }, AbortSignal.timeout(1000));
  const daemon = await startDaemon(command ?? '', ['--config-file', file], answers);
  return {
    port,
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
