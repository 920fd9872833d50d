import type { ApiCall } from '../api/call.ts';
import type { ConsoleContext } from '../dependencies.ts';

/** One subject of the console: its calls of the API. */
export interface Resource {
  /** Absent in production. */
  only?: 'development';
  calls?(console: ConsoleContext): readonly ApiCall[];
}
