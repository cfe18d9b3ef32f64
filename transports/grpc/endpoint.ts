import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';

const forms = 'host:port, unix:/path or dns:///name:port';

/**
 * Checks the address of a server.
 * @throws {PluginError} `PLUGIN_1003` without one, `PLUGIN_1004` for a URL, `PLUGIN_1005` for another form.
 */
export function checkEndpoint(endpoint: unknown): string {
  if (typeof endpoint !== 'string' || endpoint === '') {
    throw new PluginError('PLUGIN_1003', {
      message: `gRPC needs an endpoint. Give ${forms}, such as 'localhost:9090'.`,
    });
  }
  const shown = printable(endpoint, 200);
  if (/^https?:/i.test(endpoint)) {
    const message = `'${shown}' is a URL. Write ${forms}, without http://; the option tls turns on TLS.`;
    throw new PluginError('PLUGIN_1004', { message });
  }
  if (isPath(endpoint) || hasPort(endpoint)) return endpoint;
  throw new PluginError('PLUGIN_1005', { message: `'${shown}' is no address of a server. Write ${forms}.` });
}

function isPath(endpoint: string): boolean {
  return /^unix:(\/\/\/)?[^\s\0/]?[^\s\0]+$/.test(endpoint);
}

function hasPort(endpoint: string): boolean {
  const port = /^(?:dns:(?:\/\/[^\s/]*\/)?|ipv[46]:)?(?:\[[\da-f:.%]+\]|[^\s:/,[\]]+):(\d{1,5})$/i.exec(
    endpoint,
  )?.[1];
  return port !== undefined && Number(port) > 0 && Number(port) < 65_536;
}

/** Whether nothing leaves this computer on the way there. */
export function isLocal(endpoint: string): boolean {
  const name = endpoint.replace(/^(?:dns:(?:\/\/[^/]*\/)?|ipv[46]:)/i, '');
  return /^(unix:|localhost:|127\.|\[::1\]:)/i.test(name);
}

/** Whether a name may stand for several servers that share the calls. */
export function isBalanced(endpoint: string): boolean {
  return /^dns:/i.test(endpoint);
}
