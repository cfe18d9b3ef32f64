import type { Undeclared } from '../../src/core/contract.ts';
import type { AnyServices, GrpcMethod, GrpcServices } from '../grpc/services/method.ts';
import type { GoBroker, GoServices } from './serve-types.ts';

/** What a method may use besides to write its request and to read its answer. */
export interface GoPluginCall {
  /** Serves the plugin something while the call runs; gives the id to send it. */
  lend(services: GoServices): Promise<number>;
  /** Connections that may outlast the call: go-plugin's `GRPCBroker`. */
  readonly broker: GoBroker;
}

/** A method of a plugin's own `.proto` that answers a hook. */
export type GoPluginMethod<Req = never, Resp = unknown> = GrpcMethod<Req, Resp, GoPluginCall>;

/** Which method answers which hook. */
export type GoPluginServices<H = Undeclared> = GrpcServices<H, GoPluginCall>;

/** Any services, when nobody looks at their types any more. */
export type AnyGoServices = AnyServices<GoPluginCall>;
