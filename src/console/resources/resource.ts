import type { ApiCall } from '../api/call.ts';
import type { ConsoleContext } from '../dependencies.ts';
import type { Section } from '../page/section.ts';

/** One subject of the console: its calls of the API and its section of the first page. */
export interface Resource {
  /** Absent in production. */
  only?: 'development';
  calls?(console: ConsoleContext): readonly ApiCall[];
  section?: Section;
}
