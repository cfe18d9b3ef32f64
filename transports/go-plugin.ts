export { goPlugin } from './go-plugin/host.ts';
export { reattachGoPlugin, type GoReattach, type ReattachOptions } from './go-plugin/reattach.ts';
export type { GoPluginOptions } from './go-plugin/host-options.ts';
export type { GoPluginMethod, GoPluginServices } from './go-plugin/host-method.ts';
export type { GoHandshake } from './go-plugin/cookie.ts';
export type { Curve } from './go-plugin/certificate.ts';
