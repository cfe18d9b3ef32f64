import type * as Resources from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';

/** Who speaks: OTel's defaults, then `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME`, then what the host was told. */
export function resourceOf(
  { defaultResource, detectResources, envDetector, resourceFromAttributes }: typeof Resources,
  own: Readonly<Record<string, string | undefined>>,
): Resource {
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return defaultResource()
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(given));
}
