import type { Resource } from '@opentelemetry/resources';

/** The package that knows what resources are. */
type Resources = typeof import('@opentelemetry/resources');

/** Who speaks: OTel's defaults, then `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME`, then what the host was told. */
export function resourceOf(
  { defaultResource, detectResources, envDetector, resourceFromAttributes }: Resources,
  own: Readonly<Record<string, string | undefined>>,
): Resource {
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return defaultResource()
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(given));
}
