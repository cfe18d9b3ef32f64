export { goMethod } from './go-plugin/serve-methods.ts';
export { serveGoPlugin } from './go-plugin/serve.ts';
export { serveGoPluginTest, type GoPluginTest } from './go-plugin/serve-test.ts';
export { plugboardHandshake, type GoHandshake } from './go-plugin/cookie.ts';
export type { ServeGoPluginOptions } from './go-plugin/serve-options.ts';
export type {
  GoBroker,
  GoCall,
  GoCallLimits,
  GoConnection,
  GoMethod,
  GoMethodCall,
  GoServed,
  GoServices,
} from './go-plugin/serve-types.ts';
export { goPlugin } from './go-plugin/host.ts';
export { reattachGoPlugin, type GoReattach, type ReattachOptions } from './go-plugin/reattach.ts';
export type { GoPluginOptions } from './go-plugin/host-options.ts';
export type { GoPluginCall, GoPluginMethod, GoPluginServices } from './go-plugin/host-method.ts';
export type { Curve } from './go-plugin/certificate.ts';
