/**
 * One spelling for the many of an address, so that two can be compared: lower case, without the resolver's prefix.
 * `dns:///Auth:50051` and `auth:50051` are one; so are `unix:/run/a` and `unix:///run/a`.
 */
export function normalEndpoint(endpoint: string): string {
  const unix = /^unix:(?:\/\/)?(\/.*)$/i.exec(endpoint);
  if (unix?.[1] !== undefined) return `unix:${unix[1]}`;
  return endpoint
    .replace(/^(?:dns:(?:\/\/[^/]*\/)?|ipv4:|ipv6:|passthrough:\/\/[^/]*\/)/i, '')
    .toLowerCase()
    .replace(/\.(?=:\d+$)/, '');
}
