/**
 * plugboard/discovery: plugins found by their manifests, their versions and the order of their starts.
 * @module
 */
export { scan, type FoundPlugin, type ScanOptions, type ScanResult } from './scan.ts';
export type { ScanProblem } from './problem.ts';
export type { Run } from './found.ts';
export { readManifest, type ReadManifest } from './read-manifest.ts';
export type {
  Manifest,
  ManifestHealthCheck,
  PluginRequirement,
  Requirements,
  Resources,
} from './manifest.ts';
export { orderError, startOrder, type Needing, type OrderProblem, type StartOrder } from './start-order.ts';
export { dependentsOf, unloadRefusal } from './dependents.ts';
export { hostApiVersion, hostRefusal, isInRange, versionRefusal } from './versions.ts';
