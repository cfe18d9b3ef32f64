import type { ServiceError } from '@grpc/grpc-js';

import type { HealthReport } from '../../../src/core/health.ts';
import type { Connection } from '../connect.ts';
import { healthMethods, serving } from '../methods.ts';
import { codes, type Status } from '../status.ts';

/**
 * Asks a plugin how it is. One that cannot say is well, because it answers.
 * Rejects with the status of gRPC where it does not answer.
 */
export async function checkHealth({ client }: Connection, service: string): Promise<HealthReport> {
  const { path, requestSerialize, responseDeserialize } = healthMethods.check;
  const answer = await new Promise<number | ServiceError>((resolve) => {
    const settle = (error: ServiceError | null, value = 0): void => resolve(error ?? value);
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, settle);
  });
  if (typeof answer !== 'number') return withoutHealth(answer, service);
  if (answer === serving.serving) return { status: 'healthy' };
  return { status: 'unhealthy', message: 'the plugin says that it does not serve' };
}

function withoutHealth(status: Error & Status, service: string): HealthReport {
  if (status.code === codes.unimplemented) return { status: 'healthy' };
  if (status.code === codes.notFound)
    return { status: 'unhealthy', message: `its health service does not know '${service}'` };
  throw status;
}
