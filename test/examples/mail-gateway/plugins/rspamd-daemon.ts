import { freePort } from '../../../support/free-port.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { findDaemon, startDaemon } from './daemon.ts';

const command = findDaemon('rspamd');

/** Whether Rspamd can be started here. */
export const hasRspamd: boolean = command !== undefined;

/** A running Rspamd. */
export interface Rspamd extends AsyncDisposable {
  readonly url: string;
}

/** A real Rspamd without rules and without a network, which knows its test patterns. */
export async function startRspamd(): Promise<Rspamd> {
  const folder = await tempFolder();
  const url = `http://127.0.0.1:${await freePort()}`;
  const config = `
options {
  filters = "";
  enable_test_patterns = true;
  disable_hyperscan = true; # it would compile for half a minute
  dns { nameserver = ["127.0.0.1:1"]; timeout = 0.2s; retransmits = 1; }
  control_socket = "${folder.path}/control mode=0600";
  cache_file = "${folder.path}/symbols.cache";
  tempdir = "${folder.path}";
}
logging { type = "console"; level = "error"; }
actions { reject = 15; rewrite_subject = 8; add_header = 6; greylist = 4; }
worker "normal" { bind_socket = "${new URL(url).host}"; count = 1; }
`;
  const args = ['--no-fork', '--insecure', '--config', await folder.write('rspamd.conf', config)];
  const answers = async (): Promise<boolean> => (await fetch(`${url}/ping`)).ok;
  const daemon = await startDaemon(command ?? '', [...args, `--var=DBDIR=${folder.path}`], answers);
  return {
    url,
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Rspamd's own test pattern; each first letter brings another action. */
export const gtube = (letter: string): string =>
  [
    'Subject: Hello\n\n',
    letter,
    'JS*C4JDBQADN1.NSBN3*2IDNEN*',
    'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\n',
  ].join('');
