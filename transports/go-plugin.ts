export { goMethod } from './go-plugin/serve-methods.ts';
export { serveGoPlugin } from './go-plugin/serve.ts';
export type { GoHandshake } from './go-plugin/cookie.ts';
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
