import type { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js';

import type { GrpcLibrary } from '../grpc/load.ts';
import type { OwnCertificate } from './certificate.ts';

/** How two ends make sure of each other, on the main connection and on brokered ones: each end in both roles. */
export interface MutualTls {
  readonly server: ServerCredentials;
  readonly client: ChannelCredentials;
  /** One's own certificate in DER; undefined without TLS. */
  readonly certificate: Buffer | undefined;
}

/** Each end accepts the one certificate of the other and nothing else. Without certificates there is no TLS. */
export function mutualTls(
  { credentials, ServerCredentials: make }: GrpcLibrary,
  own: OwnCertificate | undefined,
  theirPem: string | undefined,
): MutualTls {
  if (own === undefined || theirPem === undefined)
    return { server: make.createInsecure(), client: credentials.createInsecure(), certificate: undefined };
  const root = Buffer.from(theirPem);
  const key = Buffer.from(own.keyPem);
  const chain = Buffer.from(own.certificatePem);
  return {
    server: make.createSsl(root, [{ private_key: key, cert_chain: chain }], true),
    client: credentials.createSsl(root, key, chain),
    certificate: own.der,
  };
}
