/** How mail goes on from here. */
export type Route =
  /** To the hosts that DNS names for the recipient's domain. */
  | { readonly by: 'mx' }
  /** To one host, whatever DNS says. */
  | {
      readonly by: 'smtp' | 'lmtp';
      readonly host: string;
      readonly port: number;
      /** `now`: TLS from the first byte. `required`: STARTTLS, and a certificate that holds. */
      readonly tls: TlsPolicy;
      readonly login?: { readonly user: string; readonly password: string };
    }
  /** Into a folder for each recipient; needs no server. */
  | { readonly by: 'maildir'; readonly folder: string };

/** `try`: STARTTLS if the other side offers it, whoever it is. */
export type TlsPolicy = 'try' | 'required' | 'none' | 'now';

const usualPorts = { smtp: 25, smtps: 465, lmtp: 24 } as const;

/**
 * Reads `mx`, `smtp://host:port`, `smtps://user:password@host`, `lmtp://host:port?tls=none` or `maildir:folder`.
 * @throws {TypeError} if it is none of them; it says what is wrong.
 */
export function parseRoute(text: string): Route {
  if (text === 'mx') return { by: 'mx' };
  if (text.startsWith('maildir:')) return { by: 'maildir', folder: text.slice('maildir:'.length) };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url?.protocol.slice(0, -1);
  if (url === undefined || !isScheme(scheme) || url.hostname === '') {
    throw new TypeError('a route is mx, smtp://host:port, smtps://host, lmtp://host:port or maildir:folder');
  }
  const tls = url.searchParams.get('tls') ?? 'try';
  if (!isPolicy(tls)) throw new TypeError('tls is try, required or none');
  const login = { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  return {
    by: scheme === 'lmtp' ? 'lmtp' : 'smtp',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? usualPorts[scheme] : Number(url.port),
    tls: scheme === 'smtps' ? 'now' : tls,
    ...(login.user !== '' && { login }),
  };
}

function isScheme(text: string | undefined): text is keyof typeof usualPorts {
  return text !== undefined && Object.hasOwn(usualPorts, text);
}

function isPolicy(text: string): text is TlsPolicy {
  return ['try', 'required', 'none'].includes(text);
}
