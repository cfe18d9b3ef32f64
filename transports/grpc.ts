export { serveGrpc, type GrpcServer } from './grpc/plugin.ts';
export type { ServeGrpcOptions, ServeGrpcTls } from './grpc/server-options.ts';
