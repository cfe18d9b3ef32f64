export { inProcess } from './in-process.ts';
export { worker, type WorkerOptions } from './worker/host.ts';
export { subprocess } from './subprocess/host.ts';
export type { SubprocessOptions } from './subprocess/options.ts';
export { grpc } from './grpc/host.ts';
export type { GrpcAuth, Secret } from './grpc/auth.ts';
export type { GrpcOptions } from './grpc/options.ts';
export type { GrpcMethod, GrpcServices } from './grpc/services/method.ts';
export type { GrpcTls } from './grpc/tls-options.ts';
