import type { Report } from './report/report.ts';

/** Every group by name; a group is loaded when it runs. */
export const groups: Readonly<Record<string, () => Promise<{ run(): Promise<Report> }>>> = {
  'in-process': () => import('./groups/in-process.ts'),
  hooks: () => import('./groups/hooks.ts'),
  mail: () => import('./groups/mail.ts'),
  resilience: () => import('./groups/resilience.ts'),
  metrics: () => import('./groups/metrics.ts'),
  child: () => import('./groups/child.ts'),
  bytes: () => import('./groups/bytes.ts'),
  worker: () => import('./groups/worker.ts'),
  grpc: () => import('./groups/grpc.ts'),
  'go-plugin': () => import('./groups/go-plugin.ts'),
  tracing: () => import('./groups/tracing.ts'),
  memory: () => import('./groups/memory.ts'),
  'verified-start': () => import('./groups/verified-start.ts'),
  'start-up': () => import('./groups/start-up.ts'),
  audit: () => import('./groups/audit.ts'),
  config: () => import('./groups/config.ts'),
  reload: () => import('./groups/reload.ts'),
};
