import type { ErrorCode } from '../../src/core/error-codes.ts';
import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';

/** A secret, or where it comes from: a function is asked again for every connection and every unary call. */
export type Secret = string | (() => string | Promise<string>);

/** How the host says who it is. `headers` are sent besides, with every method. */
export type GrpcAuth = { readonly headers?: Readonly<Record<string, string>> | undefined } & (
  | { readonly method: 'none' }
  /** Header `x-api-key`. */
  | { readonly method: 'api-key'; readonly apiKey?: Secret | undefined }
  /** Header `authorization: Bearer …`. */
  | { readonly method: 'bearer'; readonly token?: Secret | undefined }
  /** Headers `x-username` and `x-password`, as go-plugins, and `authorization: Basic …` of RFC 7617. */
  | {
      readonly method: 'basic';
      readonly username?: Secret | undefined;
      readonly password?: Secret | undefined;
    }
  /** A certificate; it turns on TLS. PEM files, read anew for every connection. */
  | {
      readonly method: 'mtls';
      readonly certFile?: string | undefined;
      readonly keyFile?: string | undefined;
      readonly caFile?: string | undefined;
    }
  /** Nothing but `headers`. */
  | { readonly method: 'custom' }
);

/** Headers by name. */
export type Headers = Readonly<Record<string, string>>;

/** Says the headers of a call; secrets may take a moment. */
export type AuthHeaders = () => Headers | Promise<Headers>;

/**
 * What a host sends to say who it is.
 * @throws {PluginError} `AUTH_1101` to `AUTH_1104` where a secret is missing, `AUTH_1105` for another method.
 */
export function authHeaders(auth: GrpcAuth): AuthHeaders {
  const own = checkHeaders(auth.headers ?? {});
  switch (auth.method) {
    case 'none':
    case 'custom':
      return () => own;
    case 'api-key': {
      const apiKey = required(auth.apiKey, 'AUTH_1101', 'api-key needs apiKey');
      return async () => ({ ...own, 'x-api-key': await apiKey() });
    }
    case 'bearer': {
      const token = required(auth.token, 'AUTH_1102', 'bearer needs token');
      return async () => ({ ...own, authorization: `Bearer ${await token()}` });
    }
    case 'basic':
      return basicHeaders(auth, own);
    case 'mtls':
      if (auth.certFile && auth.keyFile) return () => own;
      throw missing('AUTH_1104', 'mtls needs certFile and keyFile');
    default:
      throw unknownMethod(auth);
  }
}

function basicHeaders(auth: Extract<GrpcAuth, { method: 'basic' }>, own: Headers): AuthHeaders {
  const username = required(auth.username, 'AUTH_1103', 'basic needs username and password');
  const password = required(auth.password, 'AUTH_1103', 'basic needs username and password');
  return async () => {
    const [name, word] = await Promise.all([username(), password()]);
    const both = Buffer.from(`${name}:${word}`).toString('base64');
    return { ...own, 'x-username': name, 'x-password': word, authorization: `Basic ${both}` };
  };
}

/** A secret that is there and can travel in a header; what it is, no error says. */
function required(secret: Secret | undefined, code: ErrorCode, needs: string): () => Promise<string> {
  if (secret === undefined || secret === '') throw missing(code, needs);
  return async () => {
    const given: unknown = typeof secret === 'function' ? await secret() : secret;
    const value = typeof given === 'string' ? given.trim() : '';
    if (value === '') throw missing(code, needs);
    if (!isHeaderValue(value)) throw missing(code, `${needs} of printable ASCII alone`);
    return value;
  };
}

function missing(code: ErrorCode, needs: string): PluginError {
  return new PluginError(code, { message: `the authentication of gRPC by ${needs}. Give it in auth.` });
}

function unknownMethod(auth: unknown): PluginError {
  const method = printable(
    String(typeof auth === 'object' && auth !== null && Reflect.get(auth, 'method')),
    40,
  );
  const message = `gRPC knows no authentication by '${method}'. Use none, api-key, bearer, basic, mtls or custom.`;
  return new PluginError('AUTH_1105', { message });
}

const taken = /^(:|grpc-|plugboard-|te$|content-type$|host$|connection$)/;

function checkHeaders(headers: Headers): Headers {
  for (const [name, value] of Object.entries(headers)) {
    const isFit = /^[\w.-]+$/.test(name) && !name.endsWith('-bin') && !taken.test(name.toLowerCase());
    if (isFit && isHeaderValue(value)) continue;
    const message = `the header '${printable(name, 80)}' cannot be sent. Use a name of letters, digits, '-' and '.' that gRPC does not need itself, and a value of printable ASCII.`;
    throw new PluginError('CONFIG_1703', { message });
  }
  return headers;
}

function isHeaderValue(value: unknown): boolean {
  return typeof value === 'string' && /^[\x20-\x7e]*$/.test(value);
}
