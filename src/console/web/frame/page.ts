import type { Html } from '@alongside/kernel/html';
import type { HttpRequest } from '@alongside/kernel/http';
import type { ParamsOf } from '@alongside/kernel/route';
import type { Caller } from '../../model/administrators/admission.ts';
import type { AdmittedRoles } from '../../model/administrators/roles.ts';
import type { Change } from '../../model/changes.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';

/** A short note next to an entry of the navigation. */
export interface Badge {
  text: string | Html;
  tone: 'plain' | 'bad' | 'warn';
}

/** The groups of the navigation, in order. The first has no heading. */
export const groups = { top: '', register: 'Register', desk: 'Desk and test', operate: 'Operate' } as const;

interface Entry {
  group: keyof typeof groups;
  label: string;
  /** An unreachable neighbour leaves it out. */
  badge?(console: ConsoleContext, caller: Caller | undefined): Promise<Badge | undefined>;
}

export interface PageView<Params = Readonly<Record<string, string>>, Part extends string = string> {
  readonly console: ConsoleContext;
  readonly request: HttpRequest;
  readonly params: Params;
  /** Filters, tab and step. Text from outside: cut it before use. */
  readonly query: URLSearchParams;
  /** The time of the installation, in milliseconds. */
  readonly now: number;
  /** The administrator or command in production; undefined in development. */
  readonly caller: Caller | undefined;
  /** The number of announced changes before the page was drawn. */
  readonly seen: number;
  /** Draws a live part, to be embedded in the page. */
  part(name: Part): Promise<Html>;
}

/** A part of a page that is drawn again, alone, when one of its changes is announced. */
interface LivePart<View> {
  readonly on: readonly Change[];
  render(view: View): Promise<Html>;
}

/** A place above a page. The last one has no address. */
interface Crumb {
  label: string;
  href: string;
}

export interface PageContent {
  /** Of the document, and the heading unless `heading` replaces it. */
  title: string;
  heading?: Html;
  crumbs?: readonly Crumb[];
  /** A sentence below the heading. */
  lead?: Html | string;
  /** Buttons and links next to the heading. */
  actions?: Html;
  /** HTTP status; 200 by default. */
  status?: number;
  /** The page of the console that is shown instead. */
  redirect?: string;
  main: Html;
}

export interface ConsolePage {
  readonly path: string;
  readonly navigation?: Entry;
  /** Absent in the other mode. */
  readonly only?: 'development' | 'production';
  /** Roles that may see it in production, besides administrators; none by default. */
  readonly roles?: AdmittedRoles;
  /** The program for the browser, `NAME.browser.ts` below `src/console/web`. */
  readonly program?: `pages/${string}` | `parts/${string}`;
  readonly parts: Readonly<Record<string, LivePart<PageView>>>;
  render(view: PageView): Promise<PageContent>;
}

interface PageDefinition<Path extends string, Part extends string>
  extends Pick<ConsolePage, 'navigation' | 'only' | 'roles' | 'program'> {
  path: Path;
  parts?: Readonly<Record<Part, LivePart<PageView<ParamsOf<Path>, Part>>>>;
  /** A refusal that it throws becomes an error page with the status and the text of its entry. */
  render(view: PageView<ParamsOf<Path>, Part>): Promise<PageContent>;
}

export const definePage = <const Path extends string, const Part extends string = never>(
  definition: PageDefinition<Path, Part>,
): ConsolePage => ({ parts: {}, ...definition }) as ConsolePage;
