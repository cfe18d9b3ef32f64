import { describe, expect, it } from 'vitest';
import { isHealthStatus, overallHealth } from '../../src/core/health.ts';

describe('the health of many', () => {
  it.each([
    [[], 'healthy'],
    [['healthy', 'unknown'], 'healthy'],
    [['healthy', 'degraded'], 'degraded'],
    [['degraded', 'unhealthy', 'healthy'], 'unhealthy'],
    [['healthy', 'offline'], 'unhealthy'],
  ] as const)('of %j is %s', (statuses, overall) => {
    expect(overallHealth(statuses)).toBe(overall);
  });

  it('is not read from words that are no status', () => {
    expect(['healthy', 'offline'].every(isHealthStatus)).toBe(true);
    expect([undefined, null, '', 'ok', 'Healthy', 1, {}].some(isHealthStatus)).toBe(false);
  });
});
