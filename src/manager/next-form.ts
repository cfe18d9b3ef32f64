import type { ResolvedSettings } from '../config/settings.ts';
import type { PluginSource } from '../core/transport.ts';
import type { InfoCheck } from './starting.ts';
import type { ReplaceStrategy } from './takeover.ts';

/** What a plugin is to become; without a source or settings it keeps those that the change before leaves it. */
export interface NextForm {
  readonly source?: PluginSource | undefined;
  readonly settings?: ResolvedSettings | undefined;
  readonly strategy: ReplaceStrategy;
  /** Whether the running instances may go on, where the settings allow it. */
  readonly inPlace: boolean;
  readonly check?: InfoCheck | undefined;
}
